"""What Kinesis bills, by the mode of a stream: https://aws.amazon.com/kinesis/data-streams/pricing/.

What a retention period of more than 24 hours costs is not counted.
"""

from collections.abc import Iterable

from rapid.cost import minimums
from rapid.cost.prices import GB

from ..billing.meter import METER, Resource

PROVISIONED, ON_DEMAND = "PROVISIONED", "ON_DEMAND"


def count_put(stream: str, mode: str, sizes: Iterable[int]) -> None:
    """Records that were put, by their bytes, partition keys included."""
    if mode == ON_DEMAND:
        gb = sum(map(minimums.kinesis_on_demand_bytes, sizes)) / GB
        METER.count("kinesis_on_demand_ingested", Resource("kinesis", stream), gb)
    else:
        units = sum(map(minimums.kinesis_payload_units, sizes))
        METER.count("kinesis_put_units", Resource("kinesis", stream), units)


def count_read(stream: str, mode: str, size: int) -> None:
    """Bytes that were read, which are free of charge in the provisioned mode."""
    if mode == ON_DEMAND:
        METER.count("kinesis_on_demand_retrieved", Resource("kinesis", stream), size / GB)


def hours(mode: str, stream_hours: float, shard_hours: float) -> tuple[str, float]:
    """The price of a time in which a stream was there, and how much of it: of its shards, or of itself."""
    return ("kinesis_on_demand_hours", stream_hours) if mode == ON_DEMAND else ("kinesis_shard_hours", shard_hours)
