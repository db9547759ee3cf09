"""Trino's types as far as the local Athena knows them: names, coercions, results of arithmetic.

Sources: https://trino.io/docs/current/language/types.html, https://trino.io/docs/current/functions/decimal.html,
https://docs.aws.amazon.com/athena/latest/ug/data-types.html.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

MAX_DECIMAL_PRECISION = 38
MILLISECOND_DIGITS = 3
MICROSECOND_DIGITS = 6
UNBOUNDED_VARCHAR_LENGTH = 2147483647


class Kind(enum.Enum):
    """A type without its parameters; the value is Trino's name."""

    UNKNOWN = "unknown"
    BOOLEAN = "boolean"
    TINYINT = "tinyint"
    SMALLINT = "smallint"
    INTEGER = "integer"
    BIGINT = "bigint"
    DECIMAL = "decimal"
    REAL = "real"
    DOUBLE = "double"
    VARCHAR = "varchar"
    VARBINARY = "varbinary"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMP_TZ = "timestamp with time zone"
    INTERVAL_DAY = "interval day to second"
    INTERVAL_MONTH = "interval year to month"


INTEGERS = frozenset({Kind.TINYINT, Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT})
NUMBERS = INTEGERS | {Kind.DECIMAL, Kind.REAL, Kind.DOUBLE}
TEXT = frozenset({Kind.VARCHAR})
MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ})
CLOCK_MOMENTS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMP_TZ})
INTERVALS = frozenset({Kind.INTERVAL_DAY, Kind.INTERVAL_MONTH})
COMPARABLE = frozenset(Kind) - INTERVALS

_NUMBER_ORDER = (Kind.TINYINT, Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.REAL, Kind.DOUBLE)
_DECIMAL_DIGITS = {Kind.TINYINT: 3, Kind.SMALLINT: 5, Kind.INTEGER: 10, Kind.BIGINT: 19}


@dataclass(frozen=True)
class Type:
    """A Trino type.

    ``precision`` is a decimal's digits, a varchar's length (``None``: unbounded), or the digits of a timestamp's
    second if they are 6 (``None``: 3).
    """

    kind: Kind
    precision: int | None = None
    scale: int = 0

    def __str__(self) -> str:
        if self.kind is Kind.DECIMAL:
            return f"decimal({self.precision},{self.scale})"
        if self.kind is Kind.VARCHAR and self.precision is not None:
            return f"varchar({self.precision})"
        if self.kind is Kind.TIMESTAMP:
            return f"timestamp({self.second_digits})"
        if self.kind is Kind.TIMESTAMP_TZ:
            return f"timestamp({self.second_digits}) with time zone"
        return str(self.kind.value)

    @property
    def second_digits(self) -> int:
        """How many digits follow a timestamp's second."""
        return self.precision or MILLISECOND_DIGITS

    @property
    def duckdb(self) -> str:
        """DuckDB's name of the type that carries this one's values."""
        return _DUCKDB_NAMES.get(self.kind, f"DECIMAL({self.precision},{self.scale})")


# A timestamp with time zone is held as the UTC instant: the only zone that this plane lets in is UTC.
_DUCKDB_NAMES: dict[Kind, str] = {
    Kind.UNKNOWN: "INTEGER",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TINYINT: "TINYINT",
    Kind.SMALLINT: "SMALLINT",
    Kind.INTEGER: "INTEGER",
    Kind.BIGINT: "BIGINT",
    Kind.REAL: "FLOAT",
    Kind.DOUBLE: "DOUBLE",
    Kind.VARCHAR: "VARCHAR",
    Kind.VARBINARY: "BLOB",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.TIMESTAMP_TZ: "TIMESTAMP",
    Kind.INTERVAL_DAY: "INTERVAL",
    Kind.INTERVAL_MONTH: "INTERVAL",
}

