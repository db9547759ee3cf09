"""DuckDB macros that the translation writes calls of; a database has those that its queries need."""

from __future__ import annotations

from .python_functions import FAILURE_MARK

MACROS: dict[str, str] = {
    # ``fail`` has no type, and is no volatile function: TRY takes none.
    "fail": "(message) AS [NULL][CAST(message AS INTEGER)]",
    "invalid": "(message) AS fail('INVALID_FUNCTION_ARGUMENT: ' || message)",
    "checked": (
        f"(found) AS CASE WHEN starts_with(found, '{FAILURE_MARK}') "
        f"THEN fail(substr(found, {len(FAILURE_MARK) + 1})) ELSE found END"
    ),
    # What Java's Character.isWhitespace says; DuckDB's trim takes spaces alone.
    "white_space": (
        "() AS '\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
        "\u2028\u2029\u205f\u3000'"
    ),
    "letter": (
        "(code) AS CASE WHEN code NOT BETWEEN 0 AND 1114111 THEN invalid('Not a valid Unicode code point: ' || code) "
        "ELSE chr(CAST(code AS INTEGER)) END"
    ),
    "fillable": (
        "(size, padding) AS CASE WHEN padding = '' THEN invalid('Padding string must not be empty') "
        "WHEN size NOT BETWEEN 0 AND 2147483647 THEN invalid('Target length must be in the range [0..2147483647]') "
        "ELSE size IS NOT NULL END"
    ),
    # An empty search text stands between all characters.
    "replaced": (
        "(found, search, put) AS CASE WHEN search = '' THEN put || joined(list_transform(list_filter("
        "string_split(found, ''), lambda m: m <> ''), lambda m: m || put), '') ELSE replace(found, search, put) END"
    ),
    "unbase64": (
        "(found) AS CASE WHEN NOT regexp_full_match(found, "
        "'([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?') THEN invalid('Illegal base64 value') "
        "WHEN found = '' THEN ''::BLOB ELSE from_base64(found) END"
    ),
    "unhexed": (
        "(found) AS CASE WHEN NOT regexp_full_match(found, '([0-9a-fA-F]{2})*') THEN invalid('Invalid input string') "
        "ELSE unhex(found) END"
    ),
    "big_endian": (
        "(found) AS CASE WHEN octet_length(found) <> 8 "
        "THEN invalid('expected 8-byte input, but got instead: ' || octet_length(found)) "
        "ELSE CAST((CAST(CAST('0x' || hex(found) AS UBIGINT) AS HUGEINT) + 9223372036854775808) "
        "% 18446744073709551616 - 9223372036854775808 AS BIGINT) END"
    ),
    "bytes_from": (
        "(found, start, size) AS CASE WHEN start = 0 OR abs(start) > octet_length(found) OR size <= 0 THEN ''::BLOB "
        "ELSE array_slice(found, byte_place(found, start), "
        "byte_place(found, start) + least(size, octet_length(found)) - 1) END"
    ),
    "byte_place": "(found, start) AS CASE WHEN start < 0 THEN octet_length(found) + start + 1 ELSE start END",
    # DuckDB's own messages would not be Trino's.
    "read_moment": (
        "(found, pattern) AS CASE WHEN found IS NOT NULL AND try_strptime(found, pattern) IS NULL "
        "THEN invalid('Invalid format: \"' || found || '\"') ELSE CAST(try_strptime(found, pattern) AS TIMESTAMP) END"
    ),
    # A calendar date, a week (and day), or a day of the year.
    "read_iso_date": (
        "(found) AS CASE WHEN found IS NULL THEN NULL "
        "WHEN regexp_full_match(found, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN CAST(found AS DATE) "
        "WHEN regexp_full_match(found, '[0-9]{4}-W[0-9]{2}(-[1-7])?') "
        "THEN CAST(strptime(CASE WHEN length(found) = 8 THEN found || '-1' ELSE found END, '%G-W%V-%u') AS DATE) "
        "WHEN regexp_full_match(found, '[0-9]{4}-[0-9]{3}') THEN CAST(strptime(found, '%Y-%j') AS DATE) "
        "ELSE invalid('Invalid format: \"' || found || '\"') END"
    ),
    # Decimal division as Trino's, half away from zero, on unscaled integers: DuckDB divides decimals as doubles.
    "unscaled": "(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)",
    "round_divide": (
        "(a, b) AS CASE WHEN b = 0 THEN fail('DIVISION_BY_ZERO: Division by zero') "
        "ELSE ((abs(a) * 2 + abs(b)) // (abs(b) * 2)) * sign(a) * sign(b) END"
    ),
    "ln_or_nan": "(x) AS CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN '-Infinity'::DOUBLE ELSE 'NaN'::DOUBLE END",
    "bucket": (
        "(x, low, high, n) AS CASE WHEN n <= 0 THEN invalid('bucketCount must be greater than 0') "
        "WHEN low = high THEN invalid('bounds cannot equal each other') "
        "WHEN low > high THEN upward_bucket(-x, -low, -high, n) ELSE upward_bucket(x, low, high, n) END"
    ),
    "upward_bucket": (
        "(x, low, high, n) AS CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1 "
        "ELSE CAST(floor(n * (x - low) / (high - low)) AS BIGINT) + 1 END"
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
    "overlap": (
        "(a, b) AS CASE WHEN list_has_any(a, b) THEN TRUE WHEN has_null(a) OR has_null(b) THEN NULL ELSE FALSE END"
    ),
    "sliced": (
        "(found, start, size) AS CASE WHEN start = 0 THEN invalid('SQL array indices start at 1') "
        "WHEN size < 0 THEN invalid('length must be greater than or equal to 0') "
        "WHEN size = 0 OR slice_start(found, start) < 1 THEN found[1:0] "
        "ELSE found[slice_start(found, start):slice_start(found, start) + size - 1] END"
    ),
    "slice_start": "(found, start) AS CASE WHEN start < 0 THEN len(found) + start + 1 ELSE start END",
    "checked_map": (
        "(keys, items) AS CASE WHEN len(keys) <> len(items) "
        "THEN invalid('Key and value arrays must be the same length') "
        "WHEN has_null(keys) THEN invalid('map key cannot be null') ELSE MAP(keys, items) END"
    ),
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
