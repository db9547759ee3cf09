"""`rapid errors` on a stack: what failed is listed, shown, mended and sent again, and the counts add up throughout."""

import base64
import datetime
import gzip
import json
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.counts import command
from rapid.cli.counts.fates import Fates
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here, number, objects, rows
from tests.deployed.mishaps import envelope, environment, put_on_the_stream, send, some_orders

FATES = ("curated", "duplicate", "quarantined", "dead_lettered", "failed", "in_flight", "unaccounted")
PLACES = {
    "quarantine": "quarantined",
    "failed transform": "failed",
    "failed conversion": "failed",
    "queue": "dead_lettered",
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["errors", *arguments])


def listed(*arguments: str) -> list[dict[str, Any]]:
    result = run("list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def fates(stack: LocalStack) -> Fates:
    [counted] = command.of(stack, (project.contract_of("orders"),))
    return counted.fates


@pytest.fixture
def gained(own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, int]]:
    """Curates; what the counts gained since the test began, and that they add up and agree with the list."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_stack.endpoint_url)
    monkeypatch.setenv("PULUMI_STACK", "dev")
    curate_here(own_stack, "orders")
    before = fates(own_stack)

    def now() -> dict[str, int]:
        curate_here(own_stack, "orders")
        found = fates(own_stack)
        assert found.adds_up, found
        agree(found)
        changes = {name: getattr(found, name) - getattr(before, name) for name in FATES}
        return {name: change for name, change in changes.items() if change}

    return now


def agree(found: Fates) -> None:
    by_fate = dict.fromkeys(PLACES.values(), 0)
    for group in listed("orders"):
        by_fate[PLACES[group["place"]]] += group["events"]
    assert by_fate == {name: getattr(found, name) for name in by_fate}


def ids(count: int) -> list[str]:
    return [f"{uuid.uuid4()}=-{number}" for number in range(count)]


def of_ids(stack: LocalStack, table: str, column: str, events: list[str]) -> list[tuple[str | None, ...]]:
    quoted = ", ".join(f"'{event}'" for event in events)
    return rows(stack, f"SELECT ingest_id, {column} FROM {table} WHERE ingest_id IN ({quoted}) ORDER BY 1")


def quarantined(stack: LocalStack, bodies: dict[str, dict[str, Any]]) -> None:
    """Events that the door would have refused, put onto the stream as if they had come through."""
    put_on_the_stream(stack, b"".join(envelope(event, body) for event, body in bodies.items()))
    stack.flush()


def test_a_bad_order_is_seen_mended_and_curated_once(own_stack: LocalStack, gained: Any) -> None:
    event = ids(1)[0]
    order = {**some_orders(1)[0], "price": "15.99"}
    quarantined(own_stack, {event: order})

    [group] = listed("--reason", "PRICE must be a number")
    assert group == {
        "source": "orders",
        "place": "quarantine",
        "reason": "price must be a number, not string",
        "day": "2026-03-14",
        "events": 1,
        "example": event,
    }
    assert "15.99" not in run("list").stdout
    shown = json.loads(run("show", event, "--json").stdout)
    assert (shown["event"], shown["open"], shown["receivedAt"]) == (order, True, "2026-03-14T18:30:00.000Z")
    assert gained() == {"quarantined": 1}

    dry = run("replay", "orders", "--id", event, "--fix", ".price |= tonumber", "--dry-run")
    assert '  price: "15.99" -> 15.99\n1 event would be put' in dry.stdout
    assert gained() == {"quarantined": 1}

    result = run("replay", "orders", "--id", event, "--fix", ".price |= tonumber")
    assert (result.exit_code, result.stdout.startswith("1 event put onto the streams")) == (0, True), result.stdout
    assert gained() == {"curated": 1}
    assert of_ids(own_stack, "orders_curated", "price", [event]) == [(event, "15.99")]
    assert listed("--reason", "price must be a number") == []
    assert json.loads(run("show", event, "--json").stdout)["open"] is False

    again = run("replay", "--id", event, "--fix", ".price |= tonumber")
    assert (again.exit_code, "1 event delivered already" in again.stdout) == (0, True)
    assert gained() == {"curated": 1}


def test_a_replay_that_is_repeated_before_anything_is_delivered_makes_one_row(
    own_stack: LocalStack, gained: Any
) -> None:
    bodies = {event: {**order, "quantity": 0} for event, order in zip(ids(5), some_orders(5), strict=True)}
    nameless = {event: {k: v for k, v in body.items() if k != "event_id"} for event, body in bodies.items()}
    quarantined(own_stack, nameless)
    for _ in range(3):
        assert run("replay", "--reason", "quantity", "--fix", ".quantity = 1").exit_code == 0
    assert gained() == {"curated": 5}
    found = of_ids(own_stack, "orders_curated", "event_id", list(bodies))
    assert found == [(event, event) for event in sorted(bodies)]


def test_what_would_be_quarantined_again_is_not_sent_and_stays_as_it_came(own_stack: LocalStack, gained: Any) -> None:
    [good, bad] = ids(2)
    order = some_orders(1)[0]
    quarantined(own_stack, {good: {**order, "price": "1"}, bad: {**order, "event_id": "other", "price": "one"}})
    result = run("replay", "--reason", "price", "--fix", 'if .price == "1" then .price = 1 else .price = -1 end')
    assert result.exit_code == 1
    assert "error: 1 event left in place:" in result.stderr
    assert f"it would be quarantined: price must be 0 or more (such as {bad})" in result.stderr
    assert gained() == {"curated": 1, "quarantined": 1}
    assert json.loads(run("show", bad, "--json").stdout)["event"]["price"] == "one"
    assert run("replay", "--id", bad, "--fix", ".price = 1").exit_code == 0
    assert gained() == {"curated": 2}


def test_an_expression_that_fails_on_an_event_leaves_it(own_stack: LocalStack, gained: Any) -> None:
    event = ids(1)[0]
    quarantined(own_stack, {event: {**some_orders(1)[0], "price": "cheap"}})
    result = run("replay", "--id", event, "--fix", ".price |= tonumber")
    assert result.exit_code == 1
    assert f'string ("cheap") cannot be parsed as a number (such as {event})' in result.stderr
    assert gained() == {"quarantined": 1}
    assert run("replay", "--id", event, "--fix", ".price = 3").exit_code == 0
    assert gained() == {"curated": 1}


def test_an_event_of_a_contract_that_was_widened_needs_no_fix(own_stack: LocalStack, gained: Any) -> None:
    """Quarantined by hand, as by an older contract."""
    event = ids(1)[0]
    quarantined(own_stack, {event: {**some_orders(1)[0], "price": None}})
    s3, bucket = own_stack.client("s3"), own_stack.outputs["quarantine_bucket"]
    [key] = [
        item["Key"]
        for item in s3.list_objects_v2(Bucket=bucket, Prefix="orders/")["Contents"]
        if event in s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
    ]
    content = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    content["event"]["price"] = 7
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(content).encode())
    assert run("replay", "--id", event).exit_code == 0
    assert gained() == {"curated": 1}


def test_dead_letters_are_put_onto_the_stream_and_then_deleted(own_stack: LocalStack, gained: Any) -> None:
    orders = some_orders(4)
    with environment(own_stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
        send(own_stack, orders)
    [group] = listed("--reason", "no-such-stream")
    assert (group["place"], group["events"]) == ("queue", 4)
    assert json.loads(run("show", group["example"], "--json").stdout)["event"] in orders
    assert gained() == {"dead_lettered": 4}
    assert "4 events would be put" in run("replay", "--dry-run", "--reason", "no-such-stream").stdout
    assert gained() == {"dead_lettered": 4}

    one = run("replay", "--id", group["example"])
    assert one.exit_code == 0
    assert gained() == {"curated": 1, "dead_lettered": 3}, "the message stays for the others"
    assert run("replay", "orders", "--reason", "no-such-stream").exit_code == 0
    assert gained() == {"curated": 4}
    assert messages(own_stack) == 0


def messages(stack: LocalStack) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = stack.outputs["dead_letter_queue_url"]
    found = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_a_message_that_is_none_of_ours_is_reported_and_kept(own_stack: LocalStack, gained: Any) -> None:
    sqs, queue = own_stack.client("sqs"), own_stack.outputs["dead_letter_queue_url"]
    for body in ("hello", '{"source": "orders"}', '{"source": "orders", "reason": "", "record": "%"}'):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    try:
        found = listed("--reason", "is no message of the ingest function")
        assert [group["place"] for group in found] == ["queue"] * 3
        assert "is no message" in json.loads(run("show", found[0]["example"], "--json").stdout)["errors"][0]["reason"]
        result = run("replay", "--reason", "is no message")
        assert (result.exit_code, "error: 3 events left in place" in result.stderr) == (1, True)
        assert messages(own_stack) == 3
        assert gained() == {}
    finally:
        sqs.purge_queue(QueueUrl=queue)


def test_records_that_the_transform_failed_on_are_replayed_event_by_event(own_stack: LocalStack, gained: Any) -> None:
    [good, bad] = ids(2)
    orders = some_orders(2)
    record = envelope(good, orders[0]) + envelope(bad, {**orders[1], "price": -1}) + b"no JSON\n"
    with environment(own_stack, "orders-transform", QUARANTINE_BUCKET="no-such-bucket"):
        put_on_the_stream(own_stack, record)
        own_stack.flush()
    assert gained() == {"failed": 3}
    found = [group for group in listed("orders") if group["place"] == "failed transform"]
    assert sum(group["events"] for group in found) == 3
    result = run("replay", "orders", "--reason", found[0]["reason"])
    assert "it came without an envelope of the API" in result.stderr
    assert gained() == {"curated": 1, "quarantined": 1, "failed": 1}
    assert run("replay", "--id", bad, "--fix", ".price = 1").exit_code == 0
    assert gained() == {"curated": 2, "failed": 1}


@pytest.fixture
def unconverted(own_stack: LocalStack) -> Iterator[tuple[dict[str, Any], str, str]]:
    """An order that is in the raw zone, its id, and an id that is not.

    Their error record is written here, as AWS writes it: the local cloud converts all that the transform gives.
    """
    [kept, lost], order, now = ids(2), some_orders(1)[0], datetime.datetime.now(datetime.UTC)
    row = "".join(json.dumps({"ingest_id": event, "price": 1}) + "\n" for event in (kept, lost))
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": int(now.timestamp() * 1000),
        "lastErrorCode": "DataFormatConversion.ParseError",
        "lastErrorMessage": "Encountered malformed data: secret-value",
        "rawData": base64.b64encode(row.encode()).decode(),
    }
    written = {
        ("processed_bucket", f"errors/orders/format-conversion-failed/{now:%Y/%m/%d/%H}/{kept}"): json.dumps(document),
        ("raw_bucket", f"orders/{now:%Y/%m/%d/%H}/{kept}.gz"): envelope(kept, order) + b"no JSON\n",
    }
    s3 = own_stack.client("s3")
    for (bucket, key), body in written.items():
        content = gzip.compress(body) if isinstance(body, bytes) else body.encode()
        s3.put_object(Bucket=own_stack.outputs[bucket], Key=key, Body=content)
    yield order, kept, lost
    for bucket, key in written:
        s3.delete_object(Bucket=own_stack.outputs[bucket], Key=key)


def test_records_that_could_not_be_converted_are_replayed_from_the_raw_zone(
    own_stack: LocalStack, gained: Any, unconverted: Any
) -> None:
    order, kept, lost = unconverted
    [group] = listed("--reason", "ParseError")
    assert (group["place"], group["events"]) == ("failed conversion", 2)
    assert "secret-value" not in run("list").stdout
    assert json.loads(run("show", kept, "--json").stdout)["event"] == order
    assert "is not kept any more" in run("show", lost).stdout
    result = run("replay", "--reason", "ParseError")
    assert (result.exit_code, f"the raw zone does not have it any more (such as {lost})" in result.stderr) == (1, True)
    curate_here(own_stack, "orders")
    [(_, price)] = of_ids(own_stack, "orders_curated", "price", [kept])
    assert Decimal(price or 0) == Decimal(str(order["price"]))


def test_a_line_without_envelope_is_shown_and_left(own_stack: LocalStack, gained: Any) -> None:
    put_on_the_stream(own_stack, b"surely not JSON\n")
    own_stack.flush()
    [group] = listed("--reason", "is not JSON", "--day", f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}")
    assert json.loads(run("show", group["example"], "--json").stdout)["event"] == "surely not JSON"
    result = run("replay", "--id", group["example"], "--fix", "{}")
    assert (result.exit_code, "came without an envelope" in result.stderr) == (1, True)
    assert gained() == {"quarantined": 1}


def test_ids_days_sources_and_expressions_that_are_none_are_refused(own_stack: LocalStack, gained: Any) -> None:
    for arguments, said in (
        (["show", "nobody"], "no failed event has the id 'nobody'"),
        (["replay", "--id", "nobody"], "no failed event has the id nobody"),
        (["list", "oders"], "there is no source 'oders'"),
        (["list", "--day", "14.3.2026"], "--day '14.3.2026' is no day; write one such as 2026-03-14"),
        (["replay", "--fix", ".price |= ("], "--fix: jq does not understand the expression:"),
    ):
        result = run(*arguments)
        assert (result.exit_code, said in result.stderr) == (1, True), result.output
        assert "Traceback" not in result.output


def test_quarantine_keeps_its_objects(own_stack: LocalStack, gained: Any) -> None:
    before = len(list(objects(own_stack, "quarantine_bucket", "orders/")))
    event = ids(1)[0]
    quarantined(own_stack, {event: {**some_orders(1)[0], "price": -2}})
    assert run("replay", "--id", event, "--fix", ".price = 2").exit_code == 0
    assert gained() == {"curated": 1}
    assert len(list(objects(own_stack, "quarantine_bucket", "orders/"))) == before + 1
    assert number(own_stack, f"SELECT count(*) FROM orders_raw WHERE id = '{event}'") == 2
