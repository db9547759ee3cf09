"""Trino's types as far as the local Athena knows them: names, coercions, results of arithmetic.

Sources: https://trino.io/docs/current/language/types.html, https://trino.io/docs/current/functions/decimal.html,
https://docs.aws.amazon.com/athena/latest/ug/data-types.html.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .errors import not_supported

MAX_DECIMAL_PRECISION = 38
MILLISECOND_DIGITS = 3
MICROSECOND_DIGITS = 6
UNBOUNDED_VARCHAR_LENGTH = 2147483647
UTC_ZONE = "UTC"


class Kind(enum.Enum):
    """A type without its parameters: Trino's name, DuckDB's of the type that carries its values, and Hive's.

    A timestamp with time zone is held as the UTC instant, an interval as milliseconds or months, JSON as its text.
    """

    UNKNOWN = ("unknown", "INTEGER")
    BOOLEAN = ("boolean", "BOOLEAN", "boolean")
    TINYINT = ("tinyint", "TINYINT", "tinyint")
    SMALLINT = ("smallint", "SMALLINT", "smallint")
    INTEGER = ("integer", "INTEGER", "int")
    BIGINT = ("bigint", "BIGINT", "bigint")
    DECIMAL = ("decimal",)
    REAL = ("real", "FLOAT", "float")
    DOUBLE = ("double", "DOUBLE", "double")
    VARCHAR = ("varchar", "VARCHAR", "string")
    VARBINARY = ("varbinary", "BLOB", "binary")
    DATE = ("date", "DATE", "date")
    TIME = ("time", "TIME")
    TIMESTAMP = ("timestamp", "TIMESTAMP", "timestamp")
    TIMESTAMP_TZ = ("timestamp with time zone", "TIMESTAMP")
    INTERVAL_DAY = ("interval day to second", "BIGINT")
    INTERVAL_MONTH = ("interval year to month", "BIGINT")
    JSON = ("json", "VARCHAR")
    UUID = ("uuid", "UUID")
    ARRAY = ("array",)
    MAP = ("map",)
    ROW = ("row",)
    FUNCTION = ("function",)
    VARIABLE = ("variable",)

    def __init__(self, trino: str, duckdb: str = "", hive: str = "") -> None:
        self.trino = trino
        self.duckdb = duckdb
        self.hive = hive


INTEGER_BITS = {Kind.TINYINT: 8, Kind.SMALLINT: 16, Kind.INTEGER: 32, Kind.BIGINT: 64}
INTEGERS = frozenset(INTEGER_BITS)
NUMBERS = INTEGERS | {Kind.DECIMAL, Kind.REAL, Kind.DOUBLE}
TEXT = frozenset({Kind.VARCHAR})
MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ})
CLOCK_MOMENTS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMP_TZ})
INTERVALS = frozenset({Kind.INTERVAL_DAY, Kind.INTERVAL_MONTH})
STRUCTURES = frozenset({Kind.ARRAY, Kind.MAP, Kind.ROW})
ANY = frozenset(Kind) - {Kind.FUNCTION, Kind.VARIABLE}
COMPARABLE = ANY - {Kind.MAP, Kind.JSON}

_NUMBER_ORDER = (Kind.TINYINT, Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT, Kind.DECIMAL, Kind.REAL, Kind.DOUBLE)
_DECIMAL_DIGITS = {Kind.TINYINT: 3, Kind.SMALLINT: 5, Kind.INTEGER: 10, Kind.BIGINT: 19}


@dataclass(frozen=True)
class Type:
    """A Trino type.

    ``precision`` is a decimal's digits, a varchar's length (``None``: unbounded), or the digits of a time's or
    timestamp's second (``None``: 3). ``arguments`` are the types inside a structure, ``names`` a row's field names.
    ``zone`` is the time zone of all values of a timestamp with time zone: in Trino each value has its own, here the
    query's text must tell it.
    """

    kind: Kind
    precision: int | None = None
    scale: int = 0
    arguments: tuple[Type, ...] = ()
    names: tuple[str | None, ...] = ()
    zone: str = UTC_ZONE

    def __str__(self) -> str:
        if self.kind is Kind.DECIMAL:
            return f"decimal({self.precision},{self.scale})"
        if self.kind is Kind.VARCHAR and self.precision is not None:
            return f"varchar({self.precision})"
        if self.kind in (Kind.TIME, Kind.TIMESTAMP):
            return f"{self.kind.trino}({self.second_digits})"
        if self.kind is Kind.TIMESTAMP_TZ:
            return f"timestamp({self.second_digits}) with time zone"
        if self.kind is Kind.ROW:
            fields = zip(self.names, self.arguments, strict=True)
            return f"row({', '.join(f'{name} {type_}' if name else str(type_) for name, type_ in fields)})"
        if self.kind in STRUCTURES:
            return f"{self.kind.trino}({', '.join(map(str, self.arguments))})"
        return self.kind.trino

    @property
    def second_digits(self) -> int:
        """How many digits follow a time's or timestamp's second."""
        return MILLISECOND_DIGITS if self.precision is None else self.precision

    @property
    def duckdb(self) -> str:
        """DuckDB's name of the type that carries this one's values; the fields of a row are called f0, f1 …."""
        inner = [type_.duckdb for type_ in self.arguments]
        if self.kind is Kind.DECIMAL:
            return f"DECIMAL({self.precision},{self.scale})"
        if self.kind is Kind.ARRAY:
            return f"{inner[0]}[]"
        if self.kind is Kind.MAP:
            return f"MAP({inner[0]}, {inner[1]})"
        if self.kind is Kind.ROW:
            return f"STRUCT({', '.join(f'f{index} {name}' for index, name in enumerate(inner))})"
        return self.kind.duckdb


UNKNOWN = Type(Kind.UNKNOWN)
TINYINT = Type(Kind.TINYINT)
SMALLINT = Type(Kind.SMALLINT)
BOOLEAN = Type(Kind.BOOLEAN)
INTEGER = Type(Kind.INTEGER)
BIGINT = Type(Kind.BIGINT)
REAL = Type(Kind.REAL)
DOUBLE = Type(Kind.DOUBLE)
VARCHAR = Type(Kind.VARCHAR)
DATE = Type(Kind.DATE)
TIME = Type(Kind.TIME)
TIMESTAMP = Type(Kind.TIMESTAMP)
TIMESTAMP_TZ = Type(Kind.TIMESTAMP_TZ)
TIMESTAMP_MICROS = Type(Kind.TIMESTAMP, MICROSECOND_DIGITS)
TIMESTAMP_TZ_MICROS = Type(Kind.TIMESTAMP_TZ, MICROSECOND_DIGITS)
VARBINARY = Type(Kind.VARBINARY)
INTERVAL_DAY = Type(Kind.INTERVAL_DAY)
INTERVAL_MONTH = Type(Kind.INTERVAL_MONTH)
JSON = Type(Kind.JSON)
FUNCTION = Type(Kind.FUNCTION)
UUID = Type(Kind.UUID)


def decimal(precision: int, scale: int) -> Type:
    """Return a decimal type, its precision cut to Trino's 38."""
    return Type(Kind.DECIMAL, min(MAX_DECIMAL_PRECISION, precision), scale)


