"""The general way from lines to table rows: any JSON is read, and every error of an event is named."""

import base64
import datetime
from typing import Any, NamedTuple

import pseudonym
from filtered import FilteredEvent
from quarantine import BadEvent
from shared import envelope


class Refused(Exception):
    """An event that breaks its contract; the argument is the BadEvent."""


class Filtered(Exception):
    """A good event that the contract's filter keeps out; the argument is the FilteredEvent."""


class Transformed(NamedTuple):
    """What became of a record's lines: rows as JSON lines, bad events, and events that the contract filters."""

    rows: list[str]
    bad: list[BadEvent]
    left_out: list[FilteredEvent]


def record(contract: Any, firehose_record: dict[str, Any], data: bytes) -> Transformed:
    """Transform the lines of a record, whose data the fast way did not take as a whole."""
    done = Transformed([], [], [])
    for number, line in enumerate(data.split(b"\n")):
        if len(line) < len(data) - 1 and (usual := contract.fast_row(line)):
            done.rows.append(usual)
        elif line.strip():
            try:
                done.rows.append(row(contract, line))
            except Refused as refused:
                done.bad.append(refused.args[0])
            except Filtered as uninteresting:
                done.left_out.append(uninteresting.args[0])
            except (envelope.NotAnEnvelope, contract.Refused) as error:
                done.bad.append(_foreign(firehose_record, number, line, str(error)))
    return done


def row(contract: Any, line: bytes) -> str:
    """The row of an envelope's line by a compiled contract, as one line of JSON.

    Raises Refused or Filtered; for a line that did not come through the API, envelope.NotAnEnvelope or the contract's
    Refused.
    """
    received = envelope.read(line)
    received_at = contract.timestamp(received.received_at)
    found, errors = contract.check(received.body)
    if errors:
        raise Refused(BadEvent(received.id, received_at, errors, received.body, received.key))
    found[contract.PRIMARY_KEY] = found.get(contract.PRIMARY_KEY) or received.key or received.id
    found[contract.EVENT_TIME] = found.get(contract.EVENT_TIME) or received_at
    found["received_at"], found["ingest_id"] = received_at, received.id
    if not contract.is_of_interest(found):
        raise Filtered(FilteredEvent(received.id, received_at))
    for column in contract.HASHED:
        if found.get(column) is not None:
            found[column] = pseudonym.of(found[column])
    return str(contract.json_line(found))


def _foreign(firehose_record: dict[str, Any], number: int, line: bytes, reason: str) -> BadEvent:
    """A line that did not come through the API: it has no id of its own, so its place in the record is its id.

    Of a mirrored record (mirror.py) that is the id that it had before, so that the line is the same in both lakes, and
    if it is mirrored twice.
    """
    arrived = datetime.datetime.fromtimestamp(firehose_record["approximateArrivalTimestamp"] / 1000, datetime.UTC)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = "base64:" + base64.b64encode(line).decode()
    errors = [{"field": "record", "reason": reason}]
    record_id = firehose_record["recordId"]
    if metadata := firehose_record.get("kinesisRecordMetadata"):
        from mirror import original_id

        record_id = original_id(metadata["partitionKey"]) or record_id
    identifier = f"{record_id}:{number}"
    return BadEvent(identifier, arrived.isoformat(timespec="milliseconds"), errors, text)
