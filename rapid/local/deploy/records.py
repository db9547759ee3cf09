"""The records of deployments that a local cloud keeps, under `/_rapid/stacks/<stack>`.

They are true while a stack is being changed too, so that a deployer that is killed loses nothing: what is about to be
made or deleted is noted as pending first, as Pulumi does
(https://www.pulumi.com/docs/iac/support/troubleshooting/common-issues/pending-operations/). Whoever comes next deletes
it, whether it exists or not, unless it is to be retained, and goes on from there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import urllib3

from rapid.local.deploy.cloud import CloudError
from rapid.local.deploy.deployment import Deployment, ResourceRecord

_TIMEOUT_SECONDS = 30
_NOT_FOUND = 404


class Records:
    """The records of one local cloud. Raises CloudError where it does not answer as one."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._http = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_SECONDS)

    def load(self, project: str, stack: str, region: str) -> Deployment:
        """Read what was deployed as the stack; nothing, where it was not.

        Raises CloudError, also where the cloud is in another region, and while another deployer changes the stack.
        """
        found = self._request("GET", "/_rapid/health")["region"]
        if found != region:
            raise CloudError(
                f"the local cloud at {self._endpoint_url} is in {found}, stack {stack} is for {region}; "
                f"`rapid local up --stack {stack}` starts one for it, with --port beside another"
            )
        record = self._send("GET", stack)
        if record is None:
            return Deployment(project, stack)
        try:
            deployment = Deployment.from_record(record)
        except (KeyError, TypeError) as error:
            message = f"its record of stack {stack} is of another version of the deployer ({error}); start it again"
            raise self._misbehaved(message) from error
        if deployment.process_id and _is_another_that_runs(deployment.process_id):
            raise CloudError(
                f"stack {stack} is being changed by another deployer, process {deployment.process_id}; wait for its end"
            )
        return deployment

    def forget(self, stack: str) -> None:
        """Keep nothing of a stack any more. Raises CloudError."""
        self._send("DELETE", stack)

    def save(self, deployment: Deployment, is_under_way: bool = False) -> None:
        """Keep what came of a deployment, or what there is while one is under way. Raises CloudError."""
        self._send("PUT", deployment.stack, deployment.as_record(is_under_way))

    def amend(self, stack: str, changes: Mapping[str, Any]) -> None:
        """Change a part of what is kept: resources by URN, the rest by name. Raises CloudError."""
        self._send("PATCH", stack, changes)

    def _send(self, method: str, stack: str, content: Mapping[str, Any] | None = None) -> Any:
        return self._request(method, f"/_rapid/stacks/{stack}", content)

    def _request(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._http.request(method, f"{self._endpoint_url}{path}", body=body, headers=headers)
            if answer.status == _NOT_FOUND and method == "GET":
                return None
            if answer.status >= 300:
                raise self._misbehaved(f"HTTP status {answer.status}")
            return json.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise self._misbehaved(error) from error

    def _misbehaved(self, error: object) -> CloudError:
        return CloudError(f"{self._endpoint_url} does not answer as a local cloud does: {error}")


class Journal:
    """Notes the changes of one deployment in the local cloud as they happen; its `leftovers` are noted with each."""

    def __init__(self, deployment: Deployment, records: Records) -> None:
        self._deployment = deployment
        self._records = records
        self._before: Deployment | None = None
        self._is_open = False

    def start_from(self, before: Deployment) -> None:
        """Note what was there before; nothing is written until something changes."""
        self._before = before

    def write(
        self,
        kept: Iterable[ResourceRecord] = (),
        pending: Iterable[ResourceRecord] = (),
        departed: Iterable[str] = (),
    ) -> None:
        """Write what there is now, what is about to be made or deleted, and the URNs that are no more."""
        if not self._is_open and self._before:
            self._records.save(self._before, is_under_way=True)
            self._is_open = True
        self._records.amend(
            self._deployment.stack,
            {
                "resources": [asdict(record) for record in kept],
                "departed": list(departed),
                "pending": [asdict(record) for record in pending],
                "leftovers": [asdict(record) for record in self._deployment.leftovers],
            },
        )


def _is_another_that_runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process_id != os.getpid()
