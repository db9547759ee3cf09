"""Arrays and maps, lambdas over arrays, and JSON, which is held as its text.

Sources: https://trino.io/docs/current/functions/array.html, …/map.html, …/lambda.html, …/json.html.
"""

from __future__ import annotations

from .casts import to_text
from .errors import not_supported
from .functions import Build, Call, UnsupportedCallError, common_of, described, first_of, fits, unless_null
from .operators import comparison, moved
from .scopes import Value
from .trino_types import (
    BIGINT,
    BOOLEAN,
    INTEGERS,
    INTERVAL_DAY,
    INTERVALS,
    MOMENTS,
    STRUCTURES,
    UNKNOWN,
    VARCHAR,
    Kind,
    Type,
    array,
    map_of,
)

_MOST_ENTRIES = 10_000
_SHORTEST_MONTH_MILLISECONDS = 28 * 86_400_000


def element_of(value: Value) -> Type | None:
    """Return the type of an array's elements, ``None`` if it is no array."""
    if value.type.kind is Kind.UNKNOWN:
        return UNKNOWN
    return value.type.arguments[0] if value.type.kind is Kind.ARRAY else None


def subscript(base: Value, index: Value) -> Value | None:
    """Return ``base[index]``; outside an array, or of a key that a map lacks, it fails the query."""
    if base.type.kind is Kind.MAP:
        key = fits(index, base.type.arguments[0])
        text = key and to_text(key)
        missing = "'Key not present in map" + (f": ' || {text.sql}" if text else "'")
        return key and Value(
            f"CASE WHEN {base.sql} IS NULL OR {key.sql} IS NULL THEN NULL WHEN NOT map_contains({base.sql}, {key.sql}) "
            f"THEN invalid({missing}) ELSE map_extract_value({base.sql}, {key.sql}) END",
            base.type.arguments[1],
        )
    place = fits(index, BIGINT)
    if place is None or base.type.kind not in (Kind.ARRAY, Kind.ROW):
        return None
    if base.type.kind is Kind.ROW:
        raise not_supported("Subscript of a row")
    return Value(
        f"CASE WHEN {place.sql} = 0 THEN invalid('SQL array indices start at 1') "
        f"WHEN {place.sql} < 0 THEN invalid('Array subscript is negative: ' || {place.sql}) "
        f"WHEN {place.sql} > len({base.sql}) THEN invalid('Array subscript must be less than or equal "
        f"to array length: ' || {place.sql} || ' > ' || len({base.sql})) ELSE {base.sql}[{place.sql}] END",
        base.type.arguments[0],
    )


def concatenated(*values: Value) -> Value | None:
    """Return arrays joined; of two, one may be an element."""
    is_null = any(value.type.kind is Kind.UNKNOWN for value in values)
    sides = [
        value if is_null or value.type.kind is Kind.ARRAY else Value(f"[{value.sql}]", array(value.type))
        for value in values
    ]
    shared = common_of(sides)
    if shared is None:
        return None
    joined = shared[0].sql
    for value in shared[1:]:
        joined = f"list_concat({joined}, {value.sql})"
    return Value(unless_null(joined, *shared), shared[0].type)


def _contains(call: Call) -> Value | None:
    if len(call.arguments) != 2 or element_of(call.arguments[0]) is None:
        return None
    values = common_of([call.arguments[0], Value(f"[{call.arguments[1].sql}]", array(call.arguments[1].type))])
    if values is None:
        return None
    element, name = values[0].type.arguments[0], call.variable
    if element.kind in STRUCTURES:
        raise UnsupportedCallError(f"contains for elements of type {element}")
    same = comparison("=", Value(name, element), call.arguments[1], None).sql
    found = f"any_true(list_transform({values[0].sql}, lambda {name}: {same}))"
    return Value(unless_null(found, values[0], call.arguments[1]), BOOLEAN)


