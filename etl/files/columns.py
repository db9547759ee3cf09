"""Whole columns of values at once: what is certain is read here, by Arrow; all else is left to the generated check.

Each reading says for which values it is sure: those are what the check takes and keeps just so.
The others may be good or bad.
"""

from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.files import text_values

# A double holds every decimal number of 15 digits apart from the others (IEEE 754: DBL_DIG).
_INTEGER = r"^-?[0-9]{1,18}$"
_NUMBER = r"^-?(?:[0-9]{1,15})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?$"
_MINUS_ZERO = r"^-0+$"
_LEADING_ZERO = r"^-?0[0-9]"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?$"
_USUAL_LENGTHS = pa.scalar({"min": 24, "max": 24}, pa.struct([("min", pa.int32()), ("max", pa.int32())]))
_FIRST_YEAR, _LAST_YEAR = 1700, 2200
_SECONDS_A_DAY = 86_400


class Read(NamedTuple):
    """Values, null where there is none or no sure one, and where they are sure."""

    values: pa.Array
    sure: pa.Array


def of_text(kind: str, texts: pa.Array, precision: int = 0, scale: int = 0) -> Read:
    """Texts, without nulls, as values of a type of field; an empty one is not sure."""
    if kind == "string":
        return Read(texts, pc.not_equal(texts, ""))
    texts = pc.utf8_trim(texts, characters=" \t")
    if kind == "boolean":
        return _boolean(texts)
    if kind == "integer":
        return _cast(texts, pc.match_substring_regex(texts, _INTEGER), pa.int64())
    if kind == "number":
        # The check reads -0 as the whole number 0, Arrow as a negative one.
        sure = pc.match_substring_regex(texts, _NUMBER)
        return _cast(texts, pc.and_not(sure, pc.match_substring_regex(texts, _MINUS_ZERO)), pa.float64())
    if kind == "decimal":
        whole = f"[0-9]{{1,{precision - scale}}}" if precision > scale else "0"
        fraction = rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
        return _cast(texts, pc.match_substring_regex(texts, f"^-?{whole}{fraction}$"), pa.decimal128(precision, scale))
    if kind == "date":
        return _date(texts)
    return _moment(texts)


def of_json_string(kind: str, texts: pa.Array) -> Read:
    """JSON strings as values of a type of field; an empty one is not sure."""
    if kind == "string":
        return Read(texts, pc.not_equal(texts, ""))
    if kind == "date":
        return _date(texts)
    return _moment(texts) if kind == "timestamp" else _none(len(texts))


def of_json_word(kind: str, words: pa.Array, precision: int = 0, scale: int = 0) -> Read:
    """JSON numbers, `true` and `false`, or what else stood in their place, as values of a type of field."""
    if kind == "boolean":
        yes = pc.equal(words, "true")
        sure = pc.or_(yes, pc.equal(words, "false"))
        return Read(pc.if_else(sure, yes, None), sure)
    if kind not in ("integer", "number", "decimal"):
        return _none(len(words))
    read = of_text(kind, words, precision, scale)
    return _only(read.values, pc.and_not(read.sure, pc.match_substring_regex(words, _LEADING_ZERO)))


def of_type(kind: str, column: pa.Array, precision: int = 0, scale: int = 0, unit: str = "ms") -> Read:
    """Values of a typed column as those of a type of field, moments in a unit of ms or us; a null is not sure."""
    given = column.type
    if pa.types.is_dictionary(given):
        column, given = column.dictionary_decode(), given.value_type
    if kind == "string" and (pa.types.is_string(given) or pa.types.is_large_string(given)):
        return Read(column.cast(pa.string()), column.is_valid())
    if kind == "boolean" and pa.types.is_boolean(given):
        return Read(column, column.is_valid())
    if kind == "integer" and pa.types.is_integer(given) and given != pa.uint64():
        return Read(column.cast(pa.int64()), column.is_valid())
    if kind == "number" and given in (pa.float32(), pa.float64()):
        return _only(column.cast(pa.float64()), pc.fill_null(pc.is_finite(column), False))
    if kind == "decimal" and pa.types.is_decimal128(given) and given.scale <= scale:
        wide = column.cast(pa.decimal256(76, scale))
        fits = pc.fill_null(pc.less(pc.abs(wide), pa.scalar(Decimal(10) ** (precision - scale))), False)
        return Read(pc.if_else(fits, wide, None).cast(pa.decimal128(precision, scale)), fits)
    if kind == "date" and pa.types.is_date32(given):
        return _only(column, _in_years(column))
    if kind == "timestamp" and pa.types.is_timestamp(given):
        plain = column.cast(pa.timestamp(given.unit))
        if given.unit != "s":
            plain = pc.floor_temporal(plain, unit="millisecond" if unit == "ms" else "microsecond")
        in_years = _in_years(plain) if unit == "ms" else _in_years(plain, 1, 9999)
        return Read(pc.if_else(in_years, plain, None).cast(pa.timestamp(unit)), in_years)
    return _none(len(column))


