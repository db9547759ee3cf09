"""`rapid trace` on a deployed stack: one event in each fate, by every id that it has."""

import json
import time
import uuid
from typing import Any

import pytest
import urllib3
from typer.testing import CliRunner

from contracts import Authentication
from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.target import LocalStack
from tests.deployed.delivered import deliver
from tests.deployed.events import CLICK, ORDER
from tests.deployed.evidence import curate_here
from tests.deployed.mishaps import envelope, environment, put_on_the_stream

ANALYTICS = {"client_id": "1.2", "events": [{"name": "visit"}]}
NOBODY = {"name": "Bo Example", "address": "2 Example Street"}
FILE_ID = "0123456789abcdef0123456789abcdef"
BAD, GUEST = f"bad-{uuid.uuid4()}", f"guest-{uuid.uuid4()}"


def post(stack: LocalStack, source: str, event: Any, **headers: str) -> str:
    """Post to a source's path; the `requestId` of the answer."""
    needs_key = project.contract_of(source).authentication is Authentication.API_KEY
    sent = {"x-api-key": stack.outputs["api_key"]} if needs_key else {}
    url = stack.outputs["ingest_url"] + stack.outputs["paths"][source]
    request_id: str = urllib3.request("POST", url, json=event, headers=sent | headers, retries=False).json()[
        "requestId"
    ]
    return request_id


def order(event_id: str) -> dict[str, Any]:
    return {**ORDER, "event_id": event_id}


@pytest.fixture(scope="module")
def sent(own_stack: LocalStack) -> dict[str, str]:
    """The requests of events in every fate, by what they are called here."""
    stack = own_stack
    requests = {
        "first": post(stack, "orders", order("twice")),
        "again": post(stack, "orders", order("twice")),
        "batch": post(stack, "orders", [order("one"), {}, order("two")]),
        "quarantined": post(stack, "clickstream", {**CLICK, "created_at": "yesterday", "event_id": "bad-click"}),
        "filtered": post(stack, "users", NOBODY),
        "refused": post(stack, "orders", {}),
        "lost": post(stack, "feedback", {"score": 9, "store_id": "s1"}),
    }
    put_on_the_stream(stack, envelope(GUEST, {**CLICK, "event_id": "of-a-guest"}), source="clickstream")
    stack.flush()
    deliver(stack, "orders/2026/03/14/18/file-x-00000.parquet", {"event_id": "of-a-file", "ingest_id": f"{FILE_ID}-7"})
    curate_here(stack, "orders")
    with environment(stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
        requests["dead letter"] = post(stack, "orders", order("dead"))
    with environment(stack, "orders-transform", QUARANTINE_BUCKET="no-such-bucket"):
        put_on_the_stream(stack, envelope(BAD, {**ORDER, "price": -1}))
        stack.flush()
    requests["processed"] = post(stack, "orders", order("new"))
    stack.flush()
    s3 = stack.client("s3")
    for bucket in (stack.outputs["raw_bucket"], stack.outputs["processed_bucket"]):
        for item in s3.list_objects_v2(Bucket=bucket, Prefix="feedback/")["Contents"]:
            s3.delete_object(Bucket=bucket, Key=item["Key"])
    return requests


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["trace", *arguments])


def traced(wanted: str, *options: str) -> list[dict[str, Any]]:
    result = run(wanted, "--json", *options)
    assert result.exit_code == 0, result.output
    events: list[dict[str, Any]] = json.loads(result.stdout)["events"]
    return events


def steps(event: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["seen"] for step in event["steps"]}


def test_a_curated_event_is_shown_from_its_request_to_its_data_file(
    own_stack: LocalStack, sent: dict[str, str]
) -> None:
    [event] = traced(f"{sent['first']}-0")
    assert (event["source"], event["event_id"], event["request_id"]) == ("orders", "twice", sent["first"])
    assert event["fate"] == "curated"
    assert [step["step"] for step in event["steps"]] == [
        "request",
        "ingest function",
        "raw zone",
        "transform",
        "processed",
        "curated",
    ]
    seen = steps(event)
    assert seen["request"].startswith("POST /events answered 202, in ")
    [key] = own_stack.client("apigateway").get_api_keys(includeValues=True)["items"]
    assert f"API key {key['id'][:4]}…" in seen["request"]
    assert key["id"] not in json.dumps(event)
    assert seen["ingest function"] == "of the request: 1 accepted, 0 refused, 0 dead-lettered, 0 lost"
    assert seen["raw zone"].startswith(f"s3://{own_stack.outputs['raw_bucket']}/orders/")
    assert "/tables/orders/data/event_day=2026-03-14/" in seen["curated"]
    assert ", snapshot " in seen["curated"]


def test_an_id_that_was_sent_twice_is_two_events_of_which_one_is_a_duplicate(sent: dict[str, str]) -> None:
    events = traced("twice")
    assert [(event["request_id"], event["fate"]) for event in events] == [
        (sent["first"], "curated"),
        (sent["again"], "duplicate"),
    ]
    assert f"{sent['first']}-0, received" in events[1]["where"]


