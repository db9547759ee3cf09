"""The curated tables: each valid event once, whatever was sent or delivered again, late, or into an old hour."""

import datetime
import io
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts import Contract
from rapid.cli import generate, job_run, project, samples
from rapid.cli.job_run import Task
from rapid.cli.send import client_of
from rapid.cli.target import LocalStack

from .evidence import curate, error_log, number, objects, rows

ORDERS, CLICKS = project.contract_of("orders"), project.contract_of("clickstream")
LATE = datetime.timedelta(days=10)
CONTRACTS = "curation/contracts.json"


def with_repeats_and_late(contract: Contract, count: int, seed: int) -> list[dict[str, Any]]:
    """`count` events in random order, of which 1 % repeat another and 2 % happened ten days ago."""
    randomness = random.Random(seed)
    events = list(samples.events(contract, count - count // 100, seed))
    then = datetime.datetime.now(datetime.UTC) - LATE
    for event in randomness.sample(events, count // 50):
        event[contract.event_time.name] = generate.iso(generate.moment(randomness, then))
    events += randomness.sample(events, count // 100)
    randomness.shuffle(events)
    return events


def send(stack: LocalStack, contract: Contract, events: list[dict[str, Any]]) -> None:
    client = client_of(stack, contract)
    outcomes = [client.send(events[start : start + 400]) for start in range(0, len(events), 400)]
    client.close()
    assert sum(outcome.accepted for outcome in outcomes) == len(events)


def processed(stack: LocalStack, source: str) -> list[str]:
    """Keys of the delivered objects of a source, the newest last."""
    listed = stack.client("s3").list_objects_v2(Bucket=stack.outputs["processed_bucket"], Prefix=f"{source}/")
    return [item["Key"] for item in sorted(listed["Contents"], key=lambda item: item["LastModified"])]


def deliver(stack: LocalStack, key: str, change: dict[str, Any]) -> None:
    """Put the first row of a delivered object, as another event and with some columns changed, under another key."""
    s3, bucket = stack.client("s3"), stack.outputs["processed_bucket"]
    body = s3.get_object(Bucket=bucket, Key=processed(stack, "orders")[0])["Body"].read()
    first = pq.read_table(io.BytesIO(body), coerce_int96_timestamp_unit="us").slice(0, 1).to_pylist()[0]
    row = first | {"event_id": str(uuid.uuid4()), "ingest_id": str(uuid.uuid4())} | change
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), content, use_deprecated_int96_timestamps=True)
    s3.put_object(Bucket=bucket, Key=key, Body=content.getvalue())


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def sent(own_stack: LocalStack) -> dict[str, list[dict[str, Any]]]:
    """Orders and clicks, sent and curated: the events by source."""
    events = {
        "orders": with_repeats_and_late(ORDERS, 2_000, seed=5),
        "clickstream": with_repeats_and_late(CLICKS, 300, seed=6),
    }
    send(own_stack, ORDERS, events["orders"])
    send(own_stack, CLICKS, events["clickstream"])
    for source in events:
        curate(own_stack, source)
    return events


def test_the_curated_orders_are_exactly_the_distinct_ones(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    found = rows(own_stack, "SELECT event_id, menuitem, quantity, price, restaurantid FROM orders_curated")
    expected = {
        (event["event_id"], event["menuItem"], str(event["quantity"]), f"{event['price']:.2f}", event["restaurantId"])
        for event in sent["orders"]
    }
    assert len(found) == 1_980
    assert set(found) == expected
    assert number(own_stack, "SELECT count(*) FROM orders_processed") == 2_000


def test_the_curated_clicks_are_exactly_the_distinct_ones(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    found = rows(own_stack, "SELECT event_id, element_clicked, time_spent FROM clickstream")
    expected = {
        (event["event_id"], event["element_clicked"], str(event["time_spent"])) for event in sent["clickstream"]
    }
    assert len(found) == 297
    assert set(found) == expected


def test_late_events_lie_in_the_days_on_which_they_happened(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    by_day = rows(own_stack, "SELECT CAST(timestamp AS date), count(*) FROM orders_curated GROUP BY 1")
    events = {event["event_id"]: event["timestamp"][:10] for event in sent["orders"]}
    days = list(events.values())
    assert {(day, int(count or 0)) for day, count in by_day} == {(day, days.count(day)) for day in set(days)}
    location = own_stack.outputs["curated_bucket"]
    files = own_stack.client("s3").list_objects_v2(Bucket=location, Prefix="tables/orders/data/")["Contents"]
    assert {item["Key"].split("event_day=")[1][:10] for item in files} >= set(days)


def test_running_again_changes_nothing(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    def version() -> str:
        glue = own_stack.client("glue")
        table = glue.get_table(DatabaseName=own_stack.outputs["database"], Name="orders_curated")["Table"]
        return table["Parameters"]["metadata_location"]

    before = version()
    report = curate(own_stack, "orders")
    assert (report["inputs"], report["rows_added"], report["commits"]) == (0, 0, 0)
    assert version() == before


def test_an_object_that_is_delivered_twice_adds_nothing(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    before = sorted(rows(own_stack, "SELECT event_id, ingest_id FROM orders_curated"))
    key = processed(own_stack, "orders")[-1]
    bucket = own_stack.outputs["processed_bucket"]
    own_stack.client("s3").copy_object(Bucket=bucket, Key=f"{key}-again", CopySource={"Bucket": bucket, "Key": key})
    report = curate(own_stack, "orders")
    assert (report["inputs"], report["rows_added"]) == (1, 0)
    assert report["repeats"] == report["rows_read"] > 0
    assert sorted(rows(own_stack, "SELECT event_id, ingest_id FROM orders_curated")) == before


def test_an_object_that_arrives_in_an_hour_two_days_old_is_not_missed(
    own_stack: LocalStack, sent: dict[str, Any]
) -> None:
    before = number(own_stack, "SELECT count(*) FROM orders_curated")
    hour = now() - datetime.timedelta(days=2)
    deliver(own_stack, f"orders/{hour:%Y/%m/%d/%H}/late.parquet", {"menuitem": "Two days old"})
    assert curate(own_stack, "orders")["rows_added"] == 1
    assert number(own_stack, "SELECT count(*) FROM orders_curated") == before + 1
    assert number(own_stack, "SELECT count(*) FROM orders WHERE menuitem = 'Two days old'") == 1


def test_what_is_processed_and_not_curated_is_in_the_view_of_now_alone(
    own_stack: LocalStack, sent: dict[str, Any]
) -> None:
    [order] = samples.events(ORDERS, 1, seed=77)
    send(own_stack, ORDERS, [{**order, "menuItem": "Hot from the oven"}])
    own_stack.flush()
    count = "SELECT count(*) FROM {} WHERE menuitem = 'Hot from the oven'"
    assert [number(own_stack, count.format(view)) for view in ("orders", "orders_now")] == [0, 1]
    curate(own_stack, "orders")
    assert [number(own_stack, count.format(view)) for view in ("orders", "orders_now")] == [1, 1]


@pytest.fixture
def contract_document(own_stack: LocalStack, sent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The compiled contract of the orders as the job reads it, to be changed and stored; afterwards it is as before."""
    before = next(objects(own_stack, "artifacts_bucket", CONTRACTS))
    yield next(item for item in json.loads(before) if item["source"] == "orders")
    store(own_stack, before)


def store(stack: LocalStack, content: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["artifacts_bucket"], Key=CONTRACTS, Body=content)


def test_a_contract_that_rows_cannot_follow_is_refused_before_anything_is_written(
    own_stack: LocalStack, contract_document: dict[str, Any]
) -> None:
    before = sorted(rows(own_stack, "SELECT event_id, quantity FROM orders_curated"))
    for column in contract_document["columns"]:
        if column["name"] == "quantity":
            column["type"] = "string"
    store(own_stack, json.dumps([contract_document]).encode())
    deliver(own_stack, f"orders/{now():%Y/%m/%d/%H}/refused.parquet", {})
    ended = job_run.run(own_stack, Task.CURATE, "orders", lambda _state: None)
    assert (ended.state, bool(ended.error)) == ("FAILED", True)
    assert "'quantity' is long and the contract now says string" in ended.reports[0]["error"]
    assert any("quantity" in line for line in error_log(own_stack, ended.log.replace("/error,", "/output,")))
    assert sorted(rows(own_stack, "SELECT event_id, quantity FROM orders_curated")) == before


def test_a_contract_that_gains_a_field_and_widens_one_reads_old_and_new_rows_in_one_query(
    own_stack: LocalStack, contract_document: dict[str, Any]
) -> None:
    curate(own_stack, "orders")
    before = number(own_stack, "SELECT count(*) FROM orders_curated")
    for column in contract_document["columns"]:
        if column["name"] == "price":
            column["type"] = "decimal(12,2)"
    channel = {"name": "channel", "type": "string", "comment": "Where it was ordered", "aliases": []}
    contract_document["columns"].append(channel)
    store(own_stack, json.dumps([contract_document]).encode())
    deliver(own_stack, f"orders/{now():%Y/%m/%d/%H}/channel.parquet", {"channel": "app"})
    curate(own_stack, "orders")
    found = rows(own_stack, "SELECT channel, count(*), sum(price) > 0 FROM orders_curated GROUP BY channel")
    assert set(found) == {(None, str(before), "true"), ("app", "1", "true")}
