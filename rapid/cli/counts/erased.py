"""Events of persons who were erased: how many, as the reports of the erasures say."""

import json
from typing import Any, NamedTuple

from contracts import folders

from .. import s3_objects
from .side_places import NOT_OURS


class Erased(NamedTuple):
    """The events of one source that are nowhere any more, and objects that are no reports."""

    events: int
    unreadable: tuple[str, ...]


def read(s3: Any, curated_bucket: str, source: str) -> Erased:
    """The sum of all erasures of a source; of one that is not at its end, the events are still counted where they are
    or, those that are gone, not yet."""
    events, unreadable = 0, []
    listed = s3_objects.listing(s3, curated_bucket, f"{folders.ERASURES}/{source}/")
    for item, body in s3_objects.contents(s3, curated_bucket, listed):
        try:
            report = json.loads(body)
            events += int(report["erased"]) if report["state"] == "erased" else 0
        except NOT_OURS:
            unreadable.append(f"s3://{curated_bucket}/{item.key}")
    return Erased(events, tuple(unreadable))
