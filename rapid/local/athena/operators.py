"""Comparison and arithmetic with Trino's coercions and result types.

Sources: https://trino.io/docs/current/functions/comparison.html, …/math.html, …/decimal.html, …/datetime.html.
"""

from __future__ import annotations

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .functions import coerce
from .scopes import Value
from .time_zones import instant, wall_time
from .trino_types import (
    BIGINT,
    BOOLEAN,
    COMPARABLE,
    DATE,
    DOUBLE,
    INTEGERS,
    INTERVAL_DAY,
    INTERVALS,
    MILLISECOND_DIGITS,
    MOMENTS,
    NUMBERS,
    STRUCTURES,
    UNKNOWN,
    Kind,
    Type,
    as_decimal,
    as_instant,
    common,
    with_digits,
)
from .trino_types import arithmetic as arithmetic_type

_INEXACT = frozenset({Kind.REAL, Kind.DOUBLE})
_NULL_SAFE = ("IS DISTINCT FROM", "IS NOT DISTINCT FROM")


def operands(operator: str, left: Value, right: Value, position: Position | None) -> tuple[Value, Value]:
    """Return both values as the type they share; raises TYPE_MISMATCH if they share none."""
    shared = common(as_instant(left.type), as_instant(right.type))
    if shared is None or shared.kind not in COMPARABLE:
        raise _mismatch(operator, left, right, position)
    return coerce(left, shared), coerce(right, shared)


def comparison(operator: str, left: Value, right: Value, position: Position | None) -> Value:
    """Return ``left operator right``."""
    a, b = operands(operator, left, right, position)
    if operator in _NULL_SAFE:
        return Value(f"({a.sql} {operator} {b.sql})", BOOLEAN)
    if a.type.kind in STRUCTURES:
        if operator not in ("=", "<>"):
            raise not_supported(f"'{operator}' between values of type {a.type}", position)
        same = equality(a.sql, b.sql, a.type)
        return Value(f"(NOT {same})" if operator == "<>" else same, BOOLEAN)
    return Value(_compared(operator, a.sql, b.sql, a.type), BOOLEAN)


def equality(left: str, right: str, type_: Type, depth: int = 0) -> str:
    """Return the SQL of an equality that is unknown where Trino's is: if a null inside decides it."""
    if type_.kind is Kind.ROW:
        fields = (
            equality(f"struct_extract({left}, 'f{index}')", f"struct_extract({right}, 'f{index}')", inner, depth)
            for index, inner in enumerate(type_.arguments)
        )
        return f"({' AND '.join(fields)})"
    if type_.kind is Kind.ARRAY:
        name = f"q{depth}"
        inner = equality(f"{name}[1]", f"{name}[2]", type_.arguments[0], depth + 1)
        each = f"list_transform(list_zip({left}, {right}), lambda {name}: {inner})"
        unknown = f"{left} IS NULL OR {right} IS NULL"
        return f"CASE WHEN {unknown} THEN NULL WHEN len({left}) <> len({right}) THEN FALSE ELSE all_true({each}) END"
    if type_.kind is Kind.MAP:
        raise not_supported("Comparison of maps")
    return _compared("=", left, right, type_)


def _compared(operator: str, left: str, right: str, type_: Type) -> str:
    """NaN is equal to nothing, nor smaller or greater; DuckDB puts it above all numbers."""
    written = f"({left} {operator} {right})"
    sides = [side for side in (left, right) if not side.startswith("CAST('")]
    if type_.kind not in _INEXACT or not sides:
        return written
    nan = " OR ".join(f"isnan({side})" for side in sides)
    otherwise = "TRUE" if operator == "<>" else "FALSE"
    return f"(CASE WHEN {nan} THEN {otherwise} ELSE {written} END)"


def arithmetic(operator: str, left: Value, right: Value, position: Position | None) -> Value:
    """Return ``left operator right`` for numbers, intervals, or a moment moved by an interval."""
    kinds = {left.type.kind, right.type.kind}
    if kinds & INTERVALS or (kinds <= MOMENTS and operator == "-"):
        return _with_interval(operator, left, right, position)
    if UNKNOWN in (left.type, right.type):
        known = right.type if left.type is UNKNOWN else left.type
        left, right = coerce(left, known), coerce(right, known)
    result = arithmetic_type(operator, left.type, right.type)
    if result is None:
        raise _mismatch(operator, left, right, position)
    if result.kind is Kind.DECIMAL:
        return _decimal(operator, left, right, result)
    a, b = coerce(left, result).sql, coerce(right, result).sql
    if operator == "/" and result.kind in INTEGERS:
        operator = "//"  # towards zero in both engines; a zero divisor fails in both
    if operator == "%" and result.kind in _INEXACT:
        return Value(f"(CASE WHEN {b} = 0 THEN CAST('NaN' AS {result.duckdb}) ELSE {a} % {b} END)", result)
    return Value(f"({a} {operator} {b})", result)


