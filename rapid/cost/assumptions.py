"""Figures that the model multiplies loads by: those measured on the local cloud, and those that none measured.

`python -m bench.cost` measures the first anew and prints them beside these.
"""

# Measured on the local cloud.

ENVELOPE_BYTES = 75
"""What stands around an event that the ingest function took: id, time of receipt, punctuation, newline."""
DIRECT_ENVELOPE_BYTES = 62
"""The same, as API Gateway's mapping template writes it."""
GUEST_ENVELOPE_BYTES = 96
"""The same, as a page writes it (web/guest-sender.js)."""
PAGE_REQUESTS, PAGE_BYTES = 16, 50_000
"""What a guest's browser asks CloudFront for when it opens a page for the first time, and what comes, headers and the
form's copy for offline too: at most, as tests/browser/test_feedback_form.py holds it."""
ACCESS_LOG_BYTES = 355
"""A line of the API's access log, one a request."""
INGEST_LOG_BYTES = 825
"""Lines of an invocation of the ingest function: its own, with metrics, and Lambda's of start and end."""
TRANSFORM_LOG_BYTES = 770
"""Lines of an invocation of a transform function."""
STARTER_LOG_BYTES = 480
"""Lines of an invocation of a job starter."""
RAW_SHARE = 0.265
"""Bytes of an event in the raw zone, in gzip with its envelope, by its length as it was sent."""
RAW_OBJECT_BYTES = 250
"""Bytes that each raw object has beside."""
PROCESSED_SHARE = 0.36
"""Bytes of an event in processed Parquet, by its length."""
PROCESSED_OBJECT_BYTES = 2_100
"""Bytes that each Parquet object has beside: schema, statistics."""
CURATED_SHARE = 0.22
"""Bytes of an event in the curated table, by its length."""
COMMIT_WRITES = 28
"""Requests that write, for each source that a run of the job commits to: data, manifests, metadata, ledger."""
COMMIT_READS = 60
"""Requests that read, for each source that a run commits to."""
COMMIT_BYTES = 30_000
"""Metadata, manifests and ledger of such a commit, which maintenance deletes some days later."""
RUN_WRITES = 21
"""Requests that list, for each run of the job."""
OBJECT_READS = 2
"""Requests that read, for each delivered object."""
RUN_READS = 51
"""Requests that read, for each run of the job, of tables that have been made."""
RUN_CATALOG_REQUESTS, COMMIT_CATALOG_REQUESTS, QUERY_CATALOG_REQUESTS = 15, 9, 2
"""Requests to Glue's catalog, for each run, for each source that it commits to, and for each query."""
QUERY_WRITES = 2
"""Requests that write or list, for each query."""
QUERY_READS = 10
"""Requests that read, for each query."""
INGEST_METRICS, TRANSFORM_METRICS, JOB_METRICS = 3, 3, 6
"""Custom metrics of a stack in an hour in which the ingest function, a transform, the curate job does something."""
FIGURES, SOURCE_FIGURES = 14, 6
"""Metrics that are read each hour for the operations dashboard: of the platform, and of each source; of one that comes
by the function, FUNCTION_FIGURES more (functions/operations_collector/figures.py)."""
FUNCTION_FIGURES = 2
FIGURES_WRITES = 4
"""Objects that are written each hour for it."""
FIGURES_DAYS = 400
"""Days that they are kept (components/lakehouse/lakehouse.py)."""
COLLECTOR_MEMORY_GB = 0.25
"""Of the function that writes them (components/operations/operations_data.py)."""
RESPONSE_BYTES = 200
"""An answer of the API, with its headers."""

# Assumed: the local cloud runs on other machines than Lambda and Glue do, and writes no logs of Spark.

COLLECTOR_SECONDS = 4.0
"""A run of it, which begins cold each hour."""
INGEST_SECONDS, INGEST_EVENT_SECONDS = 0.05, 0.0002
"""Billed for an invocation of the ingest function: for itself, with a call of Firehose, and for each event."""
TRANSFORM_SECONDS, TRANSFORM_EVENT_SECONDS = 0.1, 0.0001
"""Billed for an invocation of a transform function, and for each event."""
STARTER_SECONDS = 0.3
"""Billed for an invocation of a job starter."""
RUN_SECONDS, RUN_ROWS_A_SECOND = 50, 20_000
"""Billed for a run of the curate job before Glue's minimum: for itself, and rows a second beyond."""
DAILY_RUN_SECONDS = 120
"""Billed for the nightly run, which maintains the tables too."""
RUN_LOG_BYTES = 300_000
"""Lines that Spark and the job write in a run."""
LOG_COMPRESSION = 0.15
"""Share of their bytes that log lines take where they are kept, in gzip."""
QUERY_DAYS = 30
"""Days of events of one source, all columns, that a query reads."""
ACCESS_LOG_LINE_BYTES = 600
"""A line of S3's server access logs, one a request to a logged bucket."""
EFS_GB = 1
"""Reports and logs on the file system, where there is one."""
INVALIDATIONS = 40
"""Paths in a month: a menu's change a day, and deployments."""
AUTHORS, AUTHOR_SPICE_GB = 1, 10
"""QuickSight authors, and what each brings of SPICE (https://aws.amazon.com/quick/quicksight/pricing/)."""
TEXT_BYTES = 12
"""Bytes of a text in SPICE's copies: a store, an item, a page."""
