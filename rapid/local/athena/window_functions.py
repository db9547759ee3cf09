"""Functions that need OVER (https://trino.io/docs/current/functions/window.html)."""

from __future__ import annotations

from .functions import Build, Call, common_of, fit_all, fits
from .scopes import Value
from .trino_types import ANY, BIGINT, DOUBLE, Type


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


def _edge(function: str) -> Build:
    def build(call: Call) -> Value | None:
        values = fit_all(call, ANY)
        return Value(f"{function}({values[0].sql}{call.nulls}){call.suffix}", values[0].type) if values else None

    return build


def _nth_value(call: Call) -> Value | None:
    values = fit_all(call, ANY, BIGINT)
    if values is None:
        return None
    return Value(f"nth_value({values[0].sql}, {values[1].sql}{call.nulls}){call.suffix}", values[0].type)


WINDOW_ONLY: dict[str, Build] = {
    "row_number": _ranking("row_number", BIGINT),
    "rank": _ranking("rank", BIGINT),
    "dense_rank": _ranking("dense_rank", BIGINT),
    "percent_rank": _ranking("percent_rank", DOUBLE),
    "cume_dist": _ranking("cume_dist", DOUBLE),
    "ntile": _ntile,
    "lag": _offset("lag"),
    "lead": _offset("lead"),
    "first_value": _edge("first_value"),
    "last_value": _edge("last_value"),
    "nth_value": _nth_value,
}
TAKES_NULLS = frozenset({"lag", "lead", "first_value", "last_value", "nth_value"})
"""The functions that take IGNORE NULLS."""
