"""The curated tables: what is in the views, and contracts that change."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rapid.cli import job_run
from rapid.cli.job_run import Task
from rapid.cli.target import LocalStack
from tests.deployed.delivered import deliver
from tests.deployed.evidence import curate, error_log, number, objects, rows
from tests.deployed.mishaps import send, some_orders

CONTRACTS = "curation/contracts.json"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def test_what_is_processed_and_not_curated_is_in_the_view_of_now_alone(own_stack: LocalStack) -> None:
    curate(own_stack, "orders")
    [order] = some_orders(1)
    send(own_stack, [{**order, "menuItem": "Hot from the oven"}])
    own_stack.flush()
    count = "SELECT count(*) FROM {} WHERE menuitem = 'Hot from the oven'"
    assert [number(own_stack, count.format(view)) for view in ("orders", "orders_now")] == [0, 1]
    curate(own_stack, "orders")
    assert [number(own_stack, count.format(view)) for view in ("orders", "orders_now")] == [1, 1]


@pytest.fixture
def contract_document(own_stack: LocalStack) -> Iterator[dict[str, Any]]:
    """The compiled contract of the orders as the job reads it, to be changed and stored; afterwards it is as before.

    An order is curated by the contract as it was.
    """
    send(own_stack, some_orders(1))
    curate(own_stack, "orders")
    before = next(objects(own_stack, "artifacts_bucket", CONTRACTS))
    yield next(item for item in json.loads(before) if item["source"] == "orders")
    store(own_stack, before)


def store(stack: LocalStack, content: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["artifacts_bucket"], Key=CONTRACTS, Body=content)


def test_a_contract_that_rows_cannot_follow_is_refused_before_anything_is_written(
    own_stack: LocalStack, contract_document: dict[str, Any]
) -> None:
    before = sorted(rows(own_stack, "SELECT event_id, quantity FROM orders_curated"))
    assert before
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