def varchar(length: int) -> Type:
    """Return a varchar of bounded length."""
    return Type(Kind.VARCHAR, length)


def with_digits(kind: Kind, digits: int, zone: str = UTC_ZONE) -> Type:
    """Return a time or timestamp type whose seconds have this many digits."""
    return Type(kind, None if digits == MILLISECOND_DIGITS else digits, zone=zone)


def array(element: Type) -> Type:
    """Return the type of arrays."""
    return Type(Kind.ARRAY, arguments=(element,))


def map_of(key: Type, value: Type) -> Type:
    """Return the type of maps."""
    return Type(Kind.MAP, arguments=(key, value))


def row(types: Sequence[Type], names: Sequence[str | None] | None = None) -> Type:
    """Return the type of rows; without names its fields are anonymous."""
    return Type(Kind.ROW, arguments=tuple(types), names=tuple(names) if names else (None,) * len(types))


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
        return _common_moment(left, right)
    if kinds == {Kind.TIME}:
        return with_digits(Kind.TIME, max(left.second_digits, right.second_digits))
    if len(kinds) == 1 and left.kind in STRUCTURES and len(left.arguments) == len(right.arguments):
        return _common_structure(left, right)
    return None


def _common_moment(left: Type, right: Type) -> Type:
    """A date takes the other's digits. Without a zone, UTC is meant: the session's zone."""
    clocks = [type_ for type_ in (left, right) if type_.kind in CLOCK_MOMENTS]
    digits = max(type_.second_digits for type_ in clocks)
    zoned = [type_ for type_ in clocks if type_.kind is Kind.TIMESTAMP_TZ]
    if not zoned:
        return with_digits(Kind.TIMESTAMP, digits)
    zones = {type_.zone for type_ in zoned} | ({UTC_ZONE} if len(zoned) == 1 else set())
    if len(zones) > 1:
        raise not_supported(f"One column of timestamps in several time zones ({', '.join(sorted(zones))})")
    return with_digits(Kind.TIMESTAMP_TZ, digits, *zones)


def as_instant(type_: Type) -> Type:
    """Return the type without its time zone: all that a comparison looks at."""
    return replace(type_, zone=UTC_ZONE)


def _common_structure(left: Type, right: Type) -> Type | None:
    shared = [common(a, b) for a, b in zip(left.arguments, right.arguments, strict=True)]
    found = tuple(type_ for type_ in shared if type_ is not None)
    if len(found) < len(shared):
        return None
    names = tuple(a if a == b else None for a, b in zip(left.names, right.names, strict=True))
    return replace(left, arguments=found, names=names)


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
