"""The curated tables: each valid event once, whatever was sent or delivered again."""

import datetime
import random
from typing import Any

import pytest

from contracts import Contract
from rapid.cli import generate, project, samples
from rapid.cli.send import client_of
from rapid.cli.target import LocalStack
from tests.deployed.delivered import processed
from tests.deployed.evidence import curate_here, number, rows

ORDERS, CLICKS = project.contract_of("orders"), project.contract_of("clickstream")
LATE = datetime.timedelta(days=10)


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
        curate_here(own_stack, source)
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


def test_running_again_changes_nothing(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    def version() -> str:
        glue = own_stack.client("glue")
        table = glue.get_table(DatabaseName=own_stack.outputs["database"], Name="orders_curated")["Table"]
        return table["Parameters"]["metadata_location"]

    before = version()
    report = curate_here(own_stack, "orders")
    assert (report["inputs"], report["rows_added"], report["commits"]) == (0, 0, 0)
    assert version() == before


def test_an_object_that_is_delivered_twice_adds_nothing(own_stack: LocalStack, sent: dict[str, Any]) -> None:
    before = sorted(rows(own_stack, "SELECT event_id, ingest_id FROM orders_curated"))
    key = processed(own_stack, "orders")[-1]
    bucket = own_stack.outputs["processed_bucket"]
    own_stack.client("s3").copy_object(Bucket=bucket, Key=f"{key}-again", CopySource={"Bucket": bucket, "Key": key})
    report = curate_here(own_stack, "orders")
    assert (report["inputs"], report["rows_added"]) == (1, 0)
    assert report["repeats"] == report["rows_read"] > 0
    assert sorted(rows(own_stack, "SELECT event_id, ingest_id FROM orders_curated")) == before
