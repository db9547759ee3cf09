"""What turns delivered objects into data files of a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from etl.curation.ledger import Input


@dataclass
class Addition:
    """What some inputs add to a table: data files that are stored and not committed yet."""

    inputs: list[Input] = field(default_factory=list)
    """What was taken in; without what failed."""
    files: list[DataFile] = field(default_factory=list)
    replaced: list[DataFile] = field(default_factory=list)
    """Files of the table that held a row which lost; `files` has their other rows."""
    failed: dict[Input, str] = field(default_factory=dict)
    """Objects that could not be read, and why."""
    rows_read: int = 0
    rows_added: int = 0
    """By how many rows the table grows."""
    rows_replaced: int = 0
    """Rows of the table that gave way to a repeat of theirs that was received earlier."""


class Engine(Protocol):
    """What turns delivered objects into data files."""

    def additions(self, table: Table, pending: Iterator[Input]) -> Iterator[Addition]:
        """What the objects add to a table, bit by bit.

        Each addition is committed before the next one is asked for; the table is then the one after that commit.
        Where a commit is refused, what is left of the iterator is dropped, and this is called again.
        """
