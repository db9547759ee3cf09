"""What readers hand on: the records of a file, a batch at a time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MAX_RECORD_BYTES = 1024 * 1024
"""The longest record that is read; a longer one is a bad row."""


class Refused(Exception):
    """A file that cannot be taken as a whole; the argument is the reason, for its sender to read."""


@dataclass(frozen=True)
class BadRecord:
    """A record that stays out of the table. `number` counts records, `line` lines of the file, both from 1."""

    number: int
    line: int
    event: Any
    errors: list[dict[str, str]]


@dataclass
class Batch:
    """Some records in their order: `columns`, by the names of the file, or `events`, JSON values, or `block`."""

    numbers: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    size_bytes: int
    columns: dict[str, pa.Array] | None = None
    events: list[Any] | None = None
    is_text: bool = False
    """Whether the columns are those of a text file: every value is a string, and an empty one is no value."""
    block: bytes = b""
    """Lines of JSON that nobody has parsed yet."""
    bad: list[BadRecord] = field(default_factory=list)
    """Records that could not be read; their numbers are not among `numbers`."""

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Batch":
        """Some of the records of a batch of columns."""
        mask = pa.array(wanted)
        columns = {name: column.filter(mask) for name, column in (self.columns or {}).items()}
        return Batch(self.numbers[wanted], self.lines[wanted], 0, columns=columns, is_text=self.is_text)


def unreadable(number: int, line: int, text: str, reason: str) -> BadRecord:
    """A record that is no row at all."""
    return BadRecord(number, line, text, [{"field": "record", "reason": reason}])
