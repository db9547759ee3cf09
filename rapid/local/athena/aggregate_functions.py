"""Aggregate and window functions.

Sources: https://trino.io/docs/current/functions/aggregate.html, https://trino.io/docs/current/functions/window.html.
Trino's approximate aggregates are answered exactly: within any error that Trino allows itself.
"""

from __future__ import annotations

from .functions import Build, Call, UnsupportedCallError, coerce, common_of, fit_all
from .scopes import Value
from .trino_types import (
    BIGINT,
    BOOLEAN,
    COMPARABLE,
    DOUBLE,
    INTEGERS,
    NUMBERS,
    REAL,
    Kind,
    Type,
    decimal,
)


def _write(call: Call, function: str, *arguments: str) -> str:
    return f"{function}({call.distinct}{', '.join(arguments)}){call.suffix}"


def _count(call: Call) -> Value | None:
    if not call.arguments:
        return Value(f"count(*){call.suffix}", BIGINT)
    return Value(_write(call, "count", call.arguments[0].sql), BIGINT) if len(call.arguments) == 1 else None


def _count_if(call: Call) -> Value | None:
    values = fit_all(call, BOOLEAN)
    return Value(_write(call, "count", f"CASE WHEN {values[0].sql} THEN 1 END"), BIGINT) if values else None


def _sum(call: Call) -> Value | None:
    values = fit_all(call, NUMBERS)
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
        values = fit_all(call, COMPARABLE)
        return Value(_write(call, function, values[0].sql), values[0].type) if values else None

    return build


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
    values = fit_all(call, NUMBERS, DOUBLE)
    if values is None:
        return None
    if (fraction := call.literal(1)) is None:
        raise UnsupportedCallError("approx_percentile with a percentage that is not a literal")
    if not 0 <= float(fraction) <= 1:
        raise UnsupportedCallError("approx_percentile with a percentage outside 0 to 1")
    kind = values[0].type.kind
    result = BIGINT if kind in INTEGERS else REAL if kind is Kind.REAL else DOUBLE
    return Value(_write(call, "quantile_disc", coerce(values[0], result).sql, fraction), result)


AGGREGATES: dict[str, Build] = {
    "count": _count,
    "count_if": _count_if,
    "sum": _sum,
    "avg": _avg,
    "min": _same("min"),
    "max": _same("max"),
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


def _ranking(function: str, result: Type) -> Build:
    def build(call: Call) -> Value | None:
        return None if call.arguments else Value(f"{function}(){call.suffix}", result)

    return build


def _ntile(call: Call) -> Value | None:
    values = fit_all(call, BIGINT)
    return Value(f"ntile({values[0].sql}){call.suffix}", BIGINT) if values else None


def _offset(function: str) -> Build:
    def build(call: Call) -> Value | None:
        if not 1 <= len(call.arguments) <= 3:
            return None
        value, rest = call.arguments[0], ""
        if len(call.arguments) > 1:
            offset = fit_all(Call(call.name, call.arguments[1:2], call.nodes[1:2]), BIGINT)
            if offset is None:
                return None
            rest = f", {offset[0].sql}"
        if len(call.arguments) == 3:
            both = common_of([value, call.arguments[2]])
            if both is None:
                return None
            value, rest = both[0], f"{rest}, {both[1].sql}"
        return Value(f"{function}({value.sql}{rest}){call.suffix}", value.type)

    return build


WINDOW_ONLY: dict[str, Build] = {
    "row_number": _ranking("row_number", BIGINT),
    "rank": _ranking("rank", BIGINT),
    "dense_rank": _ranking("dense_rank", BIGINT),
    "percent_rank": _ranking("percent_rank", DOUBLE),
    "cume_dist": _ranking("cume_dist", DOUBLE),
    "ntile": _ntile,
    "lag": _offset("lag"),
    "lead": _offset("lead"),
    "first_value": _same("first_value"),
    "last_value": _same("last_value"),
}
