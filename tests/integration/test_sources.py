"""Each source of the documents, from an event as its sender writes it to a curated row."""

import json
from typing import Any

import pytest
import urllib3

from contracts import Authentication
from rapid.cli import job_run, project
from rapid.cli.job_run import Task
from rapid.cli.target import LocalStack

from .evidence import rows

INSTALL = {
    "event_name": "install",
    "event_time": "2026-03-14 18:30:00.123",
    "appsflyer_id": "1669880000000-1234567",
    "campaign_type": "ua",
    "af_c_id": "summer_2026",
    "media_source": "partner_int",
}
PURCHASE = {
    "event_name": "af_purchase",
    "event_time": "2026-03-14 19:00:00.000",
    "appsflyer_id": "1669880000000-1234567",
    "customer_user_id": "c-1",
    "event_revenue": "4.83729",
    "event_value": '{"af_content_id":"7"}',
}
USER = {"name": "Ada Example", "address": "1 Example Street", "contact": "ada@example.com", "tags": {"vip": [True]}}
FEEDBACK = {"score": "9", "comment": "Lovely soup.", "store": "store1", "table": "table4", "browser": {"touch": True}}
EVENT = {"event_type": "signed_up", "event_id": "e-1", "plan": {"name": "pro", "seats": 3}}
SENT: dict[str, list[dict[str, Any]]] = {
    "appsflyer": [INSTALL, PURCHASE],
    "users": [USER],
    "feedback": [FEEDBACK],
    "events": [EVENT, EVENT],
}


def post(stack: LocalStack, source: str, event: Any, **headers: str) -> urllib3.BaseHTTPResponse:
    """Post to a source's path with what its contract asks for."""
    needs_key = project.contract_of(source).authentication is Authentication.API_KEY
    sent = {"x-api-key": stack.outputs["api_key"]} if needs_key else {}
    url = stack.outputs["ingest_url"] + stack.outputs["paths"][source]
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request("POST", url, json=event, headers=sent, retries=False)


@pytest.fixture(scope="module")
def fed(own_stack: LocalStack) -> LocalStack:
    """A stack with the events of every source curated."""
    for source, events in SENT.items():
        for event in events:
            assert post(own_stack, source, event).status in (200, 202), source
    own_stack.flush()
    assert job_run.run(own_stack, Task.CURATE, None, lambda _state: None).succeeded
    return own_stack


def row(stack: LocalStack, sql: str) -> tuple[str | None, ...]:
    [found] = rows(stack, sql)
    return found


def test_an_appsflyer_push_by_its_own_names_fills_the_columns_of_the_document(fed: LocalStack) -> None:
    columns = "user_id, event_type, campaign_id, timestamp, revenue"
    assert rows(fed, f"SELECT {columns} FROM appsflyer ORDER BY timestamp") == [
        ("1669880000000-1234567", "install", "summer_2026", "2026-03-14 18:30:00.123000", None),
        ("c-1", "af_purchase", None, "2026-03-14 19:00:00.000000", "4.84"),
    ]
    assert row(fed, "SELECT typeof(revenue) FROM appsflyer WHERE revenue IS NOT NULL") == ("decimal(10,2)",)


def test_what_appsflyer_sends_beside_the_columns_is_kept(fed: LocalStack) -> None:
    [(install,), (purchase,)] = rows(fed, "SELECT extra FROM appsflyer ORDER BY timestamp")
    assert json.loads(install or "") == {"campaign_type": "ua", "media_source": "partner_int"}
    assert json.loads(purchase or "") == {
        "appsflyer_id": PURCHASE["appsflyer_id"],
        "event_value": PURCHASE["event_value"],
    }


def test_a_user_without_a_time_was_entered_when_it_was_received(fed: LocalStack) -> None:
    sql = "SELECT name, address, extra, entered_at = received_at FROM users"
    assert row(fed, sql) == ("Ada Example", "1 Example Street", '{"tags":{"vip":[true]}}', "true")


def test_a_form_s_feedback_goes_the_direct_way_with_its_numbers_as_text(fed: LocalStack) -> None:
    sql = "SELECT score, comment, store_id, table_id, extra FROM feedback"
    assert row(fed, sql) == ("9", "Lovely soup.", "store1", "table4", '{"browser":{"touch":true}}')


def test_an_event_of_any_kind_is_kept_once_with_all_that_it_says(fed: LocalStack) -> None:
    sql = "SELECT event_id, event_type, json_extract_scalar(extra, '$.plan.seats') FROM events"
    assert row(fed, sql) == ("e-1", "signed_up", "3")


@pytest.mark.parametrize(
    ("source", "event", "field"),
    [
        ("appsflyer", {**PURCHASE, "event_revenue": "much"}, "revenue"),
        ("appsflyer", {**PURCHASE, "event_time": "yesterday"}, "timestamp"),
        ("users", {"name": "Ada Example"}, "address"),
        ("events", {}, "event_type"),
    ],
)
def test_an_event_that_breaks_its_contract_is_refused_by_field(
    fed: LocalStack, source: str, event: dict[str, Any], field: str
) -> None:
    answer = post(fed, source, event)
    assert answer.status == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("event", [{**FEEDBACK, "score": 11}, {**FEEDBACK, "score": "nine"}, {"score": 9}])
def test_feedback_that_breaks_its_contract_is_refused_by_the_gateway(fed: LocalStack, event: dict[str, Any]) -> None:
    answer = post(fed, "feedback", event)
    assert (answer.status, "X-Validation-Error" in answer.headers) == (400, True)
