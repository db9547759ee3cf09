"""The doors of the deployed API, what opens each, and what does not."""

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import urllib3
from botocore.credentials import Credentials as AwsKeys

from rapid.cli import api_document
from rapid.cli.credentials import ApiKey, Credentials, Signature
from rapid.cli.target import LocalStack

BASIC = {"authorization": "Basic bm9ib2R5Ondyb25n"}


def doors(stack: LocalStack) -> Iterator[tuple[str, Mapping[str, Any], list[Mapping[str, Any]]]]:
    """The URL of each door, its operation, and the schemes of credentials that it wants."""
    document = api_document.read(stack)
    schemes = document["components"]["securitySchemes"]
    for path, item in document["paths"].items():
        operation = item["post"]
        wanted = [schemes[name] for choice in operation.get("security", []) for name in choice]
        query = "?source=visitors&file_name=a.csv" if operation.get("parameters") else ""
        yield document["servers"][0]["url"] + path + query, operation, wanted


def opening(stack: LocalStack, scheme: Mapping[str, Any]) -> tuple[Credentials | None, Credentials]:
    """What opens a door, None where only a directory knows; and what does not."""
    if scheme["type"] == "http":
        return None, Header(BASIC)
    if scheme["name"] == "x-api-key":
        return ApiKey(stack.outputs["api_key"]), ApiKey("wrong")
    return Signature(stack.credentials, stack.region), Signature(AwsKeys("test", "wrong"), stack.region)


class Header:
    """Headers as they are, as credentials."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        return {**headers, **self._headers}


def post(url: str, operation: Mapping[str, Any], credentials: Credentials | None) -> urllib3.BaseHTTPResponse:
    """Post the document's own example, or a small file; each door hears from an address of its own."""
    content = operation["requestBody"]["content"]
    kind = "application/json" if content["application/json"].get("examples") else "text/csv"
    examples = list(content[kind].get("examples", {}).values())
    body = json.dumps(examples[0]["value"]).encode() if examples else b"a,b\n1,2\n"
    headers = {"content-type": kind}
    if credentials:
        headers = credentials.headers("POST", url, body, headers)
    with urllib3.PoolManager(source_address=(f"127.0.6.{1 + zlib.crc32(url.encode()) % 254}", 0)) as http:
        return http.request("POST", url, body=body, headers=headers, retries=False)