def test_a_request_is_all_of_its_events(sent: dict[str, str]) -> None:
    events = traced(sent["batch"], "--source", "orders")
    assert [(event["event_id"], event["ingest_id"]) for event in events] == [
        ("one", f"{sent['batch']}-0"),
        ("two", f"{sent['batch']}-2"),
    ]
    assert {steps(event)["ingest function"] for event in events} == {
        "of the request: 2 accepted, 1 refused, 0 dead-lettered, 0 lost"
    }


@pytest.mark.parametrize("by", ["bad-click", "request"])
def test_a_quarantined_event_is_shown_with_its_reasons(sent: dict[str, str], by: str) -> None:
    [event] = traced(sent["quarantined"] if by == "request" else by)
    assert (event["fate"], event["event_id"]) == ("quarantined", "bad-click")
    assert steps(event)["transform"].startswith("quarantined: created_at must be")
    assert f"rapid errors show {sent['quarantined']}-0" in event["where"]


@pytest.mark.parametrize(
    ("name", "fate", "step", "said"),
    [
        ("filtered", "filtered", "transform", "filtered: noted in s3://"),
        ("dead letter", "dead-lettered", "delivery", "dead-lettered: record An error occurred"),
        ("processed", "processed", "processed", "s3://"),
    ],
)
def test_events_that_are_not_in_their_curated_table_are_shown_where_they_are(
    sent: dict[str, str], name: str, fate: str, step: str, said: str
) -> None:
    [event] = traced(sent[name])
    assert event["fate"] == fate
    assert said in steps(event)[step]
    assert "request" in steps(event)


def test_a_dead_letter_is_found_by_its_own_id_too(sent: dict[str, str]) -> None:
    [event] = traced("dead")
    assert (event["fate"], event["request_id"]) == ("dead-lettered", sent["dead letter"])


def test_an_event_in_a_record_that_failed_is_shown_with_firehose_s_reason(sent: dict[str, str]) -> None:
    [event] = traced(BAD, "--since", "2026-03-14")
    assert event["fate"] == "failed"
    assert steps(event)["transform"].startswith("failed: record ")
    assert "errors/orders/" in event["where"]


def test_what_came_past_the_api_is_shown_without_a_request(sent: dict[str, str]) -> None:
    [guest] = traced("of-a-guest", "--since", "2026-03-14")
    assert (guest["ingest_id"], guest["request_id"], guest["fate"]) == (GUEST, None, "processed")
    assert steps(guest)["received"] == "put onto the stream by a guest's browser"
    [row] = traced("of-a-file", "--since", "2026-03-14")
    assert row["fate"] == "processed"
    assert steps(row)["received"] == f"row 7 of file {FILE_ID}: `rapid files {FILE_ID}`"


def test_a_refused_request_and_one_whose_events_are_gone_are_told_apart(
    own_stack: LocalStack, sent: dict[str, str]
) -> None:
    [refused] = traced(sent["refused"])
    assert refused["fate"] == "refused"
    assert "POST /events answered 400" in steps(refused)["request"]
    [lost] = traced(sent["lost"])
    assert lost["fate"] == "nowhere any more"
    assert "no place has it" in lost["where"]
    own_stack.client("s3").put_object(
        Bucket=own_stack.outputs["curated_bucket"], Key="erasures/feedback/one.json", Body=b'{"state": "erased"}'
    )
    [erased] = traced(sent["lost"])
    assert "1 erasure of the source ended since" in erased["where"]


def test_a_request_of_another_source_is_not_called_lost(sent: dict[str, str]) -> None:
    [event] = traced(sent["lost"], "--source", "orders")
    assert (event["fate"], "/feedback" in event["where"]) == ("not looked for", True)


def test_an_event_that_the_stream_holds_is_in_flight(own_stack: LocalStack, sent: dict[str, str]) -> None:
    request_id, deadline = post(own_stack, "google_analytics", ANALYTICS), time.monotonic() + 60
    # Its line comes within a second or so.
    while run(request_id).exit_code and time.monotonic() < deadline:
        time.sleep(0.1)
    [event] = traced(request_id)
    assert (event["fate"], event["source"]) == ("in flight", "google_analytics")


def test_the_event_itself_is_shown_only_if_asked_for(sent: dict[str, str]) -> None:
    quiet, asked = run("twice"), run("twice", "--show-event")
    assert "menuItem" not in quiet.output
    assert '"menuItem": "Soup"' in asked.stdout
    assert "Now: curated. It is a row of orders_curated." in quiet.stdout


def test_what_is_not_found_is_told_with_where_it_was_looked_for(sent: dict[str, str]) -> None:
    result = run("it's nobody's", "--source", "orders")
    assert result.exit_code == 1
    assert "error: nothing is known of it's nobody's. Looked in:" in result.stderr
    assert "the raw zone of orders, arrived since" in result.stderr
    assert run("twice", "--since", "tomorrow").stderr.endswith(
        "error: --since 'tomorrow' is no day; write one such as 2026-03-14\n"
    )
