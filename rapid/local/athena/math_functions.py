"""Functions on numbers, and on the bits of integers.

Sources: https://trino.io/docs/current/functions/math.html, …/bitwise.html.
"""

from __future__ import annotations

from .functions import Build, Call, UnsupportedCallError, described, first_of, fit_all
from .operators import arithmetic
from .scopes import Value
from .trino_types import BIGINT, DOUBLE, INTEGERS, NUMBERS, Kind, decimal


def _whole(function: str) -> Build:
    """ceiling, floor, round: integers stay, decimals lose their fraction (and may gain a digit)."""

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
        return _whole("round")(call)
    values = fit_all(call, NUMBERS, BIGINT)
    if values is None:
        return None
    value, digits = values[0], _integer_literal(call, 1)
    if digits is None:
        raise UnsupportedCallError("round to a number of digits that is not a literal")
    if value.type.kind is Kind.DECIMAL:
        result = decimal((value.type.precision or 0) + 1, value.type.scale)
        return Value(f"CAST(round(CAST({value.sql} AS {result.duckdb}), {digits}) AS {result.duckdb})", result)
    return Value(f"CAST(round({value.sql}, {digits}) AS {value.type.duckdb})", value.type)


def _truncate(call: Call) -> Value | None:
    if len(call.arguments) == 2:
        raise UnsupportedCallError("truncate to a number of digits")
    if len(call.arguments) == 1 and call.arguments[0].type.kind is Kind.DECIMAL:
        type_ = call.arguments[0].type
        result = decimal(max((type_.precision or 0) - type_.scale, 1), 0)
        return Value(f"CAST(trunc({call.arguments[0].sql}) AS {result.duckdb})", result)
    return None


def _integer_literal(call: Call, index: int) -> int | None:
    node = call.nodes[index]
    sign, inner = (-1, node.this) if node.key == "neg" else (1, node)
    return sign * int(inner.this) if inner.key == "literal" and str(inner.this).isdigit() else None


def _mod(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS, NUMBERS)
    return arithmetic("%", values[0], values[1], None) if values else None


def _sign(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS)
    if values is None:
        return None
    type_ = decimal(1, 0) if values[0].type.kind is Kind.DECIMAL else values[0].type
    return Value(f"CAST(sign({values[0].sql}) AS {type_.duckdb})", type_)


def _random(call: Call) -> Value | None:
    """Every call gives another number: at least 0, below 1 or the bound."""
    if not call.arguments:
        return Value("random()", DOUBLE)
    values = fit_all(call, INTEGERS) or fit_all(call, INTEGERS, INTEGERS)
    if values is None:
        return None
    type_ = max((value.type for value in values), key=lambda found: list(Kind).index(found.kind))
    low, high = ("0", values[0].sql) if len(values) == 1 else (values[0].sql, values[1].sql)
    number = f"({low} + CAST(floor(random() * ({high} - {low})) AS {type_.duckdb}))"
    return Value(
        f"CAST(CASE WHEN {high} <= {low} THEN invalid('bound must be positive') ELSE {number} END AS {type_.duckdb})",
        type_,
    )


MATH_SCALARS: dict[str, Build] = {
    **described("""
        abs(number) same = abs({0})
        acos(double) double = CASE WHEN abs({0}) > 1 THEN 'NaN'::DOUBLE ELSE acos({0}) END
        asin(double) double = CASE WHEN abs({0}) > 1 THEN 'NaN'::DOUBLE ELSE asin({0}) END
        atan(double) double = atan({0})
        atan2(double, double) double = atan2({0}, {1})
        bitwise_and(bigint, bigint) bigint = ({0} & {1})
        bitwise_not(bigint) bigint = (~{0})
        bitwise_or(bigint, bigint) bigint = ({0} | {1})
        bitwise_xor(bigint, bigint) bigint = xor({0}, {1})
        cos(double) double = cos({0})
        degrees(double) double = degrees({0})
        e() double = exp(1::DOUBLE)
        exp(double) double = exp({0})
        infinity() double = 'Infinity'::DOUBLE
        is_finite(double) boolean = isfinite({0})
        is_infinite(double) boolean = isinf({0})
        is_nan(double) boolean = isnan({0})
        ln(double) double = ln_or_nan({0})
        log(double, double) double = (ln({1}) / ln({0}))
        log10(double) double = CASE WHEN {0} > 0 THEN log10({0}) ELSE ln_or_nan({0}) END
        log2(double) double = CASE WHEN {0} > 0 THEN log2({0}) ELSE ln_or_nan({0}) END
        nan() double = 'NaN'::DOUBLE
        pi() double = pi()
        pow(double, double) double = pow({0}, {1})
        power(double, double) double = pow({0}, {1})
        radians(double) double = radians({0})
        sin(double) double = sin({0})
        sqrt(double) double = CASE WHEN {0} < 0 THEN 'NaN'::DOUBLE ELSE sqrt({0}) END
        tan(double) double = tan({0})
        truncate(real) real = trunc({0})
        truncate(double) double = trunc({0})
        width_bucket(double, double, double, integer) bigint = bucket({0}, {1}, {2}, {3})
    """),
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "floor": _whole("floor"),
    "mod": _mod,
    "rand": _random,
    "random": _random,
    "round": _round,
    "sign": _sign,
}
MATH_SCALARS["truncate"] = first_of(_truncate, MATH_SCALARS["truncate"])
