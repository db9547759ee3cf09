"""Literals and type names, as Trino reads them (https://trino.io/docs/current/language/types.html)."""

from __future__ import annotations

import re

from sqlglot import exp

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .scopes import Value
from .trino_types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    MICROSECOND_DIGITS,
    MILLISECOND_DIGITS,
    REAL,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
    Kind,
    Type,
    decimal,
    varchar,
)

_TYPES = {
    "BOOLEAN": BOOLEAN,
    "TINYINT": Type(Kind.TINYINT),
    "SMALLINT": Type(Kind.SMALLINT),
    "INT": INTEGER,
    "BIGINT": BIGINT,
    "FLOAT": REAL,
    "DOUBLE": DOUBLE,
    "VARCHAR": VARCHAR,
    "DATE": DATE,
    "TIMESTAMP": TIMESTAMP,
    "TIMESTAMPTZ": TIMESTAMP_TZ,
}
_INTERVAL_KINDS = {
    "SECOND": Kind.INTERVAL_DAY,
    "MINUTE": Kind.INTERVAL_DAY,
    "HOUR": Kind.INTERVAL_DAY,
    "DAY": Kind.INTERVAL_DAY,
    "MONTH": Kind.INTERVAL_MONTH,
    "YEAR": Kind.INTERVAL_MONTH,
}


def text(value: str) -> Value:
    """Return a text literal: a varchar of its length."""
    return Value("'" + value.replace("'", "''") + "'", varchar(len(value)))


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


def target_type(node: exp.DataType, position: Position | None) -> Type:
    """Return the type that a CAST names."""
    name = node.this.value if hasattr(node.this, "value") else str(node.this)
    sizes = [int(size.name) for size in node.expressions if size.name.isdigit()]
    if len(sizes) != len(node.expressions):
        raise not_supported(f"Type '{node.sql(dialect='trino')}'", position)
    if name == "DECIMAL" and sizes:
        return decimal(sizes[0], sizes[1] if len(sizes) > 1 else 0)
    if name == "VARCHAR" and len(sizes) == 1:
        return varchar(sizes[0])
    if name in ("TIMESTAMP", "TIMESTAMPTZ") and sizes == [MICROSECOND_DIGITS]:
        return Type(_TYPES[name].kind, MICROSECOND_DIGITS)
    if name in ("TIMESTAMP", "TIMESTAMPTZ") and sizes and sizes[0] > MILLISECOND_DIGITS:
        raise not_supported(f"Type timestamp({sizes[0]}): a precision above 3 other than 6", position)
    if name not in _TYPES:
        raise not_supported(f"Type '{node.sql(dialect='trino')}'", position)
    return _TYPES[name]


def interval(node: exp.Interval, position: Position | None) -> Value:
    """Return an interval of one unit: ``INTERVAL '3' DAY``."""
    unit = node.args["unit"].name.upper() if isinstance(node.args.get("unit"), exp.Var) else ""
    amount = node.this
    if unit not in _INTERVAL_KINDS or not isinstance(amount, exp.Literal) or not amount.is_string:
        raise not_supported(f"'{node.sql(dialect='trino')}'", position)
    if not re.fullmatch("[+-]?[0-9]+", str(amount.this)):
        raise QueryFailedError(ErrorName.INVALID_LITERAL, f"'{amount.this}' is not a valid INTERVAL literal", position)
    return Value(f"INTERVAL '{amount.this}' {unit}", Type(_INTERVAL_KINDS[unit]))
