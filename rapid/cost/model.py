"""How much of what a load uses in a month: the arithmetic, without prices.

First how often things happen, `happenings`; then what they use, `usage`, which `python -m bench.cost` holds against
what the local cloud counts. The least that AWS bills of some things is in minimums.py.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Traffic:
    """The events of one source, on their way to the processed zone."""

    is_direct: bool
    """Whether API Gateway puts them onto the stream by itself."""
    events: float
    event_bytes: float
    """Length of each as it is sent."""
    batch: int
    """Events in a request."""
    transforms: float
    """Invocations of the transform function."""
    objects: float
    """Deliveries: of each, an object in the raw zone and one in the processed."""
    is_of_guests: bool = False
    """Whether pages put them onto the stream themselves, past the API."""

    @property
    def requests(self) -> float:
        """Requests to the API, or of pages to the stream."""
        return self.events / self.batch

    @property
    def _envelope_bytes(self) -> int:
        if self.is_of_guests:
            return assumed.GUEST_ENVELOPE_BYTES
        return assumed.DIRECT_ENVELOPE_BYTES if self.is_direct else assumed.ENVELOPE_BYTES

    @property
    def is_by_function(self) -> bool:
        """Whether the ingest function puts them onto the stream."""
        return not self.is_direct and not self.is_of_guests

    @property
    def line_bytes(self) -> int:
        """Length of an event in its envelope."""
        return round(self.event_bytes) + self._envelope_bytes


@dataclass(frozen=True)
class Happenings:
    """How often things happen that cost."""

    traffic: tuple[Traffic, ...]
    runs: float
    """Runs of the curate job that something started, beside those of the night."""
    nights: float
    """Nightly runs."""
    commits: float
    """Times that a run adds to a source's table."""
    queries: float
    query_bytes: float
    """Bytes that each query reads."""

    @property
    def events(self) -> float:
        """Events of all sources."""
        return sum(source.events for source in self.traffic)

    @property
    def objects(self) -> float:
        """Deliveries of all sources."""
        return sum(source.objects for source in self.traffic)


