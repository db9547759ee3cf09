"""One line of a record made a table row the general way: any JSON is read, and every error of an event is named."""

from typing import Any

import pseudonym
from filtered import FilteredEvent
from quarantine import BadEvent
from shared import envelope


class Refused(Exception):
    """An event that breaks its contract; the argument is the BadEvent."""


class Filtered(Exception):
    """A good event that the contract's filter keeps out; the argument is the FilteredEvent."""


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
    return contract.json_line(found)
