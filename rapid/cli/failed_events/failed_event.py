"""One event that did not reach its table: where it lies, and why."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

_SHOWN_ERRORS = 3


class Place(Enum):
    """Where failed events lie."""

    QUARANTINE = "quarantine"
    TRANSFORM = "failed transform"
    CONVERSION = "failed conversion"
    QUEUE = "queue"
    FILE = "file"


@dataclass(frozen=True)
class FailedEvent:
    """An event, or a line that came without an envelope."""

    source: str
    """Empty where a message does not say."""
    place: Place
    id: str
    """The envelope's id; for a line without one, its place."""
    envelope_id: str
    """The id by which tables and counts know the event; empty where there is none."""
    received_at: str
    """ISO 8601."""
    since: datetime.date
    """A day on which it had not reached the table."""
    errors: Sequence[Mapping[str, str]]
    """Field and reason."""
    location: str
    """The object or message."""
    event: Any
    """The event as it came, or the line; None where it has to be looked up in the raw zone."""
    line: bytes | None
    """The envelope as it was put onto the stream, where it is kept so."""
    is_enveloped: bool
    """Whether it has an envelope to be sent again in."""
    size_bytes: int
    key: str = ""
    """The envelope's key: the id of the event if it brings none."""
    row_of: str = ""
    """The file of a row, and its line there."""

    @property
    def day(self) -> str:
        """Day of receipt, yyyy-MM-dd."""
        return self.received_at[:10]

    @property
    def reason(self) -> str:
        """Every error in a line; no value of the event is in it."""
        shown = [f"{error['field']} {error['reason']}" for error in self.errors[:_SHOWN_ERRORS]]
        more = len(self.errors) - len(shown)
        return "; ".join([*shown, f"and {more} more"] if more else shown)
