"""How much of what a load uses in a month: the arithmetic, without prices.

Minimums of AWS that are in it: Firehose counts each record as a multiple of 5 KB, Athena each query as 10 MB, Glue
each run as a minute.
"""

import math
from collections import defaultdict
from collections.abc import Mapping

from contracts.limits import MAX_RECORD_BYTES

from . import assumptions as assumed
from . import minimums
from .load import Load
from .prices import DAYS_A_MONTH, GB, HOURS_A_MONTH, TB
from .stack import Source, Stack

MIN_WORKERS = 2
"""DPUs of a run of a Glue job that needs its driver alone (components/glue_job.py)."""
DELIVERY_BUFFER_BYTES = 64 * 1024**2
"""What Firehose writes before its interval is over (components/delivery/delivery_destination.py)."""
OLD_VERSION_DAYS = 7
"""Days that S3 keeps what was overwritten or deleted (components/private_bucket.py)."""
TRANSFORM_BUFFER_SECONDS, TRANSFORM_BUFFER_BYTES = 60, 1024**2
"""Firehose's own, which the stack leaves as they are (components/delivery/delivery_destination.py)."""

_MONTH_SECONDS = HOURS_A_MONTH * 3600


class Quantities(defaultdict[str, float]):
    """How much of which price, by its name in the price file."""

    def __init__(self) -> None:
        super().__init__(float)

    def add(self, more: Mapping[str, float]) -> None:
        """Add what something else takes."""
        for price_id, quantity in more.items():
            self[price_id] += quantity


