"""SPICE: the rows of data sets as they were last imported, in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .data_sets import Source

if TYPE_CHECKING:
    import pyarrow as pa

UNITS = {"HOUR": timedelta(hours=1), "DAY": timedelta(days=1), "WEEK": timedelta(weeks=1)}
"""Of a lookback window."""


@dataclass(frozen=True)
class Imported:
    """Rows that are never changed; a new import takes their place."""

    table: pa.Table
    at: datetime
    """When they were asked for, in UTC."""
    source: Source
    """Where they came from, as the data set had it then."""


class Spice:
    """What was imported, by the ARN of its data set."""

    def __init__(self) -> None:
        self._imported: dict[str, Imported] = {}
        self._lock = threading.Lock()

    def get(self, arn: str) -> Imported | None:
        """The rows of a data set; None where it was never imported."""
        return self._imported.get(arn)

    def put(self, arn: str, imported: Imported) -> None:
        """Keep rows in the place of those before."""
        with self._lock:
            self._imported[arn] = imported

    def forget(self, arn: str) -> None:
        """Keep nothing of a data set."""
        with self._lock:
            self._imported.pop(arn, None)


def merged(before: pa.Table, since: datetime, column: str, fresh: pa.Table) -> pa.Table:
    """The rows after an incremental refresh: those of the window are replaced, the others stay as they were.

    https://docs.aws.amazon.com/quicksight/latest/user/refreshing-imported-data.html
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    bound = pa.scalar(since, before.schema.field(column).type)
    is_older = pc.fill_null(pc.less(before[column], bound), True)
    return pa.concat_tables([before.filter(is_older), fresh]).combine_chunks()
