"""Literals and type names, as Trino reads them (https://trino.io/docs/current/language/types.html)."""

from __future__ import annotations

import re
from datetime import datetime

from sqlglot import exp

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .scopes import Value, quoted_text
from .trino_types import (
    BIGINT,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL_DAY,
    INTERVAL_MONTH,
    MAX_DECIMAL_PRECISION,
    MICROSECOND_DIGITS,
    MILLISECOND_DIGITS,
    TIME,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARBINARY,
    Kind,
    Type,
    array,
    decimal,
    map_of,
    row,
    varchar,
    with_digits,
)

_UNSIZED = (
    Kind.BOOLEAN, Kind.TINYINT, Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT, Kind.REAL, Kind.DOUBLE, Kind.VARCHAR,
    Kind.VARBINARY, Kind.DATE, Kind.JSON, Kind.UUID,
)  # fmt: skip
_TYPES = {kind.trino.upper(): Type(kind) for kind in _UNSIZED}
_SQLGLOT_NAMES = {"INT": "INTEGER", "FLOAT": "REAL"}
_CLOCK_TYPES = {"TIME": Kind.TIME, "TIMESTAMP": Kind.TIMESTAMP, "TIMESTAMPTZ": Kind.TIMESTAMP_TZ}
_UNIT_MILLISECONDS = {"DAY": 86_400_000, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1000}
_UNIT_MONTHS = {"YEAR": 12, "MONTH": 1}


def text(value: str) -> Value:
    """Return a text literal: a varchar of its length."""
    return Value(quoted_text(value), varchar(len(value)))


def decimal_literal(written: str, position: Position | None) -> Value:
    """Return what DECIMAL '…' names: a decimal of the digits written, zeros included."""
    match = re.fullmatch(r"([+-]?)([0-9]*)(?:\.([0-9]*))?", written)
    if match is None or not (match[2] or match[3]):
        raise QueryFailedError(ErrorName.INVALID_LITERAL, f"'{written}' is not a valid DECIMAL literal", position)
    whole, fraction = match[2], match[3] or ""
    type_ = decimal(len(whole) + len(fraction), len(fraction))
    return Value(f"CAST('{match[1]}{whole or 0}.{fraction or 0}' AS {type_.duckdb})", type_)


def number(written: str, position: Position | None) -> Value:
    """Return a number literal: integer, bigint, decimal of the digits written, or (with an exponent) double."""
    if re.fullmatch("[0-9]+", written):
        if int(written) < 2**31:
            return Value(f"CAST({written} AS INTEGER)", INTEGER)
        if int(written) < 2**63:
            return Value(f"CAST({written} AS BIGINT)", BIGINT)
        raise QueryFailedError(ErrorName.INVALID_LITERAL, f"Invalid numeric literal: {written}", position)
    if re.fullmatch(r"[0-9]*\.[0-9]*", written):
        whole, _, fraction = written.partition(".")
        digits = len(whole.lstrip("0")) + len(fraction)
        type_ = decimal(max(digits, 1), len(fraction))
        return Value(f"CAST('{whole or 0}.{fraction or 0}' AS {type_.duckdb})", type_)
    try:
        return Value(f"CAST('{float(written)!r}' AS DOUBLE)", DOUBLE)
    except ValueError:
        raise not_supported(f"Number '{written}'", position) from None


def binary(node: exp.HexString, position: Position | None) -> Value:
    """Return the bytes that X'…' names."""
    digits = re.sub(r"\s", "", str(node.this)).upper()
    if not re.fullmatch("([0-9A-F]{2})*", digits):
        message = f"Binary literal must contain an even number of digits: {digits}"
        raise QueryFailedError(ErrorName.INVALID_LITERAL, message, position)
    return Value(f"unhex('{digits}')", VARBINARY)


def current(node: exp.Expr, now: datetime) -> Value:
    """Return what current_date, current_timestamp, localtime and localtimestamp are throughout a query."""
    instant = f"TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}'"
    if isinstance(node, exp.CurrentDate):
        return Value(f"DATE '{now:%Y-%m-%d}'", DATE)
    if isinstance(node, exp.Localtime):
        return Value(f"CAST({instant} AS TIME)", TIME)
    return Value(instant, TIMESTAMP if isinstance(node, exp.Localtimestamp) else TIMESTAMP_TZ)


def target_type(node: exp.Expr, position: Position | None) -> Type:
    """Return the type that a CAST names."""
    if isinstance(node, exp.DataType):
        name = node.this.value if hasattr(node.this, "value") else str(node.this)
        name = _SQLGLOT_NAMES.get(name, name)
        if name in ("ARRAY", "LIST", "MAP", "STRUCT"):
            return _structure(name, node, position)
        sizes = [int(size.name) for size in node.expressions if size.name.isdigit()]
        if len(sizes) == len(node.expressions):
            return _simple(name, sizes, node, position)
    raise not_supported(f"Type '{node.sql(dialect='trino')}'", position)


def _simple(name: str, sizes: list[int], node: exp.DataType, position: Position | None) -> Type:
    if name == "DECIMAL":
        precision, scale = (*sizes, *([0] if sizes else [MAX_DECIMAL_PRECISION, 0]))[:2]
        return decimal(precision, scale)
    if name == "VARCHAR" and len(sizes) == 1:
        return varchar(sizes[0])
    if name in _CLOCK_TYPES:
        digits = sizes[0] if sizes else MILLISECOND_DIGITS
        if digits > MICROSECOND_DIGITS:
            raise not_supported(f"Type {_CLOCK_TYPES[name].trino}({digits}): a precision above 6", position)
        return with_digits(_CLOCK_TYPES[name], digits)
    if name not in _TYPES or sizes:
        raise not_supported(f"Type '{node.sql(dialect='trino')}'", position)
    return _TYPES[name]


def _structure(name: str, node: exp.DataType, position: Position | None) -> Type:
    fields = [part.args["kind"] if isinstance(part, exp.ColumnDef) else part for part in node.expressions]
    types = [target_type(part, position) for part in fields]
    if name == "STRUCT" and types:
        return row(types, [part.name if isinstance(part, exp.ColumnDef) else None for part in node.expressions])
    if name == "MAP" and len(types) == 2:
        return map_of(types[0], types[1])
    if name in ("ARRAY", "LIST") and len(types) == 1:
        return array(types[0])
    raise not_supported(f"Type '{node.sql(dialect='trino')}'", position)


def interval(node: exp.Interval, position: Position | None) -> Value:
    """Return an interval of one unit, ``INTERVAL '3' DAY``: milliseconds, or months."""
    unit, amount, sign = node.args.get("unit"), node.this, 1
    if isinstance(amount, exp.Neg):
        amount, sign = amount.this, -1
    name = unit.name.upper() if isinstance(unit, exp.Var) else ""
    scale = {**_UNIT_MILLISECONDS, **_UNIT_MONTHS}.get(name)
    if scale is None or not isinstance(amount, exp.Literal) or not amount.is_string:
        raise not_supported(f"'{node.sql(dialect='trino')}'", position)
    written = str(amount.this).strip()
    if not re.fullmatch(rf"[+-]?[0-9]+{'([.][0-9]{1,3})?' if name == 'SECOND' else ''}", written):
        raise QueryFailedError(ErrorName.INVALID_LITERAL, f"'{written}' is not a valid INTERVAL literal", position)
    total = sign * round(float(written) * scale)
    return Value(f"CAST({total} AS BIGINT)", INTERVAL_DAY if name in _UNIT_MILLISECONDS else INTERVAL_MONTH)
