"""The least that AWS bills of some things."""

import math

FIREHOSE_UNIT_BYTES = 5 * 1024
"""Firehose counts each record as a multiple of it (https://aws.amazon.com/firehose/pricing/)."""
KINESIS_UNIT_BYTES = 25 * 1024
KINESIS_ON_DEMAND_BYTES = 1024
"""Kinesis counts each record that is put as a number of them, by the mode of its stream.

https://aws.amazon.com/kinesis/data-streams/pricing/
"""
ATHENA_MIN_BYTES = 10 * 1024**2
"""Athena counts each query as so much (https://aws.amazon.com/athena/pricing/)."""
GLUE_MIN_SECONDS = 60
"""Glue counts each run as so long, from version 2.0 on (https://aws.amazon.com/glue/pricing/)."""


def firehose_bytes(record_bytes: int) -> int:
    """What Firehose bills for a record of Direct PUT."""
    return math.ceil(record_bytes / FIREHOSE_UNIT_BYTES) * FIREHOSE_UNIT_BYTES


def kinesis_payload_units(record_bytes: int) -> int:
    """How many PUT payload units Kinesis bills for a record, its partition key included."""
    return max(1, math.ceil(record_bytes / KINESIS_UNIT_BYTES))


def kinesis_on_demand_bytes(record_bytes: int) -> int:
    """What Kinesis bills for a record in the on-demand mode."""
    return math.ceil(record_bytes / KINESIS_ON_DEMAND_BYTES) * KINESIS_ON_DEMAND_BYTES


def athena_bytes(scanned_bytes: float) -> float:
    """What Athena bills for a query."""
    return max(scanned_bytes, ATHENA_MIN_BYTES)


def glue_seconds(seconds: float) -> float:
    """What Glue bills for a run."""
    return max(seconds, GLUE_MIN_SECONDS)
