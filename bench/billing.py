"""How many bytes does Firehose bill for batches of events, beside one event a record?

Firehose bills each record of Direct PUT as a multiple of 5 KB (https://aws.amazon.com/firehose/pricing/). Batches go
through the ingest function's handler, whose stream is a list; beside it stands what PutRecord for each event would be.

    python -m bench.billing
"""

import contextlib
import importlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import table
from .functions import package

EVENT_BYTES = 500
BATCH_SIZES = (1, 10, 25, 100, 500)
GOAL_RATIO = 8
BILLED_UNIT_BYTES = 5 * 1024
_SOURCE = "orders"


class _Stream:
    """Keeps the length of each record that it is given."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        self.lengths += [len(record["Data"]) for record in Records]
        return {"RequestResponses": [{"RecordId": "1"} for _ in Records]}


def main() -> int:
    """Run it and print the table."""
    with tempfile.TemporaryDirectory() as directory:
        package("ingest", Path(directory) / "ingest")
        sys.path.insert(0, str(Path(directory) / "ingest"))
        os.environ |= {
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "ROUTES": json.dumps({"/events": _SOURCE}),
            "STREAMS": json.dumps({_SOURCE: "stream"}),
            "DEAD_LETTER_QUEUE_URL": "none",
            "STACK": "bench",
        }
        handler = importlib.import_module("handler")
        with contextlib.redirect_stdout(io.StringIO()):
            figures = [(size, _billed(handler, size)) for size in BATCH_SIZES]
    alone = dict(figures)[1]
    print(f"\nevents of {EVENT_BYTES} bytes, {table.machine()}\n")
    print("| events a request | bytes billed an event | one event a record | times fewer | goal |")
    print("|---:|---:|---:|---:|---:|")
    for size, billed in figures:
        goal = f"at least {GOAL_RATIO}" if size == BATCH_SIZES[-1] else ""
        print(f"| {size} | {billed:,.0f} | {alone:,.0f} | {alone / billed:.1f} | {goal} |")
    return 0


def _billed(handler: Any, size: int) -> float:
    """Bytes billed for each event of a request."""
    stream = _Stream()
    handler._delivery._firehose = stream
    answer = handler.handler(_request([_event(number) for number in range(size)]), None)
    assert json.loads(answer["body"])["accepted"] == size
    return sum(-(-length // BILLED_UNIT_BYTES) * BILLED_UNIT_BYTES for length in stream.lengths) / size


def _event(number: int) -> dict[str, Any]:
    event = {
        "event_id": f"{number:036d}",
        "timestamp": "2026-03-14T18:30:00.000Z",
        "menuItem": "Pasta Carbonara",
        "quantity": 2,
        "price": 15.99,
        "customerId": "cust123",
        "restaurantId": "rest456",
        "notes": "",
    }
    return {**event, "notes": "x" * (EVENT_BYTES - len(json.dumps(event, separators=(",", ":"))))}


def _request(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resource": "/events",
        "headers": {"content-type": "application/json"},
        "body": json.dumps(events, separators=(",", ":")),
        "requestContext": {
            "requestId": "6f2b4c0e-0a56-4a6d-8a43-1f0a2b3c4d5e",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "requestTimeEpoch": 1773513060123,
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
