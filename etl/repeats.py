"""Events that came more than once: one row for each key, whatever the order of delivery."""

import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import GreaterThanOrEqual
from pyiceberg.table import DataScan, Table


def first_of_each(rows: pa.Table, key: str) -> pa.Table:
    """One row a key: the one received first (by `received_at`, then `ingest_id`)."""
    ordered = rows.sort_by([(key, "ascending"), ("received_at", "ascending"), ("ingest_id", "ascending")])
    keys = ordered[key].combine_chunks()
    if len(keys) < 2:
        return ordered
    differs = pc.not_equal(keys[1:], keys[:-1])
    return ordered.filter(pa.concat_arrays([pa.array([True]), pc.fill_null(differs, True)]))


def without_known(rows: pa.Table, table: Table, key: str, horizon_days: int) -> pa.Table:
    """The rows whose key the table does not hold among what was received since `horizon_days` before the first row."""
    if table.current_snapshot() is None or rows.num_rows == 0:
        return rows
    since = horizon(pc.min(rows["received_at"]).as_py(), horizon_days)
    return without(rows, known_keys(table, key, since).to_arrow()[key], key)


def horizon(first_received: datetime.datetime, horizon_days: int) -> datetime.datetime:
    """Since when the table's keys matter to rows of which the first was received at that moment; UTC, naive."""
    # Whoever bypasses the API says when an event was received. A clock that is ahead must not hide the rows of today.
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    return min(first_received, now) - datetime.timedelta(days=horizon_days)


def known_keys(table: Table, key: str, since: datetime.datetime) -> DataScan:
    """A scan of the keys of what was received since a moment."""
    return table.scan(row_filter=GreaterThanOrEqual("received_at", since.isoformat()), selected_fields=(key,))


def without(rows: pa.Table, known: pa.ChunkedArray, key: str) -> pa.Table:
    """The rows whose key is not among those that are known."""
    return rows.filter(pc.invert(pc.is_in(rows[key], value_set=known.combine_chunks())))
