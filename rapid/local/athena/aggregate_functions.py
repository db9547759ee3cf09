"""Aggregate functions (https://trino.io/docs/current/functions/aggregate.html).

Trino's approximate aggregates are answered exactly: within any error that Trino allows itself.
"""

from __future__ import annotations

from sqlglot import exp

from .functions import Build, Call, UnsupportedCallError, coerce, fit_all
from .scopes import Value
from .trino_types import (
    ANY,
    BIGINT,
    BOOLEAN,
    COMPARABLE,
    DOUBLE,
    INTEGERS,
    INTERVALS,
    NUMBERS,
    REAL,
    STRUCTURES,
    TEXT,
    VARCHAR,
    Kind,
    array,
    decimal,
    map_of,
)


def _write(call: Call, function: str, *arguments: str) -> str:
    return f"{function}({call.distinct}{', '.join(arguments)}{call.order}){call.suffix}"


def _count(call: Call) -> Value | None:
    if not call.arguments:
        return Value(f"count(*){call.suffix}", BIGINT)
    return Value(_write(call, "count", call.arguments[0].sql), BIGINT) if len(call.arguments) == 1 else None


def _count_if(call: Call) -> Value | None:
    values = fit_all(call, BOOLEAN)
    return Value(_write(call, "count", f"CASE WHEN {values[0].sql} THEN 1 END"), BIGINT) if values else None


def _sum(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS | INTERVALS)
    if values is None or values[0].type.kind is Kind.UNKNOWN:
        return None
    kind, summed = values[0].type.kind, _write(call, "sum", values[0].sql)
    if kind in INTEGERS:
        return Value(f"CAST({summed} AS BIGINT)", BIGINT)
    if kind is Kind.DECIMAL:
        result = decimal(38, values[0].type.scale)
        return Value(f"CAST({summed} AS {result.duckdb})", result)
    return Value(f"CAST({summed} AS {values[0].type.duckdb})", values[0].type)


def _avg(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS)
    if values is None or values[0].type.kind is Kind.UNKNOWN:
        return None
    value = values[0]
    if value.type.kind is not Kind.DECIMAL:
        result = REAL if value.type.kind is Kind.REAL else DOUBLE
        return Value(f"CAST({_write(call, 'avg', coerce(value, DOUBLE).sql)} AS {result.duckdb})", result)
    total, count = _write(call, "sum", value.sql), _write(call, "count", value.sql)
    mean = f"rescaled(round_divide(unscaled({total}), CAST({count} AS HUGEINT)), {value.type.scale})"
    return Value(f"CASE WHEN {count} = 0 THEN NULL ELSE CAST({mean} AS {value.type.duckdb}) END", value.type)


def _same(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, ANY)
        return Value(_write(call, function, values[0].sql), values[0].type) if values else None

    return build


def _extreme(function: str) -> Build:
    """min and max, also of the first n."""

    def build(call: Call) -> Value | None:
        values = fit_all(call, COMPARABLE) or fit_all(call, COMPARABLE, BIGINT)
        if values is None:
            return None
        if values[0].type.kind in STRUCTURES:
            raise UnsupportedCallError(f"{call.name} of values of type {values[0].type}")
        if len(values) == 1:
            return Value(_write(call, function, values[0].sql), values[0].type)
        return Value(_write(call, function, values[0].sql, _count_literal(call, 1)), array(values[0].type))

    return build


def _count_literal(call: Call, index: int) -> str:
    count = call.literal(index)
    if count is None or not count.isdigit():
        raise UnsupportedCallError(f"{call.name} with a number that is not a literal")
    return count


def _extreme_by(function: str) -> Build:
    """max_by and min_by: the first argument's value may be null, the second's is passed over if it is."""

    def build(call: Call) -> Value | None:
        values = fit_all(call, ANY, COMPARABLE) or fit_all(call, ANY, COMPARABLE, BIGINT)
        if values is None:
            return None
        if call.distinct or values[1].type.kind in STRUCTURES:
            raise UnsupportedCallError(f"{call.name} with DISTINCT, or by values of type {values[1].type}")
        boxed = f"{{'v': {values[0].sql}}}"
        if len(values) == 2:
            return Value(f"struct_extract({_write(call, function, boxed, values[1].sql)}, 'v')", values[0].type)
        found = _write(call, function, boxed, values[1].sql, _count_literal(call, 2))
        return Value(f"list_transform({found}, lambda {call.variable}: {call.variable}.v)", array(values[0].type))

    return build


def _array_agg(call: Call) -> Value | None:
    values = fit_all(call, ANY)
    return Value(_write(call, "list", values[0].sql), array(values[0].type)) if values else None


