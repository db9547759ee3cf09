"""Firehose's transform: packed envelopes in, one normalised table row a line out, bad events into quarantine.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html. A failure to store a bad event raises:
Firehose then repeats the invocation, and keeps the records under its error prefix if that does not help. So does one to
mirror records, while the stack moves on (mirror.py).

What only an unusual event needs is imported when there is one, and `typing` not at all: a cold start waits for neither.
"""

import importlib
import os
import time
from binascii import a2b_base64, b2a_base64

from shared import metrics

# As typing has it, without that import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from filtered import FilteredEvent
    from quarantine import BadEvent

MAX_ANSWER_BYTES = 5_500_000
"""Under the 6 MB of a Lambda answer (https://docs.aws.amazon.com/firehose/latest/dev/limits.html)."""

_SOURCE = os.environ["SOURCE"]
_BUCKET = os.environ["QUARANTINE_BUCKET"]
_contract = importlib.import_module(f"compiled.{_SOURCE}")
_fast_row = _contract.fast_row
_mirror = importlib.import_module("mirror").of_function() if "MIRROR_STREAM" in os.environ else None
_counted = metrics.line(("Rows", "Quarantined", "Filtered"))


def handler(event: "dict[str, Any]", _context: object) -> "dict[str, Any]":
    """Transform one batch of records."""
    records, answers = event["records"], list[dict[str, str]]()
    if _mirror:
        records, answers = _mirror.passed(records)
    bad: list[BadEvent] = []
    left_out: list[FilteredEvent] = []
    refused: list[BadEvent]
    uninteresting: list[FilteredEvent]
    count = size = 0
    for record in records:
        data = a2b_base64(record["data"])
        # One line, as the direct path puts, and requests with one event.
        if row := _fast_row(data):
            rows, refused, uninteresting = [row], [], []
        else:
            import general

            rows, refused, uninteresting = general.record(_contract, record, data)
        answer = b2a_base64("".join(rows).encode(), newline=False).decode()
        size += len(answer)
        if size > MAX_ANSWER_BYTES:
            size -= len(answer)
            answers.append({"recordId": record["recordId"], "result": "ProcessingFailed"})
            continue
        bad += refused
        left_out += uninteresting
        count += len(rows)
        answers.append({"recordId": record["recordId"], "result": "Ok" if rows else "Dropped", "data": answer})
    if bad:
        import quarantine

        quarantine.write(_BUCKET, _SOURCE, bad)
    if left_out:
        import filtered

        filtered.write(_BUCKET, _SOURCE, left_out)
    counts = {"Rows": count, "Quarantined": len(bad), "Filtered": len(left_out)}
    print(_counted(int(time.time() * 1000), {"level": "INFO", "source": _SOURCE, **counts}))
    return {"records": answers}
