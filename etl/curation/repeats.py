"""Events that came more than once: of the rows with one key the first received stays, whatever came in which order.

Of rows with one key, received at most the contract's `repeatHorizonDays` apart, the one that is smallest by
`received_at`, then `ingest_id`, then the other columns in the table's order wins (nulls last). Receipts in the future
count as now, for whoever bypasses the API says when an event was received, and a clock that is ahead must not hide the
rows of today.
"""

import datetime
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import CompiledContract
from etl.iceberg import data_files
from etl.iceberg.days import MICROSECONDS_PER_DAY

_TABLE, _NEW = 0, 1


class Settled(NamedTuple):
    """What becomes of rows."""

    repeats: pa.Array
    """Numbers of those rows that lost, and are not added."""
    replaced: pa.Table
    """Places (`file`, `position`) of the rows of the table that lost, and are removed."""


def settle(
    rows: pa.Table,
    known: pa.Table,
    contract: CompiledContract,
    now: datetime.datetime,
    whole: Callable[[pa.Table], pa.Table],
) -> Settled:
    """Settle which rows are added to a table and which of the table's they replace.

    `rows` have the table's columns. `known` (the key, `received_at`, `file`, `position`) are rows of the table; those
    with other keys change nothing. `whole` fetches rows of the table by their places (`file`, `position`); it is asked
    only for such as have their moment of receipt in common with a new one. `now` is a time of UTC without zone.
    """
    key = contract.primary_key
    both = pa.concat_tables([_entries(known, key, _TABLE), _entries(rows, key, _NEW)], promote_options="none")
    # A table's row comes before a new one that is the same: no file is written anew for what is delivered twice.
    both = both.take(_order(both, ["key", "received", "side", "number"]))
    both = _break_ties(both, rows, known, whole)
    lost = both.filter(pa.array(~_kept(both, contract.repeat_horizon_days * MICROSECONDS_PER_DAY, _microseconds(now))))
    side, number = lost["side"].to_numpy(), lost["number"].to_numpy()
    places = known.select(["file", "position"]).take(pa.array(number[side == _TABLE]))
    return Settled(pa.array(number[side == _NEW]), places)


def first_of_each(rows: pa.Table, contract: CompiledContract, now: datetime.datetime) -> pa.Table:
    """The rows without those that lose to another of them."""
    schema = pa.schema([(contract.primary_key, pa.string()), ("received_at", pa.timestamp("us")), *data_files.PLACES])
    lost = settle(rows, schema.empty_table(), contract, now, lambda places: rows.slice(0, 0)).repeats
    return rows.take(pa.array(np.delete(np.arange(rows.num_rows), lost.to_numpy())))


def _entries(rows: pa.Table, key: str, side: int) -> pa.Table:
    return pa.table(
        {
            "key": rows[key].cast(pa.string()),
            "received": rows["received_at"].cast(pa.int64()),
            "side": pa.array(np.full(rows.num_rows, side, np.int8)),
            "number": pa.array(np.arange(rows.num_rows)),
        }
    )


def _order(rows: pa.Table, names: list[str]) -> pa.Array:
    return pc.sort_indices(rows, [(name, "ascending", "at_end") for name in names])


def _break_ties(both: pa.Table, rows: pa.Table, known: pa.Table, whole: Callable[[pa.Table], pa.Table]) -> pa.Table:
    """Order those that have key and moment of receipt in common by their other columns."""
    same = ~(_starts(both["key"]) | _starts(both["received"]))
    slots = np.flatnonzero(same | np.append(same[1:], False))
    if not len(slots):
        return both
    tied = both.take(pa.array(slots))
    by_side = [tied.filter(pc.equal(tied["side"], side)) for side in (_TABLE, _NEW)]
    places = known.select(["file", "position"]).take(by_side[_TABLE]["number"])
    contents = [rows.take(by_side[_NEW]["number"])]
    if places.num_rows:
        contents.insert(0, whole(places).select(rows.column_names))
    plain = pa.schema([field.with_type(_plain(field.type)) for field in rows.schema.remove_metadata()])
    tied = pa.concat_tables(by_side)
    content = pa.concat_tables([part.cast(plain) for part in contents])
    names = [f"column {name}" for name in ("ingest_id", *(name for name in rows.column_names if name != "ingest_id"))]
    columns = [content[name.removeprefix("column ")] for name in names]
    ordered = pa.Table.from_arrays([*tied.columns, *columns], names=[*tied.column_names, *names])
    tied = tied.take(_order(ordered, ["key", "received", *names, "side", "number"]))
    places_of_all = np.arange(both.num_rows)
    places_of_all[slots] = both.num_rows + np.arange(len(slots))
    return pa.concat_tables([both, tied]).take(pa.array(places_of_all))


def _kept(both: pa.Table, horizon: int, now: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the rows, in their order, are no repeats of one that is kept before them."""
    received = np.minimum(both["received"].to_numpy(), now)
    kept = _starts(both["key"])
    group, numbers = np.cumsum(kept), np.arange(len(kept))
    while True:
        last = np.maximum.accumulate(np.where(kept, numbers, 0))
        far = np.flatnonzero(received - received[last] > horizon)
        if not len(far):
            return kept
        _, firsts = np.unique(group[far], return_index=True)
        kept[far[firsts]] = True


def _starts(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where a value differs from the one before."""
    values = column.combine_chunks()
    if not len(values):
        return np.empty(0, np.bool_)
    return np.append(True, pc.not_equal(values[1:], values[:-1]).to_numpy(zero_copy_only=False))


def _microseconds(moment: datetime.datetime) -> int:
    return round((moment - datetime.datetime(1970, 1, 1)) / datetime.timedelta(microseconds=1))


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
