"""`rapid counts` on a stack where events met every fate there is."""

import datetime
import gzip
import io
import json
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.counts import command
from rapid.cli.counts.fates import Fates
from rapid.cli.send import client_of
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here
from tests.deployed.mishaps import envelope, environment, put_on_the_stream, send, some_orders

CLICKS = project.contract_of("clickstream")


def fates(stack: LocalStack, source: str = "orders") -> Fates:
    [counted] = command.of(stack, (project.contract_of(source),))
    return counted.fates


def numbers(found: Fates) -> dict[str, int]:
    """The counts that are not 0, without those of all events together."""
    names = ("curated", "duplicate", "quarantined", "filtered", "dead_lettered", "failed", "in_flight", "unaccounted")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def gained(before: Fates, after: Fates) -> dict[str, int]:
    old, new = numbers(before), numbers(after)
    changes = {name: new.get(name, 0) - old.get(name, 0) for name in new.keys() | old.keys()}
    return {name: change for name, change in changes.items() if change}


@pytest.fixture
def counted(own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Fates:
    """The counts of the orders before the test, with nothing left to be delivered or curated."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", own_stack.endpoint_url)
    monkeypatch.setenv("PULUMI_STACK", "dev")
    curate_here(own_stack, "orders")
    found = fates(own_stack)
    assert found.adds_up
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["counts", *arguments])


def test_before_anything_was_curated_all_that_is_processed_is_in_flight(own_stack: LocalStack) -> None:
    send(own_stack, some_orders(4))
    own_stack.flush()
    found = fates(own_stack)
    assert (numbers(found), found.accepted, found.adds_up) == ({"in_flight": 4}, 4, True)


def test_events_and_their_repeats_are_curated_and_duplicate(own_stack: LocalStack, counted: Fates) -> None:
    orders = some_orders(20)
    send(own_stack, [*orders, *orders[:3]])
    send(own_stack, orders[:2])
    curate_here(own_stack, "orders")
    found = fates(own_stack)
    assert gained(counted, found) == {"curated": 20, "duplicate": 5}
    assert (found.accepted - counted.accepted, found.adds_up) == (25, True)


def test_what_is_delivered_and_not_curated_is_in_flight(own_stack: LocalStack, counted: Fates) -> None:
    send(own_stack, some_orders(5))
    own_stack.flush()
    assert gained(counted, fates(own_stack)) == {"in_flight": 5}


def test_what_is_in_the_stream_alone_is_told_in_a_note(own_stack: LocalStack, counted: Fates) -> None:
    send(own_stack, some_orders(3))
    [note] = json.loads(run("orders", "--json").stdout)[0]["notes"]
    assert note.startswith("records, each of one event or more, still in the stream: 1;")


def test_bad_events_on_the_stream_are_quarantined_by_id_or_by_line(own_stack: LocalStack, counted: Fates) -> None:
    bad = {**some_orders(1)[0], "price": -1}
    put_on_the_stream(own_stack, envelope("bad-1", bad) + envelope("bad-2", bad), b"not JSON\n", b'{"price": 1}\n')
    curate_here(own_stack, "orders")
    found = fates(own_stack)
    assert gained(counted, found) == {"quarantined": 4}
    assert (found.accepted - counted.accepted, found.adds_up) == (4, True)


def test_a_click_that_the_gateway_let_through_is_accepted_and_quarantined(own_stack: LocalStack) -> None:
    client = client_of(own_stack, CLICKS)
    assert client.send([{"element_clicked": "a", "time_spent": 1, "created_at": "yesterday"}]).accepted == 1
    client.close()
    own_stack.flush()
    found = fates(own_stack, "clickstream")
    assert (numbers(found), found.accepted, found.adds_up) == ({"quarantined": 1}, 1, True)


def test_events_that_no_stream_took_are_dead_lettered(own_stack: LocalStack, counted: Fates) -> None:
    with environment(own_stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
        send(own_stack, some_orders(6))
    found = fates(own_stack)
    assert gained(counted, found) == {"dead_lettered": 6}
    assert (found.accepted - counted.accepted, found.adds_up) == (6, True)
    assert fates(own_stack) == found, "counting leaves the queue as it was"


def test_events_of_records_that_the_transform_fails_on_are_failed(own_stack: LocalStack, counted: Fates) -> None:
    orders = some_orders(2)
    record = envelope("failed-1", orders[0]) + envelope("failed-2", {**orders[1], "price": -1})
    with environment(own_stack, "orders-transform", QUARANTINE_BUCKET="no-such-bucket"):
        put_on_the_stream(own_stack, record)
        own_stack.flush()
    found = fates(own_stack)
    assert gained(counted, found) == {"failed": 2}
    assert (found.accepted - counted.accepted, found.adds_up) == (2, True)


def test_an_event_of_no_interest_is_filtered_once_however_often_it_comes(own_stack: LocalStack) -> None:
    nobody = {"name": "Bo Example", "address": "2 Example Street"}
    record = envelope("nobody-1", nobody) + envelope("somebody-1", {**nobody, "contact": "bo@example.com"})
    with environment(own_stack, "users-transform", QUARANTINE_BUCKET="no-such-bucket"):
        put_on_the_stream(own_stack, record, source="users")
        own_stack.flush()
    assert numbers(fates(own_stack, "users")) == {"failed": 2}, "ids that cannot be kept let nothing pass"
    for _time in range(2):
        put_on_the_stream(own_stack, record, source="users")
        own_stack.flush()
    curate_here(own_stack, "users")
    found = fates(own_stack, "users")
    assert (numbers(found), found.accepted, found.adds_up) == ({"curated": 1, "filtered": 1}, 2, True)


def test_objects_that_are_delivered_twice_change_no_number(own_stack: LocalStack, counted: Fates) -> None:
    s3 = own_stack.client("s3")
    for zone in ("raw_bucket", "processed_bucket"):
        bucket = own_stack.outputs[zone]
        for item in s3.list_objects_v2(Bucket=bucket, Prefix="orders/")["Contents"]:
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            # Lines without id are the exception: two of them cannot be told from one that was delivered twice.
            again = gzip.compress(lines_with_id(body)) if zone == "raw_bucket" else body
            folder, _, name = item["Key"].rpartition("/")
            s3.put_object(Bucket=bucket, Key=f"{folder}/again-{uuid.uuid4()}-{name}", Body=again)
    assert fates(own_stack) == counted
    curate_here(own_stack, "orders")
    assert fates(own_stack) == counted


def test_a_row_that_gives_way_to_one_received_earlier_is_a_duplicate(own_stack: LocalStack, counted: Fates) -> None:
    deliver_another_of_the_first(own_stack, received=-datetime.timedelta(seconds=5))
    report = curate_here(own_stack, "orders")
    assert (report["rows_read"], report["rows_added"], report["replaced"]) == (1, 0, 1)
    after = fates(own_stack)
    assert (gained(counted, after), after.accepted - counted.accepted) == ({"duplicate": 1}, 1)
    assert after.adds_up


def deliver_another_of_the_first(stack: LocalStack, received: datetime.timedelta) -> None:
    """The same key under another envelope, received so much later."""
    s3, bucket = stack.client("s3"), stack.outputs["processed_bucket"]
    key = s3.list_objects_v2(Bucket=bucket, Prefix="orders/")["Contents"][0]["Key"]
    stored = pq.read_table(
        io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()), coerce_int96_timestamp_unit="us"
    )
    [first] = stored.slice(0, 1).to_pylist()
    row = first | {"ingest_id": str(uuid.uuid4()), "received_at": first["received_at"] + received}
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), content, use_deprecated_int96_timestamps=True)
    s3.put_object(Bucket=bucket, Key=f"{key}-{row['ingest_id']}", Body=content.getvalue())


def lines_with_id(body: bytes) -> bytes:
    return b"".join(line + b"\n" for line in gzip.decompress(body).splitlines() if line.startswith(b'{"id"'))


def test_an_event_that_got_lost_is_unaccounted_and_the_status_is_1(own_stack: LocalStack, counted: Fates) -> None:
    assert run("orders").exit_code == 0
    s3, bucket = own_stack.client("s3"), own_stack.outputs["raw_bucket"]
    key = s3.list_objects_v2(Bucket=bucket, Prefix="orders/")["Contents"][-1]["Key"].rpartition("/")[0] + "/lost.gz"
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(envelope("lost", {})))
    try:
        result = run()
        assert result.exit_code == 1
        lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
        assert ["unaccounted", *("1" if source == "orders" else "0" for source in lines[0][1:])] in lines
        assert ["adds", "up", *("NO" if source == "orders" else "yes" for source in lines[0][1:])] in lines
        assert "orders: accepted events without a fate: 1" in result.stdout
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
    assert fates(own_stack).adds_up


@pytest.mark.parametrize(("days", "expected"), [(91, {}), (89, {"unaccounted": 2})])
def test_what_is_older_than_processed_events_are_kept_is_counted_on_neither_side(
    own_stack: LocalStack, days: int, expected: dict[str, int]
) -> None:
    before = fates(own_stack, "google_analytics")
    assert project.contract_of("google_analytics").processed_retention_days == 90
    hour = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    key = f"google_analytics/{hour:%Y/%m/%d/%H}/old.gz"
    s3, bucket = own_stack.client("s3"), own_stack.outputs["raw_bucket"]
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(envelope(f"old-{days}", {}) + b"no JSON\n"))
    try:
        after = fates(own_stack, "google_analytics")
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
    assert gained(before, after) == expected
    assert after.accepted - before.accepted == sum(expected.values())


def test_an_unknown_source_is_refused(counted: Fates) -> None:
    result = run("oders")
    assert result.exit_code == 1
    assert "there is no source 'oders'" in result.stderr
