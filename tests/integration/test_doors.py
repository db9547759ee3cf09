"""Each door of the deployed API: with right, wrong and no credentials; its throttle reached, and recovered."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import urllib3
from botocore.credentials import Credentials as AwsKeys

from components.ingest.ingest_api import method_path
from contracts import Contract
from rapid.cli import api_document, project
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
    """Post the document's own example, or a small file."""
    content = operation["requestBody"]["content"]
    kind = "application/json" if content["application/json"].get("examples") else "text/csv"
    examples = list(content[kind].get("examples", {}).values())
    body = json.dumps(examples[0]["value"]).encode() if examples else b"a,b\n1,2\n"
    headers = {"content-type": kind}
    if credentials:
        headers = credentials.headers("POST", url, body, headers)
    return urllib3.request("POST", url, body=body, headers=headers, retries=False)


def test_right_credentials_open_a_door_and_wrong_and_none_are_refused_in_one_shape(stack: LocalStack) -> None:
    for url, operation, schemes in doors(stack):
        if not schemes:
            assert 200 <= post(url, operation, None).status <= 299, url
        for scheme in schemes:
            right, wrong = opening(stack, scheme)
            if right:
                assert 200 <= post(url, operation, right).status <= 299, url
            for refused in (post(url, operation, wrong), post(url, operation, None)):
                assert refused.status in (401, 403), (url, refused.status)
                assert set(refused.json()) == {"message", "errors", "requestId"}


def test_the_throttle_of_each_door_is_the_contract_s(stack: LocalStack) -> None:
    settings = deployed_settings(stack)
    for contract in streamed(stack):
        found = settings[f"{contract.path}/POST"]
        limits = (found["throttlingRateLimit"], found["throttlingBurstLimit"])
        assert limits == (contract.throttle.rate_per_second, contract.throttle.burst), contract.source


def test_a_throttle_that_is_reached_answers_429_and_lets_in_again_afterwards(own_stack: LocalStack) -> None:
    slow_down(own_stack, rate_per_second=4, burst=4)
    for url, operation, schemes in doors(own_stack):
        right = opening(own_stack, schemes[0])[0] if schemes else None
        if schemes and right is None:
            continue
        answers = [post(url, operation, right) for _ in range(60)]
        refused = [answer for answer in answers if answer.status == 429]
        # How many get through is best effort on AWS, and a matter of this machine's speed here.
        assert refused, f"{url}: no request of 60 met a limit of 4 a second"
        assert all(set(answer.json()) == {"message", "errors", "requestId"} for answer in refused)
        assert {answer.status for answer in answers} - {429} <= {200, 202}, url
        deadline = time.monotonic() + 30
        while post(url, operation, right).status == 429:
            assert time.monotonic() < deadline, f"{url} did not recover"
            time.sleep(0.3)


def streamed(stack: LocalStack) -> list[Contract]:
    return [project.contract_of(source) for source in stack.outputs["paths"]]


def stage_of(stack: LocalStack) -> dict[str, str]:
    _, api, name = stack.outputs["ingest_url"].rsplit("/", 2)
    return {"restApiId": api, "stageName": name}


def deployed_settings(stack: LocalStack) -> dict[str, Any]:
    found = stack.client("apigateway").get_stage(**stage_of(stack))["methodSettings"]
    return {f"/{name.replace('~1', '/').lstrip('/')}": value for name, value in found.items()}


def slow_down(stack: LocalStack, *, rate_per_second: int, burst: int) -> None:
    """Give every method a low limit."""
    document = api_document.read(stack)
    limits = {"rateLimit": rate_per_second, "burstLimit": burst}
    patches = [
        {"op": "replace", "path": f"/{method_path(path)}/throttling/{name}", "value": str(value)}
        for path in document["paths"]
        for name, value in limits.items()
    ]
    stack.client("apigateway").update_stage(**stage_of(stack), patchOperations=patches)
