"""Folders of a lake's buckets, of whose names components and the command `rapid` must think the same.

Functions and jobs, which see nothing of this, have names of their own, which tests hold against these.
"""

ERASURES = "erasures"
"""In the curated bucket: what came of each request to erase a person."""
OLD_ERASURES = "old-erasures"
"""In the curated bucket: copies of those of the lake that a stack has moved from. `rapid counts` leaves them out: what
was erased there was never here, or has a report here as well."""
ERASURE_REQUESTS = "erasure-requests"
"""In the curated bucket: whom to erase, by the value itself, until it is done."""
OPERATIONS_HOURS, OPERATIONS_COSTS = "operations-hours", "operations-costs"
"""In the curated bucket: figures of operations by hour, and what each month cost."""
ERRORS = "errors"
"""In the processed bucket, by source: records that Firehose could not deliver."""
BAD_ROWS = "files"
"""In the quarantine bucket, by source: rows of files that broke their contract."""
FILTERED = "filtered"
"""In the quarantine bucket, by source: ids of events that a contract's filter kept out."""
