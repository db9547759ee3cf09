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

import filtered
import general
import quarantine
from shared import envelope

MAX_ANSWER_BYTES = 5_500_000
"""Under the 6 MB of a Lambda answer (https://docs.aws.amazon.com/firehose/latest/dev/limits.html)."""

_SOURCE = os.environ["SOURCE"]
_BUCKET = os.environ["QUARANTINE_BUCKET"]
_contract = importlib.import_module(f"compiled.{_SOURCE}")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Transform one batch of records."""
    answers: list[dict[str, str]] = []
    bad: list[quarantine.BadEvent] = []
    left_out: list[filtered.FilteredEvent] = []
    rows = size = 0
    for record in event["records"]:
        lines, refused, uninteresting = _transformed(record)
        data = base64.b64encode("".join(lines).encode()).decode()
        size += len(data)
        if size > MAX_ANSWER_BYTES:
            size -= len(data)
            answers.append({"recordId": record["recordId"], "result": "ProcessingFailed"})
            continue
        bad += refused
        left_out += uninteresting
        rows += len(lines)
        answers.append({"recordId": record["recordId"], "result": "Ok" if lines else "Dropped", "data": data})
    quarantine.write(_BUCKET, _SOURCE, bad)
    filtered.write(_BUCKET, _SOURCE, left_out)
    counts = {"rows": rows, "quarantined": len(bad), "filtered": len(left_out)}
    print(json.dumps({"level": "INFO", "source": _SOURCE, **counts}))
    return {"records": answers}


def _transformed(
    record: dict[str, Any],
) -> tuple[list[str], list[quarantine.BadEvent], list[filtered.FilteredEvent]]:
    """The rows of one record as JSON lines, its bad events, and those that the contract filters."""
    rows: list[str] = []
    bad: list[quarantine.BadEvent] = []
    left_out: list[filtered.FilteredEvent] = []
    # A byte that is not UTF-8 becomes a lone surrogate, which no usual line holds.
    text = base64.b64decode(record["data"]).decode(errors="surrogateescape")
    for number, line in enumerate(text.split("\n")):
        row = _contract.fast_row(line)
        if row is None:
            data = line.encode(errors="surrogateescape")
            if not data.strip():
                continue
            try:
                row = general.row(_contract, data)
            except general.Refused as refused:
                bad.append(refused.args[0])
                continue
            except general.Filtered as uninteresting:
                left_out.append(uninteresting.args[0])
                continue
            except (envelope.NotAnEnvelope, _contract.Refused) as error:
                bad.append(_foreign(record, number, data, str(error)))
                continue
        rows.append(row)
    return rows, bad, left_out


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
