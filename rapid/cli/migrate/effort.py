"""How long the steps of a migration take and what they cost on AWS, from what there is to move."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapid.cost import assumptions, minimums
from rapid.cost.model import MIN_WORKERS
from rapid.cost.prices import DAYS_A_MONTH, GB, HOURS_A_MONTH, TB, price_list

from ..target import LocalStack, Target
from . import copying, state
from .inventory import HISTORY
from .state import Step

LIST_OBJECTS = 1000
"""Objects that one request lists (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html)."""
LISTINGS = 3
"""So often a sync reads both listings: to see what there is to copy, whether it came over, and what came meanwhile."""
AWS_SECONDS_A_COPY = 0.15
"""Between the 100 and 200 ms that a small request takes
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html)."""
LOCAL_OBJECTS_A_SECOND = 257.0
"""`python -m bench migrate`, in bench/README.md."""
LOCAL_RUN_SECONDS = 3.0
_LEAST_MEASURED = 100
"""Copies of a sync from which its rate is believed."""


@dataclass(frozen=True)
class Amount:
    """Some objects."""

    objects: int = 0
    size_bytes: int = 0
    rows: int = 0

    def __add__(self, more: "Amount") -> "Amount":
        """Both together."""
        return Amount(self.objects + more.objects, self.size_bytes + more.size_bytes, self.rows + more.rows)


@dataclass(frozen=True)
class Rate:
    """How quickly objects are copied, and how that is known."""

    objects_a_second: float
    known_by: str
    run_seconds: float = assumptions.RUN_SECONDS
    """Of a run of a curate job that has nothing to add."""


def rate(stack: Target, last_sync: Mapping[str, Any] | None) -> Rate:
    """The rate of this stack's last sync, if that copied enough; else what was measured or assumed elsewhere."""
    run_seconds = LOCAL_RUN_SECONDS if isinstance(stack, LocalStack) else assumptions.RUN_SECONDS
    if last_sync and (zones := last_sync.get("zones")):
        copied = sum(zone["copied"] for zone in zones.values())
        seconds = copy_seconds({name: zone["seconds"] for name, zone in zones.items()})
        if copied >= _LEAST_MEASURED and seconds:
            return Rate(copied / seconds, f"this stack's last sync, of {last_sync['at'][:10]}", run_seconds)
    if isinstance(stack, LocalStack):
        return Rate(LOCAL_OBJECTS_A_SECOND, "measured on a local cloud, bench/README.md", run_seconds)
    return Rate(
        copying.WORKERS / AWS_SECONDS_A_COPY,
        f"assumed: {copying.WORKERS} copies at once, {AWS_SECONDS_A_COPY * 1000:.0f} ms each, as AWS says of requests",
    )


def copy_seconds(by_zone: Mapping[str, float]) -> float:
    """In which everything was copied: raw and quarantine go beside each other, the tables' files after them."""
    return max((seconds for zone, seconds in by_zone.items() if zone != HISTORY), default=0.0) + by_zone.get(
        HISTORY, 0.0
    )


def last_sync(stack: Target) -> dict[str, Any] | None:
    """What the last sync came to; None where there is no streaming lake yet, or there was none."""
    return state.last(stack, Step.SYNC) if state.find(stack) else None


def sync_seconds(copies: Amount, rows: int, found: Rate) -> float:
    """Of a whole sync: copies, then two runs of curate jobs."""
    return copies.objects / found.objects_a_second + 2 * found.run_seconds + rows / assumptions.RUN_ROWS_A_SECOND


def sync_dollars(copies: Amount, all_objects: int, rows: int) -> float:
    """Requests to S3, and the two runs in Glue."""
    large = copies.size_bytes / copying.PART_BYTES
    writes = copies.objects + large + 2 * LISTINGS * (all_objects / LIST_OBJECTS + 1)
    runs = minimums.glue_seconds(assumptions.RUN_SECONDS) + minimums.glue_seconds(
        assumptions.RUN_SECONDS + rows / assumptions.RUN_ROWS_A_SECOND
    )
    return _cost(s3_writes=writes, s3_reads=large, glue_dpu_hours=runs * MIN_WORKERS / 3600)


def verify_dollars(table_bytes: Mapping[str, int], objects: int) -> float:
    """Athena reads both tables of each source; both curate jobs run; all objects are listed."""
    scanned = sum(2 * minimums.athena_bytes(size) for size in table_bytes.values())
    runs = 2 * minimums.glue_seconds(assumptions.RUN_SECONDS) * MIN_WORKERS / 3600
    return _cost(athena_scanned=scanned / TB, glue_dpu_hours=runs, s3_writes=2 * (objects / LIST_OBJECTS + 1))


def month_dollars(streams: int, shards: int, raw_bytes_a_day: float, copied_bytes: int) -> dict[str, float]:
    """What both lakes beside each other cost a month more than one, by what it is for."""
    came = raw_bytes_a_day / assumptions.RAW_SHARE * DAYS_A_MONTH
    return {
        f"{streams * shards} shards of data streams": _cost(kinesis_shard_hours=streams * shards * HOURS_A_MONTH),
        "events put onto them": _cost(kinesis_put_units=came / minimums.KINESIS_UNIT_BYTES),
        "their delivery to the streaming lake": _cost(firehose_ingested=came / GB, firehose_converted=came / GB),
        "the copies in S3": _cost(s3_storage=copied_bytes / GB),
    }


def _cost(**quantities: float) -> float:
    prices = price_list()
    return sum(prices[price_id].cost(quantity) for price_id, quantity in quantities.items())
