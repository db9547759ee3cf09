"""Scalar functions on numbers and text, and the conditional ones.

Sources: https://trino.io/docs/current/functions/math.html, …/string.html, …/conditional.html, …/regexp.html.
"""

from __future__ import annotations

from .functions import Build, Call, UnsupportedCallError, common_of, first_of, fit_all, fits, fixed
from .scopes import Value
from .trino_types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGERS,
    NUMBERS,
    REAL,
    TEXT,
    VARCHAR,
    Kind,
    Type,
    decimal,
)

_INEXACT = frozenset({Kind.REAL, Kind.DOUBLE})
_JAVA_ONLY_REGEX = ("(?=", "(?!", "(?<", "\\G", "\\Z", "&&", "++", "*+", "?+")


def _coalesce(call: Call) -> Value | None:
    values = common_of(call.arguments)
    if values is None or len(values) < 2:
        return None
    return Value(f"coalesce({', '.join(value.sql for value in values)})", values[0].type)


def _nullif(call: Call) -> Value | None:
    values = common_of(call.arguments)
    if values is None or len(values) != 2:
        return None
    first = call.arguments[0]
    return Value(f"CASE WHEN {values[0].sql} = {values[1].sql} THEN NULL ELSE {first.sql} END", first.type)


def _if(call: Call) -> Value | None:
    if len(call.arguments) not in (2, 3) or (condition := fits(call.arguments[0], BOOLEAN)) is None:
        return None
    values = common_of(call.arguments[1:])
    if values is None:
        return None
    otherwise = values[1].sql if len(values) == 2 else "NULL"
    return Value(f"CASE WHEN {condition.sql} THEN {values[0].sql} ELSE {otherwise} END", values[0].type)


def _extreme(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = common_of(call.arguments)
        if not values:
            return None
        nulls = " OR ".join(f"{value.sql} IS NULL" for value in values)
        found = f"{function}({', '.join(value.sql for value in values)})"
        return Value(f"CASE WHEN {nulls} THEN NULL ELSE {found} END", values[0].type)  # Trino: null if any is null

    return build


def _concat(call: Call) -> Value | None:
    if len(call.arguments) < 2 or fit_all(call, *[TEXT] * len(call.arguments)) is None:
        return None
    return Value("(" + " || ".join(value.sql for value in call.arguments) + ")", VARCHAR)


def _substr(call: Call) -> Value | None:
    """Characters count from 1, or from the end if negative; a start outside the text gives an empty text."""
    values = fit_all(call, TEXT, BIGINT) or fit_all(call, TEXT, BIGINT, BIGINT)
    if values is None:
        return None
    text, start = values[0].sql, values[1].sql
    rest = f"substr({text}, {start})"
    if len(values) == 3:
        rest = f"left({rest}, greatest({values[2].sql}, 0))"
    outside = f"{start} = 0 OR abs({start}) > length({text})"
    return Value(f"CASE WHEN {outside} THEN left({text}, 0) ELSE {rest} END", VARCHAR)


def _split_part(call: Call) -> Value | None:
    values = fit_all(call, TEXT, TEXT, BIGINT)
    if values is None:
        return None
    if (index := call.literal(2)) is None or int(index) < 1:
        raise UnsupportedCallError("split_part with an index that is not a positive literal")
    text, separator = values[0].sql, values[1].sql
    parts = f"string_split({text}, {separator})"
    return Value(
        f"CASE WHEN len({parts}) < {index} THEN NULL ELSE split_part({text}, {separator}, {index}) END", VARCHAR
    )


def _regexp(template: str, result: Type) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, TEXT, TEXT)
        if values is None:
            return None
        pattern = call.literal(1)
        if pattern is None or any(construct in pattern for construct in _JAVA_ONLY_REGEX):
            raise UnsupportedCallError(f"{call.name} with a pattern that is not a literal of plain regular expressions")
        return Value(template.format(*(value.sql for value in values)), result)

    return build


def _absolute(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, NUMBERS)
        return Value(f"{function}({values[0].sql})", values[0].type) if values else None

    return build


def _whole(function: str) -> Build:
    """ceiling and floor: integers stay, decimals lose their fraction (and may gain a digit)."""

    def build(call: Call) -> Value | None:
        values = fit_all(call, NUMBERS)
        if values is None:
            return None
        value = values[0]
        if value.type.kind in INTEGERS:
            return value
        if value.type.kind is not Kind.DECIMAL:
            return Value(f"{function}({value.sql})", value.type)
        result = decimal((value.type.precision or 0) - value.type.scale + min(value.type.scale, 1), 0)
        return Value(f"CAST({function}({value.sql}) AS {result.duckdb})", result)

    return build


