"""How long a source's events are kept, and when what came moves to a colder storage class."""

from pathlib import Path
from typing import Any, TypedDict

from .model import ContractError

MIN_PROCESSED_DAYS = 7
"""The curate job looks through three days of arrival, and each night through all: an object that expires before a run
has read it would be lost. A week outlasts the longest weekend on which nobody sees that the job fails."""
MIN_ARCHIVED_DAYS = 90
"""S3 Glacier Instant Retrieval bills an object for no less: https://aws.amazon.com/s3/storage-classes/glacier/."""

_PLACE = "slaProperties.retention"
_PROCESSED = "processed"


class Kept(TypedDict):
    """Of a contract's members, those that say how long."""

    retention_days: int
    processed_retention_days: int
    archive_after_days: int | None


def parse(file: Path, sla: list[dict[str, Any]], archive_after_days: int | None) -> Kept:
    """Read `slaProperties` named retention, and check `archiveAfterDays` against them. Raises ContractError."""
    days: dict[str, int] = {}
    for item in sla:
        if item["property"] == "retention":
            element = item.get("element") or ""
            if element not in ("", _PROCESSED):
                raise ContractError(
                    file, _PLACE, f"the element {element!r} is not supported; write processed, or none for all zones"
                )
            if element in days:
                raise ContractError(file, _PLACE, f"stands twice {'for processed' if element else 'without element'}")
            days[element] = _days(file, item)
    if "" not in days:
        raise ContractError(file, _PLACE, "needs to stand once, such as {property: retention, value: 365, unit: d}")
    kept, processed = days[""], days.get(_PROCESSED, days[""])
    if processed > kept:
        raise ContractError(file, _PLACE, f"of processed, {processed} days, must not be longer than of all, {kept}")
    if processed < MIN_PROCESSED_DAYS:
        raise ContractError(
            file,
            _PLACE,
            f"{processed} must be {MIN_PROCESSED_DAYS} days or more: what expires before it is curated is lost",
        )
    if archive_after_days and kept - archive_after_days < MIN_ARCHIVED_DAYS:
        raise ContractError(
            file,
            "customProperties.archiveAfterDays",
            f"{archive_after_days} must be {MIN_ARCHIVED_DAYS} days or more before the retention ends, after {kept}: "
            "the colder class bills no less",
        )
    return {"retention_days": kept, "processed_retention_days": processed, "archive_after_days": archive_after_days}


def _days(file: Path, item: dict[str, Any]) -> int:
    value, unit = item["value"], item.get("unit")
    if unit not in ("d", "day", "days"):
        raise ContractError(file, _PLACE, f"the unit {unit!r} is not supported; write d (days)")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ContractError(file, _PLACE, f"{value!r} must be a whole number of days, 1 or more")
    return value
