"""Asking the API's path for files, as any client may."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.credentials import Credentials

from contracts import file_door
from rapid.cli.credentials import Signature
from rapid.cli.target import LocalStack

RIGHT = Credentials("test", "test")


def ask(
    stack: LocalStack,
    body: bytes = b"",
    *,
    credentials: Credentials | None = RIGHT,
    content_type: str = "text/csv",
    idempotency_key: str = "",
    **given: Any,
) -> SimpleNamespace:
    """Send a request to the door; status and members of the answer."""
    url = f"{stack.outputs['ingest_url']}{file_door.PATH}?{urlencode(given)}"
    headers = {"Content-Type": content_type} if body else {}
    headers |= {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    if credentials:
        headers = Signature(credentials, "us-east-1").headers("POST", url, body, headers)
    answer = urllib3.request("POST", url, body=body, headers=headers, retries=False, timeout=60)
    return SimpleNamespace(status=answer.status, **json.loads(answer.data))


def announce(stack: LocalStack, size_bytes: int, idempotency_key: str, **given: Any) -> SimpleNamespace:
    """Announce a file of a size, or ask what is left of it; status and members of the answer."""
    asked = {"source": "landed", "file_name": "big.csv", "size_bytes": size_bytes, **given}
    return ask(stack, idempotency_key=idempotency_key, **asked)


def put_part(part: dict[str, Any], body: bytes | None = None) -> int:
    """Upload a part, of the size that was announced unless a body is given; the status."""
    content = b"x" * part["sizeBytes"] if body is None else body
    return urllib3.request("PUT", part["url"], body=content, retries=False, timeout=60).status


def post_form(step: SimpleNamespace, body: bytes) -> urllib3.BaseHTTPResponse:
    """Upload a file by the form that the door gave."""
    form = [*step.fields.items(), ("file", ("big.csv", body))]
    return urllib3.request("POST", step.url, fields=form, retries=False, timeout=60)


def stored(stack: LocalStack, file_id: str, source: str = "landed") -> list[int]:
    """The sizes of what lies under a file's id."""
    found = stack.client("s3").list_objects_v2(
        Bucket=stack.outputs["files_bucket"], Prefix=f"incoming/{source}/{file_id}/"
    )
    return [item["Size"] for item in found.get("Contents", [])]
