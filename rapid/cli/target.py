"""Which stack a command talks to: a local cloud, or AWS through the Pulumi CLI; and what that stack's outputs are."""

import json
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import urllib3

from .errors import CommandError
from .project import ROOT

DEFAULT_ENDPOINT = "http://127.0.0.1:4566"
DEFAULT_STACK = "dev"
SECRET = "[secret]"

_PULUMI_INSTALL = "https://www.pulumi.com/docs/install/"
# Where nothing listens, that is known at once; a local cloud may have much else to do, another program say nothing.
_PROBE_TIMEOUT_SECONDS = 10
CONTROL_TIMEOUT_SECONDS = 60
_FLUSH_TIMEOUT_SECONDS = 600
_MAKING_CLIENTS = threading.Lock()


@dataclass(frozen=True)
class AwsStack:
    """A stack on AWS, as the Pulumi CLI knows it; `PULUMI_STACK` chooses another than the selected one."""

    endpoint_url: None = None
    region_found: str | None = None
    """Its region, where that is known otherwise than by its outputs."""
    viewed: Mapping[str, Any] | None = None
    """What `masked_outputs` says instead, where the stack is looked at from one of its two lakes."""

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The outputs, with secrets in the clear."""
        return _pulumi_outputs("--show-secrets")

    @cached_property
    def masked_outputs(self) -> dict[str, Any]:
        """The outputs, with secrets as `[secret]`."""
        return _pulumi_outputs() if self.viewed is None else {**self.viewed}

    @property
    def region(self) -> str | None:
        """The region that the stack is in; None where its API is not at an address of AWS's making."""
        if self.region_found:
            return self.region_found
        match = re.search(r"\.execute-api\.([a-z0-9-]+)\.", str(self.masked_outputs.get("ingest_url", "")))
        return match[1] if match else None

    @property
    def credentials(self) -> Any:
        """The AWS credentials of whoever calls the command, as botocore finds them; None where there are none."""
        import boto3

        return boto3.Session().get_credentials()

    def client(self, service: str) -> Any:
        """A boto3 client for the region that the stack is in."""
        import boto3
        import botocore.session
        from botocore.config import Config

        from .. import answer_times

        # The standard mode waits with full jitter: docs/retries.md.
        config = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 5})
        # Sessions are not for several threads:
        # https://docs.aws.amazon.com/boto3/latest/guide/session.html#multithreading-or-multiprocessing-with-sessions
        with _MAKING_CLIENTS:
            if boto3.DEFAULT_SESSION is None:
                boto3.setup_default_session(botocore_session=answer_times.read_by(botocore.session.get_session()))
            return boto3.client(service, region_name=self.region, config=config)


