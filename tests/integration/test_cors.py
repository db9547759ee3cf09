"""What browsers let the pages of other origins do with the deployed stack."""

import json

import pytest

from rapid.cli.target import LocalStack
from tests.deployed.events import CLICK, ORDER
from tests.fetch import NetworkError, fetch

JSON = {"content-type": "application/json"}
ORIGIN = "https://menu.example.com"


def url(stack: LocalStack, source: str) -> str:
    return stack.outputs["ingest_url"] + stack.outputs["paths"][source]


def test_a_page_of_any_origin_posts_clicks_and_reads_the_answer(stack: LocalStack) -> None:
    answer = fetch(ORIGIN, "POST", url(stack, "clickstream"), JSON, json.dumps(CLICK).encode())
    assert answer.status == 200
    assert json.loads(answer.body)["accepted"] == 1


def test_a_page_learns_why_its_click_was_refused(stack: LocalStack) -> None:
    answer = fetch(ORIGIN, "POST", url(stack, "clickstream"), JSON, b"{}")
    assert answer.status == 400
    assert "missing required properties" in answer.headers["X-Validation-Error"]


def test_a_page_may_send_nothing_but_posts_of_json_without_other_headers(stack: LocalStack) -> None:
    with pytest.raises(NetworkError, match="method PUT is not allowed"):
        fetch(ORIGIN, "PUT", url(stack, "clickstream"), JSON)
    with pytest.raises(NetworkError, match="headers x-mood are not allowed"):
        fetch(ORIGIN, "POST", url(stack, "clickstream"), {**JSON, "X-Mood": "good"})


def test_a_source_whose_contract_names_no_origins_is_closed_to_pages(stack: LocalStack) -> None:
    headers = {**JSON, "x-api-key": stack.outputs["api_key"]}
    with pytest.raises(NetworkError, match="the preflight was answered 403"):
        fetch(ORIGIN, "POST", url(stack, "orders"), headers, json.dumps(ORDER).encode())
