"""The copies that QuickSight keeps in SPICE: how large they are, and how often Athena is asked to make them anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .prices import DAYS_A_MONTH, HOURS_A_MONTH
from .program import Resource

CELL_BYTES, TEXT_BYTES = 12, 24
"""Of a number or a time, and of a text beside its characters: SPICE's logical size
(https://docs.aws.amazon.com/quicksight/latest/user/spice.html)."""

_DATA_SET = "aws:quicksight/dataSet:DataSet"
_SCHEDULE = "aws:quicksight/refreshSchedule:RefreshSchedule"
_TIMES_A_MONTH = {"HOURLY": HOURS_A_MONTH, "DAILY": DAYS_A_MONTH, "WEEKLY": DAYS_A_MONTH / 7}


@dataclass(frozen=True)
class Refresh:
    """A schedule by which rows are asked for anew."""

    times_a_month: float
    days: int | None
    """How far back; None: all rows."""


@dataclass(frozen=True)
class Copy:
    """A data set in SPICE."""

    numbers: int
    """Columns of numbers and of times."""
    texts: int
    """Columns of texts."""
    refreshes: tuple[Refresh, ...]

    def row_bytes(self, text_bytes: float) -> float:
        """What a row takes whose texts have so many bytes each."""
        return self.numbers * CELL_BYTES + self.texts * (TEXT_BYTES + text_bytes)


def copies(resources: Sequence[Resource]) -> tuple[Copy, ...]:
    """The data sets in SPICE that a program makes."""
    schedules = [resource.inputs for resource in resources if resource.type == _SCHEDULE]
    return tuple(
        _copy(resource.inputs, [it["schedule"] for it in schedules if it["dataSetId"] == resource.inputs["dataSetId"]])
        for resource in resources
        if resource.type == _DATA_SET and resource.inputs["importMode"] == "SPICE"
    )


def _copy(data_set: Any, schedules: Sequence[Any]) -> Copy:
    [table] = data_set["physicalTableMaps"]
    columns = table["relationalTable"]["inputColumns"] if "relationalTable" in table else table["customSql"]["columns"]
    texts = sum(column["type"] == "STRING" for column in columns)
    refresh = data_set.get("refreshProperties", {}).get("refreshConfiguration", {})
    days = refresh.get("incrementalRefresh", {}).get("lookbackWindow", {}).get("size")
    refreshes = tuple(
        Refresh(
            _TIMES_A_MONTH[schedule["scheduleFrequency"]["interval"]],
            days if schedule["refreshType"] == "INCREMENTAL_REFRESH" else None,
        )
        for schedule in schedules
    )
    return Copy(len(columns) - texts, texts, refreshes)
