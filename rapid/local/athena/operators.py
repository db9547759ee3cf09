"""Comparison and arithmetic with Trino's coercions and result types.

Sources: https://trino.io/docs/current/functions/comparison.html, …/math.html, …/decimal.html, …/datetime.html.
"""

from __future__ import annotations

from sqlglot import exp

from .errors import ErrorName, Position, QueryFailedError, not_supported
from .functions import coerce
from .scopes import Value
from .trino_types import (
    BOOLEAN,
    COMPARABLE,
    INTEGERS,
    INTERVALS,
    MOMENTS,
    UNKNOWN,
    Kind,
    Type,
    as_decimal,
    common,
)
from .trino_types import arithmetic as arithmetic_type

_CALENDAR_UNITS = ("DAY", "MONTH", "YEAR")


def operands(operator: str, left: Value, right: Value, position: Position | None) -> tuple[Value, Value]:
    """Return both values as the type they share; raises TYPE_MISMATCH if they share none."""
    shared = common(left.type, right.type)
    if shared is None or shared.kind not in COMPARABLE:
        raise _mismatch(operator, left, right, position)
    return coerce(left, shared), coerce(right, shared)


def comparison(operator: str, left: Value, right: Value, position: Position | None) -> Value:
    """Return ``left operator right``."""
    a, b = operands(operator, left, right, position)
    return Value(f"({a.sql} {operator} {b.sql})", BOOLEAN)


def arithmetic(operator: str, left: Value, right: Value, node: exp.Expr, position: Position | None) -> Value:
    """Return ``left operator right`` for numbers, or a date or timestamp moved by an interval."""
    kinds = {left.type.kind, right.type.kind}
    if kinds & INTERVALS or kinds <= MOMENTS:
        return _moved(operator, left, right, node, position)
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
    return Value(f"({a} {operator} {b})", result)


def _decimal(operator: str, left: Value, right: Value, result: Type) -> Value:
    a, b = coerce(left, as_decimal(left.type)), coerce(right, as_decimal(right.type))
    if operator == "/":
        shift = result.scale - a.type.scale + b.type.scale
        dividend = f"unscaled({a.sql}) * {10**shift}::HUGEINT" if shift else f"unscaled({a.sql})"
        quotient = f"rescaled(round_divide({dividend}, unscaled({b.sql})), {result.scale})"
        return Value(f"CAST({quotient} AS {result.duckdb})", result)
    return Value(f"CAST(({a.sql} {operator} {b.sql}) AS {result.duckdb})", result)


def _moved(operator: str, left: Value, right: Value, node: exp.Expr, position: Position | None) -> Value:
    moment, interval, written = left, right, node.args.get("expression")
    if operator == "+" and left.type.kind in INTERVALS:
        moment, interval, written = right, left, node.this
    if operator not in "+-" or moment.type.kind not in MOMENTS or interval.type.kind not in INTERVALS:
        if operator == "-" and {left.type.kind, right.type.kind} <= MOMENTS:
            raise not_supported("Subtracting dates (use date_diff)", position)
        raise _mismatch(operator, left, right, position)
    if moment.type.kind is Kind.DATE and not _is_calendar_interval(written):
        raise not_supported("Moving a date by other than whole days, months or years", position)
    return Value(f"CAST({moment.sql} {operator} {interval.sql} AS {moment.type.duckdb})", moment.type)


def _is_calendar_interval(node: exp.Expr | None) -> bool:
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return isinstance(node, exp.Interval) and node.args["unit"].name.upper() in _CALENDAR_UNITS


def _mismatch(operator: str, left: Value, right: Value, position: Position | None) -> QueryFailedError:
    message = f"Cannot apply operator: {left.type} {operator} {right.type}"
    return QueryFailedError(ErrorName.TYPE_MISMATCH, message, position)