def _array_join(call: Call) -> Value | None:
    if len(call.arguments) not in (2, 3) or (element := element_of(call.arguments[0])) is None:
        return None
    texts = [value.sql for argument in call.arguments[1:] if (value := fits(argument, VARCHAR))]
    text = to_text(Value(call.variable, element))
    if len(texts) < len(call.arguments) - 1 or text is None:
        return None
    item = f"coalesce({text.sql}, {texts[1]})" if len(texts) == 2 else text.sql
    listed = f"list_transform({call.arguments[0].sql}, lambda {call.variable}: {item})"
    return Value(f"joined({listed}, {texts[0]})", VARCHAR)


def _sequence(call: Call) -> Value | None:
    if len(call.arguments) not in (2, 3):
        return None
    start, stop, *step = call.arguments
    if {start.type.kind, stop.type.kind} <= INTEGERS:
        values = [value for argument in call.arguments if (value := fits(argument, BIGINT))]
        if len(values) < len(call.arguments):
            return None
        first, last, *by = [value.sql for value in values]
        stride = by[0] if by else f"(CASE WHEN {last} < {first} THEN -1 ELSE 1 END)"
        series = f"generate_series({first}, {last}, {stride})"
        return Value(_checked_series(series, first, last, stride, f"({last} - {first}) // {stride}"), array(BIGINT))
    ends = common_of([start, stop])
    if ends is None or ends[0].type.kind not in MOMENTS - {Kind.TIMESTAMP_TZ}:
        return None
    start, stop = ends
    if (not step and start.type.kind is not Kind.DATE) or (step and step[0].type.kind not in INTERVALS):
        return None
    backwards = f"(CASE WHEN {stop.sql} < {start.sql} THEN -86400000 ELSE 86400000 END)"
    by_interval = step[0] if step else Value(backwards, INTERVAL_DAY)
    unit = "to_milliseconds" if by_interval.type.kind is Kind.INTERVAL_DAY else "to_months"
    amount = by_interval.sql if unit == "to_milliseconds" else f"CAST({by_interval.sql} AS INTEGER)"
    series = f"generate_series(CAST({start.sql} AS TIMESTAMP), CAST({stop.sql} AS TIMESTAMP), {unit}({amount}))"
    written = f"CAST({series} AS {start.type.duckdb}[])"
    shortest = 1 if unit == "to_milliseconds" else _SHORTEST_MONTH_MILLISECONDS
    steps = f"(epoch_ms({stop.sql}) - epoch_ms({start.sql})) // ({by_interval.sql} * {shortest})"
    checked = _checked_series(written, start.sql, stop.sql, by_interval.sql, steps)
    return Value(checked, array(moved(start, by_interval).type))


def _checked_series(series: str, first: str, last: str, step: str, steps: str) -> str:
    return (
        f"CASE WHEN {step} = 0 THEN invalid('step must not be zero') "
        f"WHEN ({step} > 0 AND {last} < {first}) OR ({step} < 0 AND {last} > {first}) "
        "THEN invalid('sequence stop value should be greater than or equal to start value if step is greater "
        "than zero otherwise stop should be less than or equal to start') "
        f"WHEN {steps} >= {_MOST_ENTRIES} "
        f"THEN invalid('result of sequence function must not have more than {_MOST_ENTRIES} entries') "
        f"ELSE {series} END"
    )


def _map_concat(call: Call) -> Value | None:
    values = common_of(call.arguments)
    if values is None or len(values) < 2 or values[0].type.kind is not Kind.MAP:
        return None
    return Value(unless_null(f"map_concat({', '.join(value.sql for value in values)})", *values), values[0].type)


def _empty_map(call: Call) -> Value | None:
    return None if call.arguments else Value("MAP()", map_of(UNKNOWN, UNKNOWN))


