"""Functions on numbers (https://trino.io/docs/current/functions/math.html)."""

from __future__ import annotations

from .functions import Build, Call, UnsupportedCallError, first_of, fit_all, fixed
from .operators import arithmetic
from .scopes import Value
from .trino_types import BIGINT, BOOLEAN, DOUBLE, INTEGER, INTEGERS, NUMBERS, REAL, TEXT, VARCHAR, Kind, decimal

_INEXACT = frozenset({Kind.REAL, Kind.DOUBLE})


def _kept(function: str) -> Build:
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
        return (_kept if is_inexact else _whole)("round")(call)
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
        values, digits = fit_all(call, NUMBERS, BIGINT), _integer_literal(call, 1)
        if values is None or values[0].type.kind is not Kind.DECIMAL:
            return None
        if digits is None:
            raise UnsupportedCallError("truncate to a number of digits that is not a literal")
        type_ = values[0].type
        power = 10 ** max(type_.scale - digits, 0)
        cut = f"rescaled(CAST(unscaled({values[0].sql}) // {power} AS HUGEINT) * {power}, {type_.scale})"
        return Value(f"CAST({cut} AS {type_.duckdb})", type_)
    if len(call.arguments) == 1 and call.arguments[0].type.kind is Kind.DECIMAL:
        type_ = call.arguments[0].type
        result = decimal(max((type_.precision or 0) - type_.scale, 1), 0)
        return Value(f"CAST(trunc({call.arguments[0].sql}) AS {result.duckdb})", result)
    return first_of(fixed("trunc({0})", REAL, REAL), _double("trunc({0})"))(call)


def _integer_literal(call: Call, index: int) -> int | None:
    node = call.nodes[index]
    sign, inner = (-1, node.this) if node.key == "neg" else (1, node)
    return sign * int(inner.this) if inner.key == "literal" and str(inner.this).isdigit() else None


def _double(template: str) -> Build:
    return fixed(template, DOUBLE, DOUBLE)


def _logarithm(function: str) -> Build:
    return _double(
        f"CASE WHEN {{0}} > 0 THEN {function}({{0}}) WHEN {{0}} = 0 THEN '-Infinity'::DOUBLE ELSE 'NaN'::DOUBLE END"
    )


def _mod(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS, NUMBERS)
    return values and arithmetic("%", values[0], values[1], None)


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
    refused = "fail('INVALID_FUNCTION_ARGUMENT: bound must be positive')"
    number = f"({low} + CAST(floor(random() * ({high} - {low})) AS {type_.duckdb}))"
    return Value(f"CAST(CASE WHEN {high} <= {low} THEN {refused} ELSE {number} END AS {type_.duckdb})", type_)


def _power(call: Call) -> Value | None:
    return fixed("pow({0}, {1})", DOUBLE, DOUBLE, DOUBLE)(call)


_BUCKET = (
    "CASE WHEN {3} <= 0 THEN fail('INVALID_FUNCTION_ARGUMENT: bucketCount must be greater than 0') "
    "WHEN {1} = {2} THEN fail('INVALID_FUNCTION_ARGUMENT: bounds cannot equal each other') "
    "WHEN {1} < {2} THEN CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1 "
    "ELSE CAST(floor({3} * ({0} - {1}) / ({2} - {1})) AS BIGINT) + 1 END "
    "ELSE CASE WHEN {0} > {1} THEN 0 WHEN {0} <= {2} THEN {3} + 1 "
    "ELSE CAST(floor({3} * ({1} - {0}) / ({1} - {2})) AS BIGINT) + 1 END END"
)
# One step of Newton's method takes off DuckDB's error in the last digit.
_CUBE_ROOT = (
    "CASE WHEN {0} = 0 OR NOT isfinite({0}) THEN {0} "
    "ELSE cbrt({0}) - (pow(cbrt({0}), 3) - {0}) / (3 * pow(cbrt({0}), 2)) END"
)
_RADIX = "CASE WHEN {1} NOT BETWEEN 2 AND 36 THEN fail('INVALID_FUNCTION_ARGUMENT: Radix must be between 2 and 36') "

MATH_SCALARS: dict[str, Build] = {
    "abs": _kept("abs"),
    "acos": _double("CASE WHEN abs({0}) > 1 THEN 'NaN'::DOUBLE ELSE acos({0}) END"),
    "asin": _double("CASE WHEN abs({0}) > 1 THEN 'NaN'::DOUBLE ELSE asin({0}) END"),
    "atan": _double("atan({0})"),
    "atan2": fixed("atan2({0}, {1})", DOUBLE, DOUBLE, DOUBLE),
    "cbrt": _double(_CUBE_ROOT),
    "ceil": _whole("ceil"),
    "ceiling": _whole("ceil"),
    "cos": _double("cos({0})"),
    "cosh": _double("cosh({0})"),
    "degrees": _double("degrees({0})"),
    "e": fixed("exp(1::DOUBLE)", DOUBLE),
    "exp": _double("exp({0})"),
    "floor": _whole("floor"),
    "from_base": fixed("CAST(checked(py_from_base({0}, {1})) AS BIGINT)", BIGINT, TEXT, BIGINT),
    "infinity": fixed("'Infinity'::DOUBLE", DOUBLE),
    "is_finite": fixed("isfinite({0})", BOOLEAN, DOUBLE),
    "is_infinite": fixed("isinf({0})", BOOLEAN, DOUBLE),
    "is_nan": fixed("isnan({0})", BOOLEAN, DOUBLE),
    "ln": _logarithm("ln"),
    "log": fixed("(ln({1}) / ln({0}))", DOUBLE, DOUBLE, DOUBLE),
    "log10": _logarithm("log10"),
    "log2": _logarithm("log2"),
    "mod": _mod,
    "nan": fixed("'NaN'::DOUBLE", DOUBLE),
    "pi": fixed("pi()", DOUBLE),
    "pow": _power,
    "power": _power,
    "radians": _double("radians({0})"),
    "rand": _random,
    "random": _random,
    "round": _round,
    "sign": _sign,
    "sin": _double("sin({0})"),
    "sinh": _double("sinh({0})"),
    "sqrt": _double("CASE WHEN {0} < 0 THEN 'NaN'::DOUBLE ELSE sqrt({0}) END"),
    "tan": _double("tan({0})"),
    "tanh": _double("tanh({0})"),
    "to_base": fixed(_RADIX + "ELSE py_to_base({0}, {1}) END", VARCHAR, BIGINT, BIGINT),
    "truncate": _truncate,
    "width_bucket": fixed(_BUCKET, BIGINT, DOUBLE, DOUBLE, DOUBLE, INTEGER),
}