def _none(rows: int) -> Read:
    return Read(pa.nulls(rows, pa.null()), pa.array(np.zeros(rows, np.bool_)))


def _only(values: pa.Array, sure: pa.Array) -> Read:
    return Read(pc.if_else(sure, values, None), sure)


def _cast(texts: pa.Array, sure: pa.Array, kind: pa.DataType) -> Read:
    return Read(pc.if_else(sure, texts, None).cast(kind), sure)


def _boolean(texts: pa.Array) -> Read:
    words = pc.utf8_lower(texts)
    yes = pc.is_in(words, value_set=pa.array(sorted(text_values.TRUE)))
    no = pc.is_in(words, value_set=pa.array(sorted(text_values.FALSE)))
    sure = pc.or_(yes, no)
    return Read(pc.if_else(sure, yes, None), sure)


def _date(texts: pa.Array) -> Read:
    matches = pc.match_substring_regex(texts, _DAY)
    days, is_real = _days(pc.if_else(matches, texts, "0000-00-00"))
    sure = np.asarray(matches) & is_real
    return Read(pa.array(days.astype(np.int32), pa.int32(), mask=~sure).cast(pa.date32()), pa.array(sure))


def _usual_moment(texts: pa.Array) -> Read | None:
    """Texts that are all written as `2026-03-14T18:30:00.000Z`, which Arrow reads by itself; None for others."""
    if pc.min_max(pc.binary_length(texts)) != _USUAL_LENGTHS or not pc.all(pc.ends_with(texts, "Z")).as_py():
        return None
    try:
        moments = texts.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms"))
    except pa.ArrowInvalid:
        return None
    return _only(moments, _in_years(moments))


def _moment(texts: pa.Array) -> Read:
    if usual := _usual_moment(texts):
        return usual
    matches = pc.match_substring_regex(texts, _MOMENT)
    texts = pc.if_else(matches, texts, "0000-00-00T00:00:00")
    days, is_real = _days(texts)
    hours, minutes, seconds = (_number(texts, start, start + 2) for start in (11, 14, 17))
    is_real &= (hours < 24) & (minutes < 60) & (seconds < 60)
    rest = pc.utf8_slice_codeunits(texts, 19)
    offset, is_offset = _offset(rest)
    milliseconds = (days * _SECONDS_A_DAY + hours * 3600 + minutes * 60 + seconds - offset) * 1000 + _milliseconds(rest)
    sure = np.asarray(matches) & is_real & is_offset
    return Read(pa.array(milliseconds, pa.int64(), mask=~sure).cast(pa.timestamp("ms")), pa.array(sure))


def _days(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The days since 1970 of texts that begin as `yyyy-MM-dd`, and which of them are real days of a usual year."""
    years, months, days = (_number(texts, start, end) for start, end in ((0, 4), (5, 7), (8, 10)))
    is_real = (years >= _FIRST_YEAR) & (years <= _LAST_YEAR) & (months >= 1) & (months <= 12) & (days >= 1)
    month = ((np.where(is_real, years, 1970) - 1970) * 12 + np.where(is_real, months, 1) - 1).astype("datetime64[M]")
    first = month.astype("datetime64[D]").astype(np.int64)
    length = (month + 1).astype("datetime64[D]").astype(np.int64) - first
    return first + days - 1, is_real & (days <= length)


def _milliseconds(rest: pa.Array) -> np.ndarray:
    """The fraction with which the rest of a text begins, cut off after its third digit."""
    if not pc.any(pc.starts_with(rest, ".")).as_py():
        return np.zeros(len(rest), np.int64)
    digits = pc.replace_substring_regex(rest, r"^\.([0-9]{1,3}).*$", r"\1")
    digits = pc.if_else(pc.starts_with(rest, "."), digits, "")
    return np.asarray(pc.utf8_rpad(digits, width=3, padding="0").cast(pa.int64()))


def _offset(rest: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The offset in seconds with which a text ends, none being UTC, and whether it can be."""
    has = pc.match_substring_regex(rest, "[+-][0-9]{2}:[0-9]{2}$")
    if not pc.any(has).as_py():
        return np.zeros(len(rest), np.int64), np.ones(len(rest), np.bool_)
    offsets = pc.if_else(has, pc.utf8_slice_codeunits(rest, -6), "+00:00")
    hours, minutes = _number(offsets, 1, 3), _number(offsets, 4, 6)
    sign = np.where(np.asarray(pc.starts_with(offsets, "-")), -1, 1)
    return sign * (hours * 3600 + minutes * 60), (hours < 24) & (minutes < 60)


def _number(texts: pa.Array, start: int, end: int) -> np.ndarray:
    return np.asarray(pc.utf8_slice_codeunits(texts, start, end).cast(pa.int64()))


def _in_years(moments: pa.Array, first: int = _FIRST_YEAR, last: int = _LAST_YEAR) -> pa.Array:
    years = pc.year(moments)
    return pc.fill_null(pc.and_(pc.greater_equal(years, first), pc.less_equal(years, last)), False)