def _decimal(operator: str, left: Value, right: Value, result: Type) -> Value:
    a, b = coerce(left, as_decimal(left.type)), coerce(right, as_decimal(right.type))
    if operator == "/":
        shift = result.scale - a.type.scale + b.type.scale
        dividend = f"unscaled({a.sql}) * {10**shift}::HUGEINT" if shift else f"unscaled({a.sql})"
        quotient = f"rescaled(round_divide({dividend}, unscaled({b.sql})), {result.scale})"
        return Value(f"CAST({quotient} AS {result.duckdb})", result)
    return Value(f"CAST(({a.sql} {operator} {b.sql}) AS {result.duckdb})", result)


def _with_interval(operator: str, left: Value, right: Value, position: Position | None) -> Value:
    kinds = (left.type.kind, right.type.kind)
    if operator == "-" and set(kinds) <= MOMENTS and (kinds[0] is Kind.DATE) == (kinds[1] is Kind.DATE):
        micros = f"epoch_us({left.sql}) - epoch_us({right.sql})"
        return Value(f"CAST(({micros}) // 1000 AS BIGINT)", INTERVAL_DAY)
    if operator in "+-" and kinds[0] == kinds[1]:
        return Value(f"({left.sql} {operator} {right.sql})", left.type)
    if operator == "*" and kinds[0] in NUMBERS and kinds[1] in INTERVALS:
        left, right, kinds = right, left, (kinds[1], kinds[0])
    if operator in "*/" and kinds[0] in INTERVALS and kinds[1] in NUMBERS:
        factor = coerce(right, BIGINT if operator == "*" and kinds[1] in INTEGERS else DOUBLE)
        if operator == "/":
            zero = "fail('DIVISION_BY_ZERO: Division by zero')"
            return Value(f"CAST(trunc(CASE WHEN {factor.sql} = 0 THEN {zero} ELSE "
                         f"{left.sql} / {factor.sql} END) AS BIGINT)", left.type)  # fmt: skip
        return Value(f"CAST(trunc({left.sql} * {factor.sql}) AS BIGINT)", left.type)
    if operator == "+" and kinds[0] in INTERVALS:
        left, right, kinds = right, left, (kinds[1], kinds[0])
    if operator in "+-" and kinds[0] in MOMENTS and kinds[1] in INTERVALS:
        return moved(left, right if operator == "+" else Value(f"(-{right.sql})", right.type))
    raise _mismatch(operator, left, right, position)


def moved(moment: Value, interval: Value) -> Value:
    """Return a moment moved by an interval: months and days by its zone's calendar."""
    type_ = moment.type
    if interval.type.kind is Kind.INTERVAL_MONTH:
        later = f"{wall_time(moment)} + to_months(CAST({interval.sql} AS INTEGER))"
        if type_.kind is Kind.TIMESTAMP_TZ:
            later = instant(f"({later})", type_.zone)
        return Value(f"CAST({later} AS {type_.duckdb})", type_)
    if type_.kind is not Kind.DATE:
        digits = max(type_.second_digits, MILLISECOND_DIGITS)
        return Value(f"({moment.sql} + to_milliseconds({interval.sql}))", with_digits(type_.kind, digits, type_.zone))
    partial = "fail('INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date')"
    days = f"CASE WHEN {interval.sql} % 86400000 <> 0 THEN {partial} ELSE {interval.sql} // 86400000 END"
    return Value(f"({moment.sql} + CAST({days} AS INTEGER))", DATE)


def _mismatch(operator: str, left: Value, right: Value, position: Position | None) -> QueryFailedError:
    if Kind.TIME in (left.type.kind, right.type.kind):
        return not_supported(f"{left.type} {operator} {right.type}", position)
    message = f"Cannot apply operator: {left.type} {operator} {right.type}"
    return QueryFailedError(ErrorName.TYPE_MISMATCH, message, position)
