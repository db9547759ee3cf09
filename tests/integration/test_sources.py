"""Each source of the documents, from an event as its sender writes it to a curated row."""

import json
import re
from typing import Any

import pytest
import urllib3

from contracts import Authentication
from rapid.cli import job_run, project
from rapid.cli.counts import command as counts
from rapid.cli.job_run import Task
from rapid.cli.target import LocalStack
from tests.deployed.evidence import rows

USER = {"name": "Ada Example", "address": "1 Example Street", "contact": "ada@example.com", "tags": {"vip": [True]}}
FEEDBACK = {"score": "9", "comment": "Lovely soup.", "store": "store1", "table": "table4", "browser": {"touch": True}}
EVENT = {"event_type": "signed_up", "event_id": "e-1", "plan": {"name": "pro", "seats": 3}}
NOBODY = {"name": "Bo Example", "address": "2 Example Street"}
"""Nobody who can be contacted, so no record of interest."""
ANALYTICS = {
    "client_id": "1234567890.1663455600",
    "user_id": "user1",
    "timestamp_micros": 1663455600123456,
    "user_properties": {"plan": {"value": "pro"}},
    "events": [
        {"name": "page_view", "params": {"page_location": "https://shop.example/menu", "engagement_time_msec": 100}},
        {"name": "purchase", "timestamp_micros": "1663455601000000", "params": {"currency": "EUR", "value": 12.5}},
        {"name": ""},
    ],
}
SENT: dict[str, list[dict[str, Any]]] = {
    "users": [USER, NOBODY],
    "google_analytics": [ANALYTICS],
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
def fed(own_stack: LocalStack, retried: LocalStack) -> LocalStack:
    """A stack with the events of every source curated."""
    for source, events in SENT.items():
        for event in events:
            assert post(own_stack, source, event).status in (200, 202), source
    own_stack.flush()
    assert job_run.run(own_stack, Task.CURATE, None, lambda _state: None).succeeded
    return own_stack


@pytest.fixture(scope="module")
def retried(own_stack: LocalStack) -> LocalStack:
    """A stack to which a client sent the same requests twice, since no answer came."""
    for source, event in (("events", [{"event_type": "retried"}] * 2), ("feedback", {"score": 7, "store": "retried"})):
        for _attempt in range(2):
            assert post(own_stack, source, event, Idempotency_Key="7a0f3c58").status in (200, 202)
    return own_stack


def row(stack: LocalStack, sql: str) -> tuple[str | None, ...]:
    [found] = rows(stack, sql)
    return found


def test_a_user_without_a_time_was_entered_when_it_was_received(fed: LocalStack) -> None:
    sql = "SELECT name, address, extra, entered_at = received_at FROM users"
    assert row(fed, sql) == ("Ada Example", "1 Example Street", '{"tags":{"vip":[true]}}', "true")


def test_a_user_who_is_no_record_of_interest_stays_raw_and_is_counted_as_filtered(fed: LocalStack) -> None:
    assert row(fed, "SELECT count(*), min(name) FROM users") == ("1", "Ada Example")
    assert row(fed, "SELECT count(*) FROM users_processed") == ("1",)
    assert row(fed, "SELECT count(*) FROM users_raw") == ("2",)
    [counted] = counts.of(fed, (project.contract_of("users"),))
    assert (counted.fates.accepted, counted.fates.curated, counted.fates.filtered) == (2, 1, 1)
    assert counted.fates.adds_up


def test_one_body_of_google_analytics_becomes_a_row_for_each_good_event(fed: LocalStack) -> None:
    columns = "event_name, client_id, user_id, timestamp, extra"
    [first, second] = rows(fed, f"SELECT {columns} FROM google_analytics ORDER BY timestamp")
    outer = (ANALYTICS["client_id"], "user1")
    assert first[:4] == ("page_view", *outer, "2022-09-17 23:00:00.123000")
    assert second[:4] == ("purchase", *outer, "2022-09-17 23:00:01.000000")
    kept = {"params": ANALYTICS["events"][1]["params"], "user_properties": ANALYTICS["user_properties"]}
    assert json.loads(second[4] or "") == kept
    assert row(fed, "SELECT sum(CAST(json_extract(extra, '$.params.value') AS double)) FROM google_analytics") == (
        "12.5",
    )


def test_an_event_of_google_analytics_that_breaks_the_contract_is_named_by_its_place(fed: LocalStack) -> None:
    answer = post(fed, "google_analytics", ANALYTICS)
    assert (answer.status, answer.json()["accepted"]) == (202, 2)
    [error] = answer.json()["errors"]
    assert (error["index"], error["field"]) == (2, "event_name")


def test_a_body_of_google_analytics_past_its_limits_is_refused(fed: LocalStack) -> None:
    event = {"name": "page_view"}
    assert post(fed, "google_analytics", {"client_id": "c", "events": [event] * 26}).status == 400
    assert post(fed, "google_analytics", {"client_id": "c" * 130_000, "events": [event]}).status == 413


def test_a_form_s_feedback_goes_the_direct_way_with_its_numbers_as_text(fed: LocalStack) -> None:
    sql = "SELECT score, comment, store_id, table_id, extra FROM feedback WHERE store_id = 'store1'"
    assert row(fed, sql) == ("9", "Lovely soup.", "store1", "table4", '{"browser":{"touch":true}}')


def test_an_event_of_any_kind_is_kept_once_with_all_that_it_says(fed: LocalStack) -> None:
    sql = "SELECT event_id, event_type, json_extract_scalar(extra, '$.plan.seats') FROM events WHERE extra IS NOT NULL"
    assert row(fed, sql) == ("e-1", "signed_up", "3")


@pytest.mark.parametrize(
    ("source", "event", "field"),
    [
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


def test_a_request_with_an_idempotency_key_that_is_sent_again_makes_no_second_row(fed: LocalStack) -> None:
    assert rows(fed, "SELECT event_id FROM events WHERE event_type = 'retried' ORDER BY event_id") == [
        ("7a0f3c58-0",),
        ("7a0f3c58-1",),
    ]
    assert rows(fed, "SELECT event_id FROM feedback WHERE store_id = 'retried'") == [("7a0f3c58-0",)]
    assert row(fed, "SELECT count(*) FROM feedback_processed WHERE store_id = 'retried'") == ("2",)


@pytest.mark.parametrize(("source", "event"), [("events", EVENT), ("feedback", FEEDBACK)])
def test_an_idempotency_key_that_cannot_be_one_is_refused_at_every_door(
    fed: LocalStack, source: str, event: dict[str, Any]
) -> None:
    answer = post(fed, source, event, Idempotency_Key="a b")
    assert answer.status == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]


def test_what_the_contract_hashes_is_a_pseudonym_in_every_table_but_the_raw_one(fed: LocalStack) -> None:
    for table in ("users", "users_processed", "users_now"):
        [(contact,)] = rows(fed, f"SELECT contact FROM {table}")
        assert re.fullmatch("[0-9a-f]{64}", contact or ""), table
    assert "ada@example.com" in str(rows(fed, "SELECT body FROM users_raw"))


def test_no_log_of_the_stack_holds_personal_data(fed: LocalStack) -> None:
    post(fed, "users", {**USER, "address": 5, "contact": ["ada@example.com"]})
    fed.flush()
    logs = fed.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    written = "".join(
        event["message"]
        for group in groups
        for event in logs.filter_log_events(logGroupName=group)["events"]
        if "/aws-glue/" not in group
    )
    assert '"source": "users"' in written
    for value in (*USER.values(), *NOBODY.values(), "guest@example.com"):
        assert str(value) not in written