def billed_bytes(events: int, line_bytes: int) -> int:
    """Bytes that Firehose bills for the events of one request, packed into records of at most MAX_RECORD_BYTES."""
    a_record = max(1, MAX_RECORD_BYTES // line_bytes)
    full, rest = divmod(events, a_record)
    return full * minimums.firehose_bytes(a_record * line_bytes) + minimums.firehose_bytes(rest * line_bytes)


def put_units(events: int, line_bytes: int) -> int:
    """PUT payload units that Kinesis bills for the events of one request, packed as Firehose's records are."""
    a_record = max(1, MAX_RECORD_BYTES // line_bytes)
    full, rest = divmod(events, a_record)
    units = full * minimums.kinesis_payload_units(a_record * line_bytes)
    return units + (minimums.kinesis_payload_units(rest * line_bytes) if rest else 0)


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
    """How much of which price the last month of a load takes."""
    happened = happenings(stack, load)
    used = usage(stack, happened)
    for source, traffic in zip(stack.sources, happened.traffic, strict=True):
        used["s3_storage"] += stack.lakes * _kept_gb(source, traffic, load.months)
    used["s3_storage"] += stack.lakes * _old_versions_gb(happened)
    used["cloudwatch_metrics"] += _metric_hours(happened) / HOURS_A_MONTH
    if stack.has_storefront:
        used.add(_pages(load.guests_a_day * DAYS_A_MONTH))
    if stack.has_quicksight:
        used["quicksight_readers"] += load.users
        used["quicksight_authors"] += assumed.AUTHORS
        used.add(_copies(stack, load))
        used.add(_figures(happened, load))
    if stack.has_file_system:
        used["efs_storage"] += assumed.EFS_GB
    used["logs_stored"] += used["logs_ingested"] * assumed.LOG_COMPRESSION * stack.log_days / DAYS_A_MONTH
    logged = used["s3_writes"] + used["s3_reads"]
    used["s3_storage"] += logged * assumed.ACCESS_LOG_LINE_BYTES / GB * stack.log_days / DAYS_A_MONTH
    return used


def happenings(stack: Stack, load: Load) -> Happenings:
    """How often things happen in a month, where events come evenly day and night: the most objects there can be."""
    events = load.events_a_day * DAYS_A_MONTH / max(1, len(stack.sources))
    traffic = tuple(_traffic(source, load, events) for source in stack.sources)
    windows = _MONTH_SECONDS / stack.curate_seconds
    days = min(assumed.QUERY_DAYS, load.months * DAYS_A_MONTH)
    rows = load.events_a_day * days / max(1, len(stack.sources))
    return Happenings(
        traffic=traffic,
        runs=busy(windows, sum(source.objects for source in traffic)),
        nights=DAYS_A_MONTH,
        commits=sum(busy(windows, source.objects) for source in traffic),
        queries=load.queries_a_day * DAYS_A_MONTH,
        query_bytes=rows * load.event_bytes * assumed.CURATED_SHARE,
    )


def _traffic(source: Source, load: Load, events: float) -> Traffic:
    requests, sent_bytes = events / load.batch, events * load.event_bytes
    transforms = max(busy(_MONTH_SECONDS / TRANSFORM_BUFFER_SECONDS, requests), sent_bytes / TRANSFORM_BUFFER_BYTES)
    # No interval is one of no time: each transform's answer is written at once.
    intervals = _MONTH_SECONDS / source.delivery_seconds if source.delivery_seconds else math.inf
    objects = transforms if math.isinf(intervals) else busy(intervals, requests)
    return Traffic(
        is_direct=source.is_direct and not source.is_of_guests,
        is_of_guests=source.is_of_guests,
        events=events,
        event_bytes=load.event_bytes,
        batch=load.batch,
        transforms=transforms,
        objects=max(objects, sent_bytes / DELIVERY_BUFFER_BYTES),
    )


def usage(stack: Stack, happened: Happenings) -> Quantities:
    """What things use as they happen, what is kept of them apart."""
    used = Quantities()
    for traffic in happened.traffic:
        used.add(_ingest(stack, traffic))
        for _ in range(stack.lakes):
            used.add(_delivery(stack, traffic))
        if stack.has_data_streams:
            used["kinesis_put_units"] += traffic.requests * put_units(traffic.batch, traffic.line_bytes)
        if stack.is_mirrored:
            # The delivery stream that takes over in a switch reads what has been mirrored, and lets go of it.
            used.add(_transforms(stack, traffic))
    for _ in range(stack.lakes):
        used.add(_curation(stack, happened))
    used.add(_queries(happened.queries, happened.query_bytes))
    # From inside of a VPC: what functions put onto streams. Lambda itself sends the lines of logs.
    sent = sum(source.events * source.line_bytes for source in happened.traffic if source.is_by_function) / GB
    if stack.is_mirrored:
        sent += sum(source.events * source.line_bytes for source in happened.traffic) / GB
    if stack.endpoint_count:
        used["vpc_endpoint_data"] += sent
    elif stack.has_nat_gateway:
        used["nat_gateway_data"] += sent
    return used


def _ingest(stack: Stack, traffic: Traffic) -> Quantities:
    """What an event takes on its way to its stream."""
    used, requests, log_bytes = Quantities(), traffic.requests, 0.0
    if not traffic.is_of_guests:
        used["api_gateway_requests"] += requests
        log_bytes += requests * assumed.ACCESS_LOG_BYTES
        if stack.has_web_acl:
            used["waf_requests"] += requests
    if traffic.is_by_function:
        seconds = requests * assumed.INGEST_SECONDS + traffic.events * assumed.INGEST_EVENT_SECONDS
        used["lambda_requests"] += requests
        used["lambda_gb_seconds"] += seconds * stack.ingest_memory_gb
        log_bytes += requests * assumed.INGEST_LOG_BYTES
    used["logs_ingested"] += log_bytes / GB
    used["data_transfer_out"] += requests * assumed.RESPONSE_BYTES / GB
    return used


def _delivery(stack: Stack, traffic: Traffic) -> Quantities:
    """What an event takes on its way into a lake."""
    used = _transforms(stack, traffic)
    used["firehose_converted"] += used["firehose_ingested"]
    used["s3_writes"] += 2 * traffic.objects
    used["glue_catalog_requests"] += traffic.objects
    used["eventbridge_events"] += traffic.objects
    return used


def _transforms(stack: Stack, traffic: Traffic) -> Quantities:
    """What a delivery stream and its transform function take, whatever becomes of the events."""
    used = Quantities()
    seconds = traffic.transforms * assumed.TRANSFORM_SECONDS + traffic.events * assumed.TRANSFORM_EVENT_SECONDS
    used["firehose_ingested"] += traffic.requests * billed_bytes(traffic.batch, traffic.line_bytes) / GB
    used["lambda_requests"] += traffic.transforms
    used["lambda_gb_seconds"] += seconds * stack.transform_memory_gb
    used["logs_ingested"] += traffic.transforms * assumed.TRANSFORM_LOG_BYTES / GB
    return used


def _queries(count: float, query_bytes: float) -> Quantities:
    """So many queries that read so much each."""
    used = Quantities()
    used["athena_scanned"] += scanned_tb(count, query_bytes)
    used["s3_writes"] += count * assumed.QUERY_WRITES
    used["s3_reads"] += count * assumed.QUERY_READS
    used["glue_catalog_requests"] += count * assumed.QUERY_CATALOG_REQUESTS
    return used


def _copies(stack: Stack, load: Load) -> Quantities:
    """What SPICE's copies take, each of all events of a source: those that sum up rows take less."""
    used, kept_gb = Quantities(), 0.0
    events_a_day, all_days = load.events_a_day / max(1, len(stack.sources)), load.months * DAYS_A_MONTH
    for copy in stack.copies:
        kept_gb += events_a_day * all_days * copy.row_bytes(assumed.TEXT_BYTES) / GB
        for refresh in copy.refreshes:
            days = all_days if refresh.days is None else min(refresh.days, all_days)
            used.add(_queries(refresh.times_a_month, events_a_day * days * load.event_bytes * assumed.CURATED_SHARE))
    used["quicksight_spice"] += max(0.0, kept_gb - assumed.AUTHORS * assumed.AUTHOR_SPICE_GB)
    return used


def _figures(happened: Happenings, load: Load) -> Quantities:
    """What the figures of operations take: a function that reads metrics each hour, and the metrics by source."""
    used = Quantities()
    by_function = [source for source in happened.traffic if source.is_by_function]
    metrics = (
        assumed.FIGURES + len(happened.traffic) * assumed.SOURCE_FIGURES + len(by_function) * assumed.FUNCTION_FIGURES
    )
    used["cloudwatch_metrics_read"] += HOURS_A_MONTH * metrics
    used["cloudwatch_metrics"] += sum(busy(HOURS_A_MONTH, it.requests) for it in happened.traffic) / HOURS_A_MONTH
    used["scheduler_invocations"] += HOURS_A_MONTH
    used["lambda_requests"] += HOURS_A_MONTH
    used["lambda_gb_seconds"] += HOURS_A_MONTH * assumed.COLLECTOR_SECONDS * assumed.COLLECTOR_MEMORY_GB
    used["logs_ingested"] += HOURS_A_MONTH * assumed.STARTER_LOG_BYTES / GB
    used["s3_writes"] += HOURS_A_MONTH * assumed.FIGURES_WRITES
    # An object a day, of which two data sets read all.
    used["s3_reads"] += HOURS_A_MONTH * 2 * min(assumed.FIGURES_DAYS, load.months * DAYS_A_MONTH)
    return used


def _pages(guests: float) -> Quantities:
    """What guests load. CloudFront reads each page from S3 once a day and place, which is less than a cent."""
    used = Quantities()
    used["cloudfront_requests"] += guests * assumed.PAGE_REQUESTS
    used["cloudfront_data_out"] += guests * assumed.PAGE_BYTES / GB
    used["cloudfront_invalidations"] += assumed.INVALIDATIONS
    return used


def _curation(stack: Stack, happened: Happenings) -> Quantities:
    used, runs, objects, nights = Quantities(), happened.runs, happened.objects, happened.nights
    seconds = assumed.RUN_SECONDS + (happened.events / runs / assumed.RUN_ROWS_A_SECOND if runs else 0)
    used["glue_dpu_hours"] += glue_dpu_hours(runs, seconds) + glue_dpu_hours(nights, assumed.DAILY_RUN_SECONDS)
    # Each object is an event to the starter; what it starts goes through a schedule to it again.
    starts = objects + runs + nights
    used["scheduler_invocations"] += runs + nights
    # Another function counts how runs ended (components/operations/job_runs.py).
    used["lambda_requests"] += starts + runs + nights
    used["lambda_gb_seconds"] += starts * assumed.STARTER_SECONDS * stack.starter_memory_gb
    used["logs_ingested"] += (starts * assumed.STARTER_LOG_BYTES + (runs + nights) * assumed.RUN_LOG_BYTES) / GB
    used["s3_writes"] += happened.commits * assumed.COMMIT_WRITES + (runs + nights) * assumed.RUN_WRITES
    used["s3_reads"] += happened.commits * assumed.COMMIT_READS + objects * assumed.OBJECT_READS
    used["s3_reads"] += (runs + nights) * assumed.RUN_READS
    used["glue_catalog_requests"] += happened.commits * assumed.COMMIT_CATALOG_REQUESTS
    used["glue_catalog_requests"] += (runs + nights) * assumed.RUN_CATALOG_REQUESTS
    return used


def _metric_hours(happened: Happenings) -> float:
    """Custom metrics, each by the hours in which it is sent, since they are billed so."""
    ingested = sum(source.requests for source in happened.traffic if source.is_by_function)
    transforms = sum(source.transforms for source in happened.traffic)
    return (
        assumed.INGEST_METRICS * busy(HOURS_A_MONTH, ingested)
        + assumed.TRANSFORM_METRICS * busy(HOURS_A_MONTH, transforms)
        + assumed.JOB_METRICS * min(happened.runs, busy(HOURS_A_MONTH, happened.objects))
    )


def _kept_gb(source: Source, traffic: Traffic, months: int) -> float:
    """What is kept of a source after so many months like this one."""
    event_bytes = traffic.events * traffic.event_bytes
    raw_months = min(months, source.raw_days / DAYS_A_MONTH)
    processed_months = min(months, source.processed_days / DAYS_A_MONTH)
    return (
        raw_months * (event_bytes * assumed.RAW_SHARE + traffic.objects * assumed.RAW_OBJECT_BYTES)
        + processed_months * (event_bytes * assumed.PROCESSED_SHARE + traffic.objects * assumed.PROCESSED_OBJECT_BYTES)
        + months * event_bytes * assumed.CURATED_SHARE
    ) / GB


def _old_versions_gb(happened: Happenings) -> float:
    """What maintenance replaced and deleted, which stays as an old version for some days."""
    event_bytes = sum(traffic.events * traffic.event_bytes for traffic in happened.traffic)
    replaced = event_bytes * assumed.CURATED_SHARE + happened.commits * assumed.COMMIT_BYTES
    return replaced / DAYS_A_MONTH * OLD_VERSION_DAYS / GB