ARRAY_SCALARS: dict[str, Build] = {
    **described("""
        all_match(array(T), function(T, boolean)) boolean = all_true(list_transform({0}, {1}))
        any_match(array(T), function(T, boolean)) boolean = any_true(list_transform({0}, {1}))
        array_distinct(array(T)) array(T) = distinct_list({0})
        array_except(array(T), array(T)) array(T) ?= list_filter(distinct_list({0}), lambda c: NOT holds({1}, c))
        array_intersect(array(T), array(T)) array(T) ?= list_filter(distinct_list({0}), lambda c: holds({1}, c))
        array_max(array(T)) T = CASE WHEN has_null({0}) THEN NULL ELSE list_max({0}) END
        array_min(array(T)) T = CASE WHEN has_null({0}) THEN NULL ELSE list_min({0}) END
        array_position(array(S), S) bigint ?= coalesce(list_position({0}, {1}), 0)
        array_remove(array(S), S) array(S) ?= list_filter({0}, lambda {v}: {v} IS DISTINCT FROM {1})
        array_sort(array(T)) array(T) = list_sort({0}, 'ASC', 'NULLS LAST')
        array_sort(array(T), function(T, T, integer)) same = !with a comparator
        array_union(array(T), array(T)) array(T) ?= distinct_list(list_concat({0}, {1}))
        arrays_overlap(array(T), array(T)) boolean ?= overlap({0}, {1})
        cardinality(array(T)) bigint = CAST(len({0}) AS BIGINT)
        cardinality(map(K, V)) bigint = CAST(cardinality({0}) AS BIGINT)
        element_at(map(K, V), K) V = map_extract_value({0}, {1})
        element_at(array(T), bigint) T = \
            CASE WHEN {1} = 0 THEN invalid('SQL array indices start at 1') ELSE {0}[{1}] END
        filter(array(T), function(T, boolean)) array(T) = list_filter({0}, {1})
        flatten(array(array(T))) array(T) = flatten({0})
        map(array(K), array(V)) map(K, V) = checked_map({0}, {1})
        map_entries(map(K, V)) array(row(K, V)) = \
            list_transform(map_entries({0}), lambda {v}: struct_pack(f0 := {v}.key, f1 := {v}.value))
        map_from_entries(array(row(K, V))) map(K, V) = \
            map_from_entries(list_transform({0}, lambda {v}: struct_pack(k := {v}.f0, v := {v}.f1)))
        map_keys(map(K, V)) array(K) = map_keys({0})
        map_values(map(K, V)) array(V) = map_values({0})
        none_match(array(T), function(T, boolean)) boolean = (NOT any_true(list_transform({0}, {1})))
        slice(array(T), bigint, bigint) array(T) = sliced({0}, {1}, {2})
        split(varchar, varchar) array(varchar) = \
            CASE WHEN {1} = '' THEN invalid('The delimiter may not be the empty string') ELSE string_split({0}, {1}) END
        split(varchar, varchar, bigint) array(varchar) = !with a limit
        transform(array(T), function(T, U)) array(U) = list_transform({0}, {1})
        is_json_scalar(document) boolean = CAST(checked(py_is_json_scalar({0})) AS BOOLEAN)
        json_array_contains(document, boolean) boolean = \
            CAST(py_json_array_contains({0}, CAST({1} AS VARCHAR)) AS BOOLEAN)
        json_array_contains(document, bigint) boolean = \
            CAST(py_json_array_contains({0}, CAST({1} AS VARCHAR)) AS BOOLEAN)
        json_array_contains(document, double) boolean = \
            CAST(py_json_array_contains({0}, py_json_number({1}, FALSE)) AS BOOLEAN)
        json_array_contains(document, varchar) boolean = \
            CAST(py_json_array_contains({0}, CAST(to_json({1}) AS VARCHAR)) AS BOOLEAN)
        json_array_length(document) bigint = CAST(py_json_array_length({0}) AS BIGINT)
        json_extract(document, text) json = checked(py_json_extract({0}, {1}))
        json_extract_scalar(document, text) varchar = checked(py_json_extract_scalar({0}, {1}))
        json_format(json) varchar = {0}
        json_parse(text) json = checked(py_json_parse({0}))
        json_size(document, text) bigint = CAST(checked(py_json_size({0}, {1})) AS BIGINT)
    """),
    "array_join": _array_join,
    "contains": _contains,
    "map_concat": _map_concat,
    "sequence": _sequence,
}
ARRAY_SCALARS["map"] = first_of(_empty_map, ARRAY_SCALARS["map"])
