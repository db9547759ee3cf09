"""DuckDB macros that the translation writes calls of; a database has those that its queries need."""

from __future__ import annotations

from .python_functions import FAILURE_MARK

_FAILED = f"fail(substr({{0}}, {len(FAILURE_MARK) + 1}))"

MACROS: dict[str, str] = {
    # ``fail`` has no type, and is no volatile function: TRY takes none.
    "fail": "(message) AS [NULL][CAST(message AS INTEGER)]",
    "checked": (
        f"(found) AS CASE WHEN starts_with(found, '{FAILURE_MARK}') THEN {_FAILED.format('found')} ELSE found END"
    ),
    "checked_list": (
        f"(found) AS CASE WHEN starts_with(found[1], '{FAILURE_MARK}') THEN {_FAILED.format('found[1]')} ELSE found END"
    ),
    # Decimal division as Trino's, half away from zero, on unscaled integers: DuckDB divides decimals as doubles.
    "unscaled": "(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)",
    "round_divide": (
        "(a, b) AS CASE WHEN b = 0 THEN fail('DIVISION_BY_ZERO: Division by zero') "
        "ELSE ((abs(a) * 2 + abs(b)) // (abs(b) * 2)) * sign(a) * sign(b) END"
    ),
    "digits": "(x) AS CAST(abs(x) AS VARCHAR)",
    "padded": "(x, s) AS lpad(digits(x), CAST(greatest(s + 1, length(digits(x))) AS INTEGER), '0')",
    "rescaled": (
        "(x, s) AS CASE WHEN x IS NULL THEN NULL WHEN s = 0 THEN CAST(x AS VARCHAR) "
        "ELSE (CASE WHEN x < 0 THEN '-' ELSE '' END) || left(padded(x, s), CAST(-s AS INTEGER)) || '.' "
        "|| right(padded(x, s), s) END"
    ),
    # A timestamp rounded half up to a multiple of so many microseconds, before 1970 too.
    "floored": "(x, n) AS x - ((x % n + n) % n)",
    "floor_divide": "(x, n) AS floored(x, n) // n",
    "rounded_moment": "(x, micros) AS make_timestamp(floored(epoch_us(x) + micros // 2, micros))",
    # Whether all (any) of a list's booleans are true; unknown where a null decides it.
    "all_true": (
        "(found) AS CASE WHEN found IS NULL THEN NULL WHEN list_contains(found, FALSE) THEN FALSE "
        "WHEN has_null(found) THEN NULL ELSE TRUE END"
    ),
    "any_true": (
        "(found) AS CASE WHEN found IS NULL THEN NULL WHEN list_contains(found, TRUE) THEN TRUE "
        "WHEN has_null(found) THEN NULL ELSE FALSE END"
    ),
    "has_null": "(found) AS len(list_filter(found, lambda m: m IS NULL)) > 0",
    "distinct_list": (
        "(found) AS list_filter(found, lambda m, i: "
        "len(list_filter(found[1:i - 1], lambda n: n IS NOT DISTINCT FROM m)) = 0)"
    ),
    "holds": "(found, item) AS len(list_filter(found, lambda m: m IS NOT DISTINCT FROM item)) > 0",
    # DuckDB joins nothing to null.
    "joined": (
        "(found, separator) AS CASE WHEN found IS NULL OR separator IS NULL THEN NULL "
        "ELSE coalesce(array_to_string(found, separator), '') END"
    ),
    "first_entries": (
        "(found) AS map_from_entries(list_filter(found, lambda m, i: "
        "len(list_filter(found[1:i - 1], lambda n: n.k = m.k)) = 0))"
    ),
}
"""What follows CREATE MACRO and the name."""
