"""Firehose's transform: packed envelopes in, one normalised table row a line out, bad events into quarantine.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html. A failure to store a bad event raises:
Firehose then repeats the invocation, and keeps the records under its error prefix if that does not help.
"""

import base64
import datetime
import importlib
import json
import os
from typing import Any

import boto3
import quarantine
from botocore.config import Config
from shared import envelope

MAX_ANSWER_BYTES = 5_500_000
"""Under the 6 MB of a Lambda answer (https://docs.aws.amazon.com/firehose/latest/dev/limits.html)."""

_SOURCE = os.environ["SOURCE"]
_BUCKET = os.environ["QUARANTINE_BUCKET"]
_contract = importlib.import_module(f"compiled.{_SOURCE}")
# The standard mode waits with full jitter. Four attempts that fail end well before the function's 300 s.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_CONFIG = Config(
    max_pool_connections=16, connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4}
)
_s3 = boto3.client("s3", config=_CONFIG)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Transform one batch of records."""
    answers: list[dict[str, str]] = []
    bad: list[quarantine.BadEvent] = []
    rows = size = 0
    for record in event["records"]:
        lines, refused = _transformed(record)
        data = base64.b64encode(b"".join(lines)).decode()
        size += len(data)
        if size > MAX_ANSWER_BYTES:
            size -= len(data)
            answers.append({"recordId": record["recordId"], "result": "ProcessingFailed"})
            continue
        bad += refused
        rows += len(lines)
        answers.append({"recordId": record["recordId"], "result": "Ok" if lines else "Dropped", "data": data})
    quarantine.write(_s3, _BUCKET, _SOURCE, bad)
    print(json.dumps({"level": "INFO", "source": _SOURCE, "rows": rows, "quarantined": len(bad)}))
    return {"records": answers}


def _transformed(record: dict[str, Any]) -> tuple[list[bytes], list[quarantine.BadEvent]]:
    """The rows of one record as JSON lines, and its bad events."""
    lines: list[bytes] = []
    bad: list[quarantine.BadEvent] = []
    for number, line in enumerate(base64.b64decode(record["data"]).split(b"\n")):
        if not line.strip():
            continue
        try:
            received = envelope.read(line)
            received_at = _contract.timestamp(received.received_at)
        except (envelope.NotAnEnvelope, _contract.Refused) as error:
            bad.append(_foreign(record, number, line, str(error)))
            continue
        row, errors = _contract.check(received.body)
        if errors:
            bad.append(quarantine.BadEvent(received.id, received_at, errors, received.body))
            continue
        row[_contract.PRIMARY_KEY] = row.get(_contract.PRIMARY_KEY) or received.id
        row["received_at"], row["ingest_id"] = received_at, received.id
        present = {column: value for column, value in row.items() if value is not None}
        lines.append(json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return lines, bad


def _foreign(record: dict[str, Any], number: int, line: bytes, reason: str) -> quarantine.BadEvent:
    """A line that did not come through the API: it has no id of its own, so its place in the record is its id."""
    arrived = datetime.datetime.fromtimestamp(record["approximateArrivalTimestamp"] / 1000, datetime.UTC)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = "base64:" + base64.b64encode(line).decode()
    errors = [{"field": "record", "reason": reason}]
    return quarantine.BadEvent(
        f"{record['recordId']}:{number}", arrived.isoformat(timespec="milliseconds"), errors, text
    )