def _round(call: Call) -> Value | None:
    """Half away from zero. ``round(decimal)`` drops the fraction; ``round(x, n)`` keeps the scale, as Trino's types
    do.
    """
    if len(call.arguments) == 1:
        is_inexact = call.arguments[0].type.kind in _INEXACT
        return (_absolute if is_inexact else _whole)("round")(call)
    values = fit_all(call, NUMBERS, BIGINT)
    if values is None:
        return None
    value, digits = values[0], _integer_literal(call, 1)
    if digits is None:
        raise UnsupportedCallError("round to a number of digits that is not a literal")
    if value.type.kind is Kind.DECIMAL:
        result = decimal((value.type.precision or 0) + 1, value.type.scale)
        wide = decimal((value.type.precision or 0) + 1, value.type.scale)
        return Value(f"CAST(round(CAST({value.sql} AS {wide.duckdb}), {digits}) AS {result.duckdb})", result)
    return Value(f"CAST(round({value.sql}, {digits}) AS {value.type.duckdb})", value.type)


def _integer_literal(call: Call, index: int) -> int | None:
    node = call.nodes[index]
    sign, inner = (-1, node.this) if node.key == "neg" else (1, node)
    return sign * int(inner.this) if inner.key == "literal" and str(inner.this).isdigit() else None


def _number(template: str) -> Build:
    return fixed(template, DOUBLE, DOUBLE)


def _trim(side: str) -> Build:
    return fixed(f"{side}trim({{0}})", VARCHAR, TEXT)


SCALARS: dict[str, Build] = {
    "coalesce": _coalesce,
    "nullif": _nullif,
    "if": _if,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "concat": _concat,
    "lower": fixed("lower({0})", VARCHAR, TEXT),
    "upper": fixed("upper({0})", VARCHAR, TEXT),
    "length": fixed("length({0})", BIGINT, TEXT),
    "trim": _trim(""),
    "ltrim": _trim("l"),
    "rtrim": _trim("r"),
    "reverse": fixed("reverse({0})", VARCHAR, TEXT),
    "replace": first_of(
        fixed("replace({0}, {1}, '')", VARCHAR, TEXT, TEXT), fixed("replace({0}, {1}, {2})", VARCHAR, TEXT, TEXT, TEXT)
    ),
    "substr": _substr,
    "substring": _substr,
    "strpos": fixed("strpos({0}, {1})", BIGINT, TEXT, TEXT),
    "starts_with": fixed("starts_with({0}, {1})", BOOLEAN, TEXT, TEXT),
    "split_part": _split_part,
    "lpad": fixed("lpad({0}, CAST({1} AS INTEGER), {2})", VARCHAR, TEXT, BIGINT, TEXT),
    "rpad": fixed("rpad({0}, CAST({1} AS INTEGER), {2})", VARCHAR, TEXT, BIGINT, TEXT),
    "regexp_like": _regexp("regexp_matches({0}, {1})", BOOLEAN),
    "regexp_extract": _regexp("CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}) END", VARCHAR),
    "abs": _absolute("abs"),
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "floor": _whole("floor"),
    "round": _round,
    "truncate": first_of(fixed("trunc({0})", REAL, REAL), _number("trunc({0})")),
    "sqrt": _number("CASE WHEN {0} < 0 THEN 'NaN'::DOUBLE ELSE sqrt({0}) END"),
    "cbrt": _number("cbrt({0})"),
    "exp": _number("exp({0})"),
    "ln": _number("CASE WHEN {0} > 0 THEN ln({0}) WHEN {0} = 0 THEN '-Infinity'::DOUBLE ELSE 'NaN'::DOUBLE END"),
    "log2": _number("CASE WHEN {0} > 0 THEN log2({0}) WHEN {0} = 0 THEN '-Infinity'::DOUBLE ELSE 'NaN'::DOUBLE END"),
    "log10": _number("CASE WHEN {0} > 0 THEN log10({0}) WHEN {0} = 0 THEN '-Infinity'::DOUBLE ELSE 'NaN'::DOUBLE END"),
    "power": fixed("pow({0}, {1})", DOUBLE, DOUBLE, DOUBLE),
    "pow": fixed("pow({0}, {1})", DOUBLE, DOUBLE, DOUBLE),
    "pi": fixed("pi()", DOUBLE),
    "is_nan": fixed("isnan({0})", BOOLEAN, DOUBLE),
    "is_finite": fixed("isfinite({0})", BOOLEAN, DOUBLE),
}
