"""The rows of a batch that need no look at each: all their values are sure, and within the contract's limits."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.files import columns, events
from etl.files.contract import Field, FileContract
from etl.files.json_columns import JsonColumns
from etl.files.records import Batch

_EXACT_INTEGER = 2**53


class Certain(NamedTuple):
    """Columns of the table for the whole batch, and which of its rows they hold for."""

    columns: dict[str, pa.Array]
    sure: np.ndarray


def rows(batch: Batch, contract: FileContract, found: dict[str, str]) -> Certain | None:
    """The columns of a batch of columns, `found` saying which are fields; None if every row needs a look."""
    given = batch.columns or {}
    sure = np.ones(len(batch.numbers), np.bool_)
    made: dict[str, pa.Array] = {}
    for field in contract.fields:
        names = [name for name, target in found.items() if target == field.name or target in field.aliases]
        if not field.is_plain or len(names) > 1:
            return None
        if names:
            made[field.column], is_sure = _field(field, *_read(field, given[names[0]], batch.is_text))
            sure &= is_sure
            if not sure.any():
                return None
    unknown = {name: column for name, column in given.items() if name not in found}
    made["extra"], is_sure = _extra(unknown, batch.is_text, len(sure))
    return Certain(made, sure & is_sure)


def json_rows(lines: JsonColumns, contract: FileContract) -> Certain | None:
    """The columns of a block's lines; None if every line needs a look."""
    if not lines.names <= set(contract.known):
        return None
    sure = lines.is_read
    made: dict[str, pa.Array] = {"extra": pa.nulls(len(sure), pa.string())}
    for field in contract.fields:
        names = lines.names.intersection((field.name, *field.aliases))
        if not field.is_plain or len(names) > 1 or (field.required and not names):
            return None
        for name in names:
            made[field.column], is_sure = _field(field, *_read_json(field, lines, name))
            sure = sure & is_sure
    return Certain(made, sure) if sure.any() else None


def _read(field: Field, column: pa.Array, is_text: bool) -> tuple[columns.Read, np.ndarray]:
    """The values of a column, and where there is none."""
    if is_text:
        absent = np.asarray(pc.equal(column, ""))
        return columns.of_text(field.kind, column, field.precision, field.scale), absent
    absent = np.asarray(column.is_null())
    return columns.of_type(field.kind, column, field.precision, field.scale, field.unit), absent


def _read_json(field: Field, lines: JsonColumns, name: str) -> tuple[columns.Read, np.ndarray]:
    if name in lines.strings:
        return columns.of_json_string(field.kind, lines.strings[name]), np.zeros(len(lines.is_read), np.bool_)
    words = lines.words[name]
    return columns.of_json_word(field.kind, words, field.precision, field.scale), np.asarray(pc.equal(words, "null"))


def _field(field: Field, read: columns.Read, absent: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    sure = np.asarray(read.sure) & ~absent
    if not sure.any():
        return pa.nulls(len(sure), read.values.type), absent & (not field.required)
    sure &= _within(field, read.values)
    values = pc.if_else(pa.array(absent), None, read.values) if absent.any() else read.values
    return values, sure | (absent & (not field.required))


def _within(field: Field, values: pa.Array) -> np.ndarray:
    """Which values keep the field's limits."""
    kept = np.ones(len(values), np.bool_)
    if field.min_length is not None or field.max_length is not None:
        lengths = pc.fill_null(pc.utf8_length(values), 0)
        if field.min_length is not None:
            kept &= np.asarray(pc.greater_equal(lengths, field.min_length))
        if field.max_length is not None:
            kept &= np.asarray(pc.less_equal(lengths, field.max_length))
    for limit, compare in (
        (field.minimum, pc.greater_equal),
        (field.maximum, pc.less_equal),
        (field.exclusive_minimum, pc.greater),
        (field.exclusive_maximum, pc.less),
    ):
        if limit is not None:
            kept &= _compared(field, values, limit, compare)
    if field.allowed:
        kept &= np.asarray(pc.is_in(values, value_set=pa.array(field.allowed, values.type)))
    if field.pattern is not None:
        matches = re.compile(field.pattern).search
        kept &= np.fromiter((text is not None and matches(text) is not None for text in values.to_pylist()), np.bool_)
    return kept


def _compared(field: Field, values: pa.Array, limit: float, compare: Callable[..., pa.Array]) -> np.ndarray:
    if field.kind == "decimal":
        # Both as the decimal numbers that they are written as: what a double makes of them keeps their order.
        scalar = pa.scalar(Decimal(repr(limit)))
        if scalar.type.precision > 19 or scalar.type.scale > 15:
            return np.zeros(len(values), np.bool_)
        return np.asarray(pc.fill_null(compare(values, scalar), False))
    if field.kind == "integer" and type(limit) is int and abs(limit) < 2**63:
        return np.asarray(pc.fill_null(compare(values, pa.scalar(limit, pa.int64())), False))
    if field.kind == "integer":
        small = pc.less(pc.abs(pc.fill_null(values, 0)), _EXACT_INTEGER)
        doubles = pc.if_else(small, values, None).cast(pa.float64())
        return np.asarray(pc.fill_null(compare(doubles, float(limit)), False))
    return np.asarray(pc.fill_null(compare(values, float(limit)), False))


def _extra(unknown: dict[str, pa.Array], is_text: bool, rows: int) -> tuple[pa.Array, np.ndarray]:
    """What the contract does not name, as the generated check writes it."""
    sure = np.ones(rows, np.bool_)
    present = {
        name: column
        for name, column in unknown.items()
        if (pc.any(pc.not_equal(column, "")).as_py() if is_text else column.null_count < len(column))
    }
    if not present:
        return pa.nulls(rows, pa.string()), sure
    values = [events.json_values(column) for column in present.values()]
    texts: list[str | None] = []
    for row, items in enumerate(zip(*values, strict=True)):
        kept = {
            name: value
            for name, value in zip(present, items, strict=True)
            if value is not None and not (is_text and value == "")
        }
        try:
            text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), allow_nan=False) if kept else None
        except (ValueError, RecursionError):
            text, sure[row] = None, False
        texts.append(text)
    return pa.array(texts, pa.string()), sure
