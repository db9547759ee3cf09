"""The access log of the deployed stack, as its operator reads it."""

import json
import time
from typing import Any

import pytest
import urllib3

from rapid.cli.target import LocalStack
from tests.deployed.events import CLICK, ORDER
from tests.deployed.evidence import post

_WAIT_SECONDS = 60


@pytest.fixture
def logged(stack: LocalStack) -> Any:
    """Finds the line of an answered request; it comes within a second or so."""

    def find(answer: urllib3.BaseHTTPResponse) -> dict[str, str]:
        logs = stack.client("logs")
        [group] = logs.describe_log_groups(logGroupNamePrefix="ingest-access-logs")["logGroups"]
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            lines = [json.loads(event["message"]) for event in events]
            found = [line for line in lines if line["extendedRequestId"] == answer.headers["x-amz-apigw-id"]]
            if found or time.monotonic() > deadline:
                [line] = found
                return dict(line)
            time.sleep(0.1)

    return find


def test_an_accepted_request_leaves_a_line_with_its_key_s_id_and_how_long_it_took(
    stack: LocalStack, logged: Any
) -> None:
    answer = post(stack, json.dumps(ORDER))
    line = logged(answer)
    assert (line["httpMethod"], line["path"], line["status"], line["errorMessage"]) == ("POST", "/events", "202", "-")
    assert int(line["responseBytes"]) == len(answer.data)
    assert int(line["integrationLatencyMilliseconds"]) <= int(line["responseLatencyMilliseconds"]) + 1
    [key] = stack.client("apigateway").get_api_keys(includeValues=True)["items"]
    assert line["apiKeyId"] == key["id"]
    assert key["value"] not in json.dumps(line)


def test_a_refused_request_leaves_a_line_with_the_reason(stack: LocalStack, logged: Any) -> None:
    line = logged(post(stack, json.dumps(ORDER), x_api_key="wrong"))
    assert (line["status"], line["errorMessage"], line["errorType"]) == ("403", "Forbidden", "INVALID_API_KEY")
    assert line["integrationLatencyMilliseconds"] == "-"


@pytest.mark.parametrize(
    ("source", "body", "headers", "status"),
    [
        ("orders", ORDER, {}, 202),
        ("orders", {}, {}, 400),
        ("orders", ORDER, {"x-api-key": "wrong"}, 403),
        ("clickstream", CLICK, {}, 200),
        ("clickstream", {}, {}, 400),
    ],
)
def test_whatever_is_answered_names_the_request_by_the_id_that_no_client_can_choose(
    stack: LocalStack, source: str, body: Any, headers: dict[str, str], status: int
) -> None:
    given = {"x-api-key": stack.outputs["api_key"], "x-amzn-RequestId": "mine", **headers}
    url = stack.outputs["ingest_url"] + stack.outputs["paths"][source]
    answer = urllib3.request("POST", url, json=body, headers=given, retries=False)
    assert answer.status == status
    assert answer.json()["requestId"] == answer.headers["x-amz-apigw-id"] != "mine"


def test_no_line_tells_who_sent_what(stack: LocalStack, logged: Any) -> None:
    secrets = {"customerId": "customer-secret", "restaurantId": "restaurant-secret"}
    answer = post(stack, json.dumps({**ORDER, **secrets}), user_agent="agent-secret")
    text = json.dumps(logged(answer))
    assert "secret" not in text
    assert "127.0.0.1" not in text