UNKNOWN = Type(Kind.UNKNOWN)
BOOLEAN = Type(Kind.BOOLEAN)
INTEGER = Type(Kind.INTEGER)
BIGINT = Type(Kind.BIGINT)
REAL = Type(Kind.REAL)
DOUBLE = Type(Kind.DOUBLE)
VARCHAR = Type(Kind.VARCHAR)
DATE = Type(Kind.DATE)
TIMESTAMP = Type(Kind.TIMESTAMP)
TIMESTAMP_MICROS = Type(Kind.TIMESTAMP, MICROSECOND_DIGITS)
TIMESTAMP_TZ = Type(Kind.TIMESTAMP_TZ)
TIMESTAMP_TZ_MICROS = Type(Kind.TIMESTAMP_TZ, MICROSECOND_DIGITS)
VARBINARY = Type(Kind.VARBINARY)


def decimal(precision: int, scale: int) -> Type:
    """Return a decimal type, its precision cut to Trino's 38."""
    return Type(Kind.DECIMAL, min(MAX_DECIMAL_PRECISION, precision), scale)


def varchar(length: int) -> Type:
    """Return a varchar of bounded length."""
    return Type(Kind.VARCHAR, length)


_GLUE_NAMES = {
    "string": VARCHAR,
    "boolean": BOOLEAN,
    "tinyint": Type(Kind.TINYINT),
    "smallint": Type(Kind.SMALLINT),
    "int": INTEGER,
    "integer": INTEGER,
    "bigint": BIGINT,
    "float": REAL,
    "double": DOUBLE,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "binary": VARBINARY,
}


def from_glue(text: str) -> Type | None:
    """Return the type that a Glue column's type string names, ``None`` if this plane does not know it."""
    name = text.strip().lower()
    if known := _GLUE_NAMES.get(name):
        return known
    if match := re.fullmatch(r"decimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", name):
        return decimal(int(match[1]), int(match[2] or 0))
    if match := re.fullmatch(r"varchar\(\s*(\d+)\s*\)", name):
        return varchar(int(match[1]))
    return None


def as_decimal(type_: Type) -> Type:
    """Return the decimal that an integer type coerces to (a decimal stays itself)."""
    return type_ if type_.kind is Kind.DECIMAL else decimal(_DECIMAL_DIGITS[type_.kind], 0)


def common(left: Type, right: Type) -> Type | None:
    """Return the type that both coerce to without a cast, ``None`` if there is none."""
    if left == right or right.kind is Kind.UNKNOWN:
        return left
    if left.kind is Kind.UNKNOWN:
        return right
    kinds = {left.kind, right.kind}
    if kinds <= NUMBERS:
        return _common_number(left, right)
    if kinds == {Kind.VARCHAR}:
        unbounded = left.precision is None or right.precision is None
        return VARCHAR if unbounded else varchar(max(left.precision or 0, right.precision or 0))
    if kinds <= MOMENTS:
        kind = Kind.TIMESTAMP_TZ if Kind.TIMESTAMP_TZ in kinds else Kind.TIMESTAMP
        return Type(kind, left.precision or right.precision)
    return None


def _common_number(left: Type, right: Type) -> Type:
    widest = max(left, right, key=lambda type_: _NUMBER_ORDER.index(type_.kind))
    if widest.kind is not Kind.DECIMAL:
        return widest
    a, b = as_decimal(left), as_decimal(right)
    scale = max(a.scale, b.scale)
    whole = max((a.precision or 0) - a.scale, (b.precision or 0) - b.scale)
    return decimal(whole + scale, scale)


def arithmetic(operator: str, left: Type, right: Type) -> Type | None:
    """Return the type of ``left operator right`` for numbers (``+ - * / %``), ``None`` if there is no such operator."""
    if not {left.kind, right.kind} <= NUMBERS:
        return None
    widest = _common_number(left, right)
    if widest.kind is not Kind.DECIMAL:
        return widest
    a, b = as_decimal(left), as_decimal(right)
    a_digits, b_digits = a.precision or 0, b.precision or 0
    scale = max(a.scale, b.scale)
    if operator in "+-":
        return decimal(max(a_digits - a.scale, b_digits - b.scale) + scale + 1, scale)
    if operator == "*":
        return decimal(a_digits + b_digits, a.scale + b.scale) if a.scale + b.scale <= MAX_DECIMAL_PRECISION else None
    if operator == "/":
        return decimal(a_digits + b.scale + max(b.scale - a.scale, 0), scale)
    return decimal(min(a_digits - a.scale, b_digits - b.scale) + scale, scale)