def billed_bytes(events: int, line_bytes: int) -> int:
    """Bytes that Firehose bills for the events of one request, packed into records of at most MAX_RECORD_BYTES."""
    a_record = max(1, MAX_RECORD_BYTES // line_bytes)
    full, rest = divmod(events, a_record)
    return full * minimums.firehose_bytes(a_record * line_bytes) + minimums.firehose_bytes(rest * line_bytes)


def busy(windows: float, arrivals: float) -> float:
    """In how many of so many windows of time something arrives, where arrivals know nothing of each other."""
    return windows * -math.expm1(-arrivals / windows)


def glue_dpu_hours(runs: float, seconds: float, dpus: float = MIN_WORKERS) -> float:
    """DPU-hours that Glue bills for runs of so many seconds each."""
    return runs * minimums.glue_seconds(seconds) * dpus / 3600


def scanned_tb(queries: float, query_bytes: float) -> float:
    """TB that Athena bills for queries of so many bytes each."""
    return queries * minimums.athena_bytes(query_bytes) / TB


def quantities(stack: Stack, load: Load) -> Quantities:
    """How much of which price, by its name in the price file, the load takes in its last month."""
    used = Quantities()
    events = load.events_a_day * DAYS_A_MONTH / max(1, len(stack.sources))
    commits = objects = requests = 0.0
    windows = _MONTH_SECONDS / stack.curate_seconds
    for source in stack.sources:
        way = _ingest(stack, source, load, events)
        used.add(way.used)
        requests += way.requests
        objects += way.objects
        commits += busy(windows, way.objects)
        # Custom metrics are billed by the hours in which they are sent: whenever a run takes something in.
        hours = min(busy(windows, way.objects), busy(HOURS_A_MONTH, way.objects))
        used["cloudwatch_metrics"] += assumed.CURATION_METRICS * hours / HOURS_A_MONTH
    runs = busy(windows, objects)
    used.add(_curation(stack, load, runs, commits, objects))
    used.add(_queries(stack, load))
    used.add(_people(stack, load))
    if stack.endpoint_count:
        used["vpc_endpoint_data"] += used["firehose_ingested"] + used["logs_ingested"]
    if stack.has_file_system:
        used["efs_storage"] += assumed.EFS_GB
    used["data_transfer_out"] += requests * assumed.RESPONSE_BYTES / GB
    used["logs_stored"] = used["logs_ingested"] * assumed.LOG_COMPRESSION * stack.log_days / DAYS_A_MONTH
    logged = used["s3_writes"] + used["s3_reads"]
    used["s3_storage"] += logged * assumed.ACCESS_LOG_LINE_BYTES / GB * stack.log_days / DAYS_A_MONTH
    return used


class _Way:
    """What the events of one source use up to the processed zone, in a month."""

    def __init__(self, requests: float, objects: float) -> None:
        self.requests, self.objects = requests, objects
        self.used = Quantities()


def _ingest(stack: Stack, source: Source, load: Load, events: float) -> _Way:
    batch = 1 if source.is_direct else load.batch
    line_bytes = load.event_bytes + (assumed.DIRECT_ENVELOPE_BYTES if source.is_direct else assumed.ENVELOPE_BYTES)
    requests, sent_bytes = events / batch, events * line_bytes
    buffered = sent_bytes / DELIVERY_BUFFER_BYTES
    way = _Way(requests, max(busy(_MONTH_SECONDS / source.delivery_seconds, requests), buffered) if events else 0.0)
    used = way.used
    used["api_gateway_requests"] += requests
    billed_gb = requests * billed_bytes(batch, line_bytes) / GB
    used["firehose_ingested"] += billed_gb
    used["firehose_converted"] += billed_gb
    transforms = busy(_MONTH_SECONDS / TRANSFORM_BUFFER_SECONDS, requests) if events else 0.0
    transforms = max(transforms, sent_bytes / TRANSFORM_BUFFER_BYTES)
    log_bytes = requests * assumed.ACCESS_LOG_BYTES + transforms * assumed.TRANSFORM_LOG_BYTES
    seconds = transforms * assumed.TRANSFORM_SECONDS + events * assumed.TRANSFORM_EVENT_SECONDS
    used["lambda_requests"] += transforms
    used["lambda_gb_seconds"] += seconds * stack.transform_memory_gb
    if not source.is_direct:
        seconds = requests * assumed.INGEST_SECONDS + events * assumed.INGEST_EVENT_SECONDS
        used["lambda_requests"] += requests
        used["lambda_gb_seconds"] += seconds * stack.ingest_memory_gb
        log_bytes += requests * assumed.INGEST_LOG_BYTES
    used["logs_ingested"] += log_bytes / GB
    # One raw object and one processed one.
    used["s3_writes"] += 2 * way.objects
    used["s3_storage"] += _kept_gb(source, load, events, way.objects)
    return way


def _kept_gb(source: Source, load: Load, events: float, objects: float) -> float:
    """What is kept of a source after the months of the load."""
    raw_months = min(load.months, source.raw_days / DAYS_A_MONTH)
    processed_months = min(load.months, source.processed_days / DAYS_A_MONTH)
    event_bytes = events * load.event_bytes
    return (
        raw_months * (event_bytes * assumed.RAW_SHARE + objects * assumed.RAW_OBJECT_BYTES)
        + processed_months * (event_bytes * assumed.PROCESSED_SHARE + objects * assumed.PROCESSED_OBJECT_BYTES)
        + load.months * event_bytes * assumed.CURATED_SHARE
    ) / GB


def _curation(stack: Stack, load: Load, runs: float, commits: float, objects: float) -> Quantities:
    used = Quantities()
    rows = load.events_a_day * DAYS_A_MONTH
    seconds = assumed.RUN_SECONDS + (rows / runs / assumed.RUN_ROWS_A_SECOND if runs else 0)
    used["glue_dpu_hours"] += glue_dpu_hours(runs, seconds) + glue_dpu_hours(DAYS_A_MONTH, assumed.DAILY_RUN_SECONDS)
    # Each object is an event to the starter; what it starts goes through a schedule to it again.
    starts = objects + runs + DAYS_A_MONTH
    used["eventbridge_events"] += objects
    used["scheduler_invocations"] += runs + DAYS_A_MONTH
    used["lambda_requests"] += starts
    used["lambda_gb_seconds"] += starts * assumed.STARTER_SECONDS * stack.starter_memory_gb
    used["logs_ingested"] += starts * assumed.STARTER_LOG_BYTES / GB
    used["logs_ingested"] += (runs + DAYS_A_MONTH) * assumed.RUN_LOG_BYTES / GB
    used["s3_writes"] += commits * assumed.COMMIT_WRITES + (runs + DAYS_A_MONTH) * assumed.RUN_WRITES
    used["s3_reads"] += commits * assumed.COMMIT_READS + objects * assumed.OBJECT_READS
    # What maintenance replaced and deleted stays as an old version.
    curated_bytes = rows * load.event_bytes * assumed.CURATED_SHARE + commits * assumed.COMMIT_BYTES
    used["s3_storage"] += curated_bytes / DAYS_A_MONTH * OLD_VERSION_DAYS / GB
    return used


def _queries(stack: Stack, load: Load) -> Quantities:
    used = Quantities()
    queries = load.queries_a_day * DAYS_A_MONTH
    days = min(assumed.QUERY_DAYS, load.months * DAYS_A_MONTH)
    source_bytes = load.events_a_day * days * load.event_bytes * assumed.CURATED_SHARE / max(1, len(stack.sources))
    used["athena_scanned"] += scanned_tb(queries, source_bytes)
    used["s3_writes"] += queries * assumed.QUERY_WRITES
    used["s3_reads"] += queries * assumed.QUERY_READS
    return used


def _people(stack: Stack, load: Load) -> Quantities:
    used = Quantities()
    if stack.has_quicksight:
        used["quicksight_readers"] += load.users
        used["quicksight_authors"] += assumed.AUTHORS
    return used
