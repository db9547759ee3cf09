"""Aggregate functions, and those that need OVER.

Sources: https://trino.io/docs/current/functions/aggregate.html, …/window.html. Trino's approximate aggregates are
answered exactly: within any error that Trino allows itself.
"""

from __future__ import annotations

from sqlglot import exp

from .functions import Build, Call, UnsupportedCallError, coerce, common_of, described, fit_all, fits
from .scopes import Value
from .trino_types import (
    BIGINT,
    DOUBLE,
    INTEGERS,
    INTERVALS,
    NUMBERS,
    REAL,
    TEXT,
    VARCHAR,
    Kind,
    array,
    decimal,
)


def _write(call: Call, function: str, *arguments: str) -> str:
    return f"{function}({call.distinct}{', '.join(arguments)}{call.order}){call.suffix}"


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


def _listagg(call: Call) -> Value | None:
    values = fit_all(call, TEXT) or fit_all(call, TEXT, TEXT)
    if values is None:
        return None
    if not call.order:
        raise UnsupportedCallError("listagg without WITHIN GROUP (ORDER BY …)")
    separator = values[1].sql if len(values) == 2 else "''"
    return Value(_write(call, "string_agg", values[0].sql, separator), VARCHAR)


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


def _offset(function: str) -> Build:
    """lag and lead."""

    def build(call: Call) -> Value | None:
        if not 1 <= len(call.arguments) <= 3:
            return None
        value, rest = call.arguments[0], ""
        if len(call.arguments) > 1:
            offset = fits(call.arguments[1], BIGINT)
            if offset is None:
                return None
            rest = f", {offset.sql}"
        if len(call.arguments) == 3:
            both = common_of([value, call.arguments[2]])
            if both is None:
                return None
            value, rest = both[0], f"{rest}, {both[1].sql}"
        return Value(f"{function}({value.sql}{rest}{call.nulls}){call.suffix}", value.type)

    return build


def _extreme_by(table: Build) -> Build:
    def build(call: Call) -> Value | None:
        if call.distinct:
            raise UnsupportedCallError(f"{call.name} with DISTINCT")
        return table(call)

    return build


AGGREGATES: dict[str, Build] = {
    **described("""
        any_value(any) same = any_value({d}{0}{o}){s}
        approx_distinct(comparable) bigint = count(DISTINCT {0}){s}
        approx_distinct(comparable, double) bigint = count(DISTINCT {0}){s}
        arbitrary(any) same = any_value({d}{0}{o}){s}
        array_agg(T) array(T) = list({d}{0}{o}){s}
        bitwise_and_agg(bigint) bigint = bit_and({d}{0}{o}){s}
        bitwise_or_agg(bigint) bigint = bit_or({d}{0}{o}){s}
        bitwise_xor_agg(bigint) bigint = bit_xor({d}{0}{o}){s}
        bool_and(boolean) boolean = bool_and({d}{0}{o}){s}
        bool_or(boolean) boolean = bool_or({d}{0}{o}){s}
        corr(double, double) double = corr({d}{0}, {1}{o}){s}
        count() bigint = count(*){s}
        count(any) bigint = count({d}{0}{o}){s}
        count_if(boolean) bigint = count({d}CASE WHEN {0} THEN 1 END{o}){s}
        covar_pop(double, double) double = covar_pop({d}{0}, {1}{o}){s}
        covar_samp(double, double) double = covar_samp({d}{0}, {1}{o}){s}
        every(boolean) boolean = bool_and({d}{0}{o}){s}
        geometric_mean(double) double = exp(avg({d}ln({0}){o}){s})
        histogram(O) map(O, bigint) = CAST(histogram({d}{0}{o}){s} AS {r})
        map_agg(K, V) map(K, V) = first_entries(list_filter(\
            list({d}struct_pack(k := {0}, v := {1}){o}){s}, lambda {v}: {v}.k IS NOT NULL))
        max(O) O = max({d}{0}{o}){s}
        max(O, bigint) array(O) = !of the first n
        max_by(T, O) T = struct_extract(arg_max(struct_pack(v := {0}), {1}{o}){s}, 'v')
        max_by(T, O, bigint) array(T) = !of the first n
        min(O) O = min({d}{0}{o}){s}
        min(O, bigint) array(O) = !of the first n
        min_by(T, O) T = struct_extract(arg_min(struct_pack(v := {0}), {1}{o}){s}, 'v')
        min_by(T, O, bigint) array(T) = !of the first n
        regr_intercept(double, double) double = regr_intercept({d}{0}, {1}{o}){s}
        regr_slope(double, double) double = regr_slope({d}{0}, {1}{o}){s}
        stddev(double) double = stddev_samp({d}{0}{o}){s}
        stddev_pop(double) double = stddev_pop({d}{0}{o}){s}
        stddev_samp(double) double = stddev_samp({d}{0}{o}){s}
        var_pop(double) double = var_pop({d}{0}{o}){s}
        var_samp(double) double = var_samp({d}{0}{o}){s}
        variance(double) double = var_samp({d}{0}{o}){s}
    """),
    "approx_percentile": _approx_percentile,
    "avg": _avg,
    "listagg": _listagg,
    "sum": _sum,
}
AGGREGATES["max_by"] = _extreme_by(AGGREGATES["max_by"])
AGGREGATES["min_by"] = _extreme_by(AGGREGATES["min_by"])

WINDOW_ONLY: dict[str, Build] = {
    **described("""
        cume_dist() double = cume_dist(){s}
        dense_rank() bigint = dense_rank(){s}
        first_value(any) same = first_value({0}{n}){s}
        last_value(any) same = last_value({0}{n}){s}
        nth_value(any, bigint) same = nth_value({0}, {1}{n}){s}
        ntile(bigint) bigint = ntile({0}){s}
        percent_rank() double = percent_rank(){s}
        rank() bigint = rank(){s}
        row_number() bigint = row_number(){s}
    """),
    "lag": _offset("lag"),
    "lead": _offset("lead"),
}
TAKES_NULLS = frozenset({"lag", "lead", "first_value", "last_value", "nth_value"})
"""The functions that take IGNORE NULLS."""