@dataclass(frozen=True)
class LocalStack:
    """A stack on a local cloud."""

    endpoint_url: str
    stack: str = DEFAULT_STACK
    viewed: Mapping[str, Any] | None = None
    """What `masked_outputs` says instead, where the stack is looked at from one of its two lakes."""

    @cached_property
    def _record(self) -> dict[str, Any]:
        answer = _control("GET", f"{self.endpoint_url}/_rapid/stacks/{self.stack}", CONTROL_TIMEOUT_SECONDS)
        if answer.status == 404:
            raise CommandError(
                f"no stack {self.stack!r} is deployed on {self.endpoint_url}; PULUMI_STACK names another, "
                "`rapid local up --stack NAME` deploys one"
            )
        return _json(answer, f"{self.endpoint_url}/_rapid/stacks/{self.stack}")

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs, with secrets in the clear, and `endpoint_url`."""
        return {**self._record["outputs"], "endpoint_url": self.endpoint_url}

    @property
    def masked_outputs(self) -> dict[str, Any]:
        """The outputs, with secrets as `[secret]`, and `endpoint_url`."""
        if self.viewed is not None:
            return {**self.viewed}
        return {**self.outputs, **dict.fromkeys(self._record.get("secret_outputs", ()), SECRET)}

    def client(self, service: str) -> Any:
        """A boto3 client for the local cloud."""
        return self._clients.client(service)

    @cached_property
    def region(self) -> str:
        """The region that the local cloud stands for."""
        url = f"{self.endpoint_url}/_rapid/health"
        return str(_json(_control("GET", url, CONTROL_TIMEOUT_SECONDS), url)["region"])

    @property
    def credentials(self) -> Any:
        """The credentials of the local account."""
        from botocore.credentials import Credentials

        from rapid.local.clients import ACCESS_KEY_ID, SECRET_ACCESS_KEY

        return Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)

    @cached_property
    def _clients(self) -> Any:
        from rapid.local.clients import Clients

        return Clients(self.endpoint_url, self.region)

    def buffered_records(self) -> dict[str, int]:
        """How many records each delivery stream, by name, has accepted, or still has to read, and not delivered yet."""
        return {name: counts["buffered_records"] for name, counts in self._streams().items()}

    def records(self) -> Counter[str]:
        """How many records all delivery streams have accepted since they were made, by what became of them.

        What a migration's followers dropped is `followers_dropped_records`.
        """
        found = Counter[str]()
        followers = self._followers
        for name, counts in self._streams().items():
            prefix = "followers_" if name in followers else ""
            found.update({f"{prefix}{fate}" if fate == "dropped_records" else fate: n for fate, n in counts.items()})
        return found

    @property
    def _followers(self) -> frozenset[str]:
        try:
            migration = self._record["outputs"].get("migration") or {}
        except CommandError:
            return frozenset()
        return frozenset((migration.get("followers") or {}).values())

    def _streams(self) -> dict[str, dict[str, int]]:
        url = f"{self.endpoint_url}/_rapid/firehose"
        streams: dict[str, dict[str, int]] = _json(_control("GET", url, CONTROL_TIMEOUT_SECONDS), url)
        return streams

    def flush(self) -> int:
        """Empty the delivery streams' buffers; answers when done, with the number of records delivered."""
        url = f"{self.endpoint_url}/_rapid/flush"
        return int(_json(_control("POST", url, _FLUSH_TIMEOUT_SECONDS), url)["delivered_records"])

    def tick(self, until: str) -> tuple[str, list[dict[str, str]]]:
        """Run what is due until a time; that time, and what ran. Raises CommandError for what is no time to reach."""
        url = f"{self.endpoint_url}/_rapid/tick"
        answer = _control("POST", url, _FLUSH_TIMEOUT_SECONDS, json={"until": until})
        if answer.status == 400:
            raise CommandError(answer.json()["message"])
        found = _json(answer, url)
        return found["until"], found["runs"]

    def mails(self) -> list[dict[str, Any]]:
        """What lies in the outbox: number, date, sender, recipient and subject of each mail, the newest first."""
        url = f"{self.endpoint_url}/_rapid/outbox"
        mails: list[dict[str, Any]] = _json(_control("GET", url, CONTROL_TIMEOUT_SECONDS), url)["mails"]
        return mails

    def mail(self, number: int) -> bytes:
        """A mail as it would be sent. Raises CommandError if there is none of this number."""
        answer = _control("GET", f"{self.endpoint_url}/_rapid/outbox/{number}", CONTROL_TIMEOUT_SECONDS)
        if answer.status == 404:
            raise CommandError(f"there is no mail {number} in the outbox; `rapid local outbox` lists those there are")
        return answer.data


Target = AwsStack | LocalStack


def find() -> Target:
    """The stack to talk to: `AWS_ENDPOINT_URL`, else a local cloud on port 4566 if one answers, else AWS."""
    named = os.environ.get("AWS_ENDPOINT_URL")
    if named:
        return find_local()
    if named is None and is_local_cloud(DEFAULT_ENDPOINT):
        return LocalStack(DEFAULT_ENDPOINT, _stack())
    return AwsStack()


def find_local() -> LocalStack:
    """The local cloud named by `AWS_ENDPOINT_URL`, else the one on port 4566. Raises CommandError if none answers."""
    url = (os.environ.get("AWS_ENDPOINT_URL") or DEFAULT_ENDPOINT).rstrip("/")
    if not is_local_cloud(url):
        named = " (from AWS_ENDPOINT_URL)" if os.environ.get("AWS_ENDPOINT_URL") else ""
        raise CommandError(f"no local cloud answers at {url}{named}; start one with `rapid local up`")
    return LocalStack(url, _stack())


def _stack() -> str:
    return os.environ.get("PULUMI_STACK") or DEFAULT_STACK


def is_local_cloud(url: str) -> bool:
    """Whether a local cloud answers at a URL."""
    try:
        answer = _control("GET", f"{url}/_rapid/health", _PROBE_TIMEOUT_SECONDS)
        return answer.status == 200 and answer.json().get("status") == "ok"
    except (CommandError, ValueError, AttributeError):
        return False


def _control(method: str, url: str, timeout_seconds: float, **body: Any) -> urllib3.BaseHTTPResponse:
    try:
        return urllib3.request(method, url, timeout=timeout_seconds, retries=False, **body)
    except urllib3.exceptions.HTTPError as error:
        raise CommandError(f"{url} does not answer: {error}") from None


def _json(answer: urllib3.BaseHTTPResponse, url: str) -> dict[str, Any]:
    if answer.status != 200:
        raise CommandError(f"{url} answers {answer.status}: {answer.data.decode(errors='replace')[:500]}")
    return dict(answer.json())


def _pulumi_outputs(*options: str) -> dict[str, Any]:
    command = ["pulumi", "stack", "output", "--json", *options]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError(no_pulumi()) from None
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return dict(json.loads(done.stdout))


def no_pulumi() -> str:
    """What to say where neither a local cloud nor the Pulumi CLI is there."""
    return (
        f"no local cloud answers at {DEFAULT_ENDPOINT} (start one with `rapid local up`), and the Pulumi CLI, "
        f"which knows the stacks on AWS, is not installed ({_PULUMI_INSTALL})"
    )
