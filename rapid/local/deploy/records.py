"""The records of deployments that a local cloud keeps, under `/_rapid/stacks/<stack>`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from rapid.local.deploy.cloud import CloudError
from rapid.local.deploy.deployment import Deployment

_TIMEOUT_SECONDS = 30
_NOT_FOUND = 404


class Records:
    """The records of one local cloud. Raises CloudError where it does not answer as one."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    def load(self, project: str, stack: str) -> Deployment:
        """Read what was deployed as the stack; nothing, where it was not. Raises CloudError."""
        try:
            return Deployment.from_record(json.loads(self._send("GET", stack)))
        except urllib.error.HTTPError as error:
            if error.code == _NOT_FOUND:
                return Deployment(project, stack)
            raise self._misbehaved(error) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._misbehaved(error) from error

    def forget(self, stack: str) -> None:
        """Keep nothing of a stack any more. Raises CloudError."""
        try:
            self._send("DELETE", stack)
        except (OSError, ValueError) as error:
            raise self._misbehaved(error) from error

    def save(self, deployment: Deployment) -> None:
        """Keep what came of a deployment."""
        try:
            self._send("PUT", deployment.stack, json.dumps(deployment.as_record()).encode())
        except (OSError, ValueError) as error:
            raise self._misbehaved(error) from error

    def _send(self, method: str, stack: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        url = f"{self._endpoint_url}/_rapid/stacks/{stack}"
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
        return content

    def _misbehaved(self, error: Exception) -> CloudError:
        return CloudError(f"{self._endpoint_url} does not answer as a local cloud does: {error}")
