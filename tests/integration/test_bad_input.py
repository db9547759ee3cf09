"""What the door says to input that is wrong: a clear 4xx that names the field."""

import json
import shlex

import pytest
import urllib3

from rapid.cli.local_up import curl_line
from rapid.cli.target import LocalStack
from tests.deployed.evidence import post
from tests.deployed.orders import CONTRACT

ORDER = {
    "timestamp": "2026-03-14T18:30:00Z",
    "menuItem": "Pasta Carbonara",
    "quantity": 2,
    "price": 15.99,
    "customerId": "cust123",
    "restaurantId": "rest456",
}
"""The order of the proof of concept that this source comes from."""


def without(field: str) -> dict:
    return {name: value for name, value in ORDER.items() if name != field}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        *((json.dumps(without(field)), field) for field in ORDER),
        *((json.dumps({**ORDER, field: None}), field) for field in ORDER),
        *((json.dumps({**ORDER, field: []}), field) for field in ORDER),
        (json.dumps({**ORDER, "timestamp": "2026-02-30T10:00:00Z"}), "timestamp"),
        (json.dumps({**ORDER, "menuItem": ""}), "menuItem"),
        (json.dumps({**ORDER, "menuItem": "x" * 201}), "menuItem"),
        (json.dumps({**ORDER, "quantity": 0}), "quantity"),
        (json.dumps({**ORDER, "quantity": 1.5}), "quantity"),
        (json.dumps({**ORDER, "quantity": True}), "quantity"),
        (json.dumps({**ORDER, "price": -0.01}), "price"),
        (json.dumps({**ORDER, "price": 0.001}), "price"),
        (json.dumps({**ORDER, "price": "15.99"}), "price"),
        (json.dumps({**ORDER, "event_id": ""}), "event_id"),
        (json.dumps({**ORDER, "price": 1}).replace("1,", "NaN,", 1), "body"),
        ("", "body"),
        ("[]", "body"),
        ("null", "event"),
        ('"order"', "event"),
        ("{", "body"),
        ("timestamp=2026", "body"),
        (b"\xff\xfe\x00", "body"),
        ("[" * 100_000, "body"),
        (json.dumps([ORDER] * 501), "body"),
    ],
)
def test_a_request_without_a_valid_event_is_a_400_that_names_the_field(
    stack: LocalStack, body: str | bytes, field: str
) -> None:
    answer = post(stack, body)
    content = answer.json()
    assert answer.status == 400
    assert field in {error["field"] for error in content["errors"]}
    assert all(error["reason"] for error in content["errors"])
    assert content["message"]
    assert content["requestId"]


def test_a_bad_event_among_good_ones_is_named_by_its_index(stack: LocalStack) -> None:
    answer = post(stack, json.dumps([ORDER, without("price"), ORDER]))
    assert answer.status == 202
    assert answer.json()["accepted"] == 2
    [error] = answer.json()["errors"]
    assert (error["index"], error["field"]) == (1, "price")


def test_a_line_of_ndjson_that_is_not_json_is_named_and_the_others_are_accepted(stack: LocalStack) -> None:
    answer = post(stack, json.dumps(ORDER) + "\n{oops\n" + json.dumps(ORDER), content_type="application/x-ndjson")
    assert answer.json()["accepted"] == 2
    assert [error["index"] for error in answer.json()["errors"]] == [1]


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_request_without_the_api_key_is_forbidden(stack: LocalStack, key: str) -> None:
    answer = post(stack, json.dumps(ORDER), x_api_key=key)
    assert answer.status == 403
    assert answer.json()["message"] == "The API key is missing or wrong; send it as x-api-key"


def test_a_path_that_is_not_there_is_refused_as_an_unsigned_request_is_and_named(stack: LocalStack) -> None:
    answer = urllib3.request("POST", stack.outputs["ingest_url"] + "/evens", body="{}", retries=False)
    # One answer of API Gateway stands for both, and the file door is signed for.
    assert answer.status == 403
    assert "/evens" in answer.json()["message"]


def test_the_curl_line_that_is_printed_is_accepted_as_it_stands(stack: LocalStack) -> None:
    words = shlex.split(curl_line(stack, CONTRACT))
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1]
    answer = urllib3.request("POST", words[-1], body=body.encode(), headers=headers, retries=False)
    assert answer.status == 202
    assert answer.json()["accepted"] == 1