def _map_agg(call: Call) -> Value | None:
    """The first value of a key stays; a null key is passed over."""
    values = fit_all(call, COMPARABLE, ANY)
    if values is None:
        return None
    entries = _write(call, "list", f"{{'k': {values[0].sql}, 'v': {values[1].sql}}}")
    name = call.variable
    kept = f"list_filter({entries}, lambda {name}: {name}.k IS NOT NULL)"
    return Value(f"first_entries({kept})", map_of(values[0].type, values[1].type))


def _histogram(call: Call) -> Value | None:
    values = fit_all(call, COMPARABLE)
    if values is None:
        return None
    result = map_of(values[0].type, BIGINT)
    return Value(f"CAST({_write(call, 'histogram', values[0].sql)} AS {result.duckdb})", result)


def _listagg(call: Call) -> Value | None:
    values = fit_all(call, TEXT) or fit_all(call, TEXT, TEXT)
    if values is None:
        return None
    if not call.order:
        raise UnsupportedCallError("listagg without WITHIN GROUP (ORDER BY …)")
    separator = values[1].sql if len(values) == 2 else "''"
    return Value(_write(call, "string_agg", values[0].sql, separator), VARCHAR)


def _over_integers(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, BIGINT)
        return Value(_write(call, function, values[0].sql), BIGINT) if values else None

    return build


def _over_pairs(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, DOUBLE, DOUBLE)
        return Value(_write(call, function, values[0].sql, values[1].sql), DOUBLE) if values else None

    return build


def _geometric_mean(call: Call) -> Value | None:
    values = fit_all(call, DOUBLE)
    return Value(f"exp({_write(call, 'avg', f'ln({values[0].sql})')})", DOUBLE) if values else None


def _over_booleans(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, BOOLEAN)
        return Value(_write(call, function, values[0].sql), BOOLEAN) if values else None

    return build


def _statistic(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, DOUBLE)
        return Value(_write(call, function, values[0].sql), DOUBLE) if values else None

    return build


def _approx_distinct(call: Call) -> Value | None:
    values = fit_all(call, COMPARABLE) or fit_all(call, COMPARABLE, DOUBLE)
    return Value(f"count(DISTINCT {values[0].sql}){call.suffix}", BIGINT) if values else None


def _approx_percentile(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS, DOUBLE) or fit_all(call, NUMBERS, array(DOUBLE))
    if values is None:
        if len(call.arguments) > 2:
            raise UnsupportedCallError("approx_percentile with weights or an accuracy")
        return None
    node = call.nodes[1]
    written = [node] if isinstance(node, exp.Literal) else node.expressions if isinstance(node, exp.Array) else []
    fractions = [float(item.this) for item in written if isinstance(item, exp.Literal) and not item.is_string]
    if not fractions or len(fractions) < len(written):
        raise UnsupportedCallError("approx_percentile with a percentage that is not a literal")
    if not all(0 <= fraction <= 1 for fraction in fractions):
        raise UnsupportedCallError("approx_percentile with a percentage outside 0 to 1")
    kind = values[0].type.kind
    result = BIGINT if kind in INTEGERS else REAL if kind is Kind.REAL else DOUBLE
    wanted = str(fractions) if isinstance(node, exp.Array) else str(fractions[0])
    found = _write(call, "quantile_disc", coerce(values[0], result).sql, wanted)
    return Value(found, array(result) if isinstance(node, exp.Array) else result)


AGGREGATES: dict[str, Build] = {
    "count": _count,
    "count_if": _count_if,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "min_by": _extreme_by("arg_min"),
    "max_by": _extreme_by("arg_max"),
    "array_agg": _array_agg,
    "map_agg": _map_agg,
    "histogram": _histogram,
    "listagg": _listagg,
    "bitwise_and_agg": _over_integers("bit_and"),
    "bitwise_or_agg": _over_integers("bit_or"),
    "bitwise_xor_agg": _over_integers("bit_xor"),
    "corr": _over_pairs("corr"),
    "covar_pop": _over_pairs("covar_pop"),
    "covar_samp": _over_pairs("covar_samp"),
    "regr_intercept": _over_pairs("regr_intercept"),
    "regr_slope": _over_pairs("regr_slope"),
    "geometric_mean": _geometric_mean,
    "any_value": _same("any_value"),
    "arbitrary": _same("any_value"),
    "bool_and": _over_booleans("bool_and"),
    "every": _over_booleans("bool_and"),
    "bool_or": _over_booleans("bool_or"),
    "stddev": _statistic("stddev_samp"),
    "stddev_samp": _statistic("stddev_samp"),
    "stddev_pop": _statistic("stddev_pop"),
    "variance": _statistic("var_samp"),
    "var_samp": _statistic("var_samp"),
    "var_pop": _statistic("var_pop"),
    "approx_distinct": _approx_distinct,
    "approx_percentile": _approx_percentile,
}
