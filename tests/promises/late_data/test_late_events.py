"""Events that come long after they happened, and objects that come long after their hour: none is missed."""

import datetime
import random

from rapid.cli import generate
from rapid.cli.target import LocalStack
from tests.deployed.delivered import deliver
from tests.deployed.evidence import curate, number, rows
from tests.deployed.mishaps import send, some_orders


def ago(days: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)


def test_late_events_lie_in_the_days_on_which_they_happened(own_stack: LocalStack) -> None:
    orders, randomness = some_orders(100), random.Random(5)
    for order in orders[:20]:
        order["timestamp"] = generate.iso(generate.moment(randomness, ago(days=10)))
    send(own_stack, orders)
    assert curate(own_stack, "orders")["rows_added"] == 100
    by_day = rows(own_stack, "SELECT CAST(timestamp AS date), count(*) FROM orders_curated GROUP BY 1")
    days = [order["timestamp"][:10] for order in orders]
    assert {(day, int(count or 0)) for day, count in by_day} == {(day, days.count(day)) for day in set(days)}
    bucket = own_stack.outputs["curated_bucket"]
    files = own_stack.client("s3").list_objects_v2(Bucket=bucket, Prefix="tables/orders/data/")["Contents"]
    assert {item["Key"].split("event_day=")[1][:10] for item in files} == set(days)


def test_an_object_that_arrives_in_an_hour_two_days_old_is_not_missed(own_stack: LocalStack) -> None:
    send(own_stack, some_orders(1))
    curate(own_stack, "orders")
    before = number(own_stack, "SELECT count(*) FROM orders_curated")
    deliver(own_stack, f"orders/{ago(days=2):%Y/%m/%d/%H}/late.parquet", {"menuitem": "Two days old"})
    assert curate(own_stack, "orders")["rows_added"] == 1
    assert number(own_stack, "SELECT count(*) FROM orders_curated") == before + 1
    assert number(own_stack, "SELECT count(*) FROM orders WHERE menuitem = 'Two days old'") == 1
