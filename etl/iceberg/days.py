"""Days of event time, by which a curated table is partitioned: counted since 1970-01-01, UTC."""

import datetime
from collections.abc import Collection

from pyiceberg.expressions import And, GreaterThanOrEqual, LessThan
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.transforms import DayTransform

MICROSECONDS_PER_DAY = 86_400_000_000
_EPOCH = datetime.date(1970, 1, 1)


def date_of(day: int) -> datetime.date:
    """The date of a day."""
    return _EPOCH + datetime.timedelta(days=day)


def day_of(table: Table, file: DataFile) -> int:
    """The day that a data file of a curated table holds."""
    [field] = table.specs()[file.spec_id].fields
    assert isinstance(field.transform, DayTransform), "a curated table is partitioned by the day of the event time"
    day: int = file.partition[0]
    return day


def files_of_days(table: Table, event_time: str, days: Collection[int]) -> dict[int, list[FileScanTask]]:
    """The data files of some days of a curated table, by day; none where a day has none."""
    found: dict[int, list[FileScanTask]] = {day: [] for day in days}
    if found:
        first, end = date_of(min(days)), date_of(max(days) + 1)
        scan = table.scan(
            And(GreaterThanOrEqual(event_time, f"{first}T00:00:00"), LessThan(event_time, f"{end}T00:00:00"))
        )
        for task in scan.plan_files():
            day = day_of(table, task.file)
            if day in found:
                found[day].append(task)
    return found
