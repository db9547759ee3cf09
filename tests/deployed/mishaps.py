"""Bringing events where they should not be: past the door, onto the dead-letter queue, into a transform that fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rapid.cli import project, samples
from rapid.cli.send import client_of
from rapid.cli.target import LocalStack

ORDERS = project.contract_of("orders")
ARRIVED = "2026-03-14T18:30:00.000Z"


def send(stack: LocalStack, events: list[dict[str, Any]]) -> None:
    client = client_of(stack, ORDERS)
    outcome = client.send(events)
    client.close()
    assert outcome.accepted == len(events)


def some_orders(count: int) -> list[dict[str, Any]]:
    return list(samples.events(ORDERS, count))


def envelope(event_id: str, body: dict[str, Any]) -> bytes:
    return json.dumps({"id": event_id, "receivedAt": ARRIVED, "body": body}).encode() + b"\n"


def put_on_the_stream(stack: LocalStack, *records: bytes, source: str = "orders") -> None:
    answer = stack.client("firehose").put_record_batch(
        DeliveryStreamName=stack.outputs["streams"][source], Records=[{"Data": record} for record in records]
    )
    assert answer["FailedPutCount"] == 0


@contextmanager
def environment(stack: LocalStack, name_part: str, **changes: str) -> Iterator[None]:
    """Another environment for the function whose name holds a text, and its own again."""
    functions = stack.client("lambda")
    [function] = [it for it in functions.list_functions()["Functions"] if name_part in it["FunctionName"]]
    name, own = function["FunctionName"], function["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**own, **changes}})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": own})
