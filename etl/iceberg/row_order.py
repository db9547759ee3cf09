"""The order of rows in data files: by day of event time, within a day by the table's sort order."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.iceberg.days import MICROSECONDS_PER_DAY

Numbers = np.ndarray[tuple[int], np.dtype[np.intp]]
_Ranks = np.ndarray[tuple[int], np.dtype[np.int64]]

_PACKED_BITS = 63


def of(rows: pa.Table, event_time: str, names: Sequence[str], chosen: Numbers | None) -> tuple[Numbers, _Ranks]:
    """The numbers of rows in their order, and the day of each of these (since 1970-01-01).

    Sorted by day, then by the named columns ascending, nulls last. `chosen` are the numbers of the rows that count, all
    unless given. Each column is in one chunk.
    """
    numbers = np.arange(rows.num_rows) if chosen is None else chosen
    moments = rows[event_time].chunk(0).cast(pa.int64()).to_numpy()[numbers]
    days = np.floor_divide(moments, MICROSECONDS_PER_DAY)
    keys = [days - days.min()] if len(days) else [days]
    for name in names:
        keys.append(
            moments - days * MICROSECONDS_PER_DAY if name == event_time else _ranks(rows[name].chunk(0))[numbers]
        )
    order = _sorted(keys)
    return numbers[order], days[order]


def _ranks(column: pa.Array) -> _Ranks:
    """Smaller where the value is."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    ranks = np.empty(len(coded.dictionary) + 1, np.int64)
    ranks[pc.sort_indices(coded.dictionary).to_numpy()] = np.arange(len(coded.dictionary))
    ranks[-1] = len(coded.dictionary)
    of_rows: _Ranks = ranks[pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy()]
    return of_rows


def _sorted(keys: list[_Ranks]) -> Numbers:
    """By one number made of all keys, where they fit: several times as quick as key by key."""
    bits = [int(key.max()).bit_length() if len(key) else 0 for key in keys]
    if sum(bits) > _PACKED_BITS:
        return np.lexsort(keys[::-1])
    packed = np.zeros(len(keys[0]), np.int64)
    for key, width in zip(keys, bits, strict=True):
        packed <<= width
        packed |= key
    return np.argsort(packed)
