"""Arrays (https://trino.io/docs/current/functions/array.html)."""

from __future__ import annotations

from .casts import to_text
from .errors import not_supported
from .functions import Build, Call, UnsupportedCallError, coerce, common_of, fit_all, fits
from .operators import comparison, moved
from .scopes import Value
from .structures import packed
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
    common,
    row,
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
        missing = "'INVALID_FUNCTION_ARGUMENT: Key not present in map" + (f": ' || {text.sql}" if text else "'")
        return key and Value(
            f"CASE WHEN {base.sql} IS NULL OR {key.sql} IS NULL THEN NULL WHEN NOT map_contains({base.sql}, {key.sql}) "
            f"THEN fail({missing}) ELSE map_extract_value({base.sql}, {key.sql}) END",
            base.type.arguments[1],
        )
    place = fits(index, BIGINT)
    if place is None or base.type.kind not in (Kind.ARRAY, Kind.ROW):
        return None
    if base.type.kind is Kind.ROW:
        raise not_supported("Subscript of a row")
    start = "'INVALID_FUNCTION_ARGUMENT: "
    return Value(
        f"CASE WHEN {place.sql} = 0 THEN fail({start}SQL array indices start at 1') "
        f"WHEN {place.sql} < 0 THEN fail({start}Array subscript is negative: ' || {place.sql}) "
        f"WHEN {place.sql} > len({base.sql}) THEN fail({start}Array subscript must be less than or equal "
        f"to array length: ' || {place.sql} || ' > ' || len({base.sql})) ELSE {base.sql}[{place.sql}] END",
        base.type.arguments[0],
    )


def concatenated(left: Value, right: Value) -> Value | None:
    """Return two arrays, or an array and an element, joined."""
    sides = [side if side.type.kind is Kind.ARRAY else _single(side) for side in (left, right)]
    if Kind.UNKNOWN in (left.type.kind, right.type.kind):
        sides = [left, right]
    values = common_of(sides)
    if values is None:
        return None
    return Value(unless_null(f"list_concat({values[0].sql}, {values[1].sql})", *values), values[0].type)


def _single(value: Value) -> Value:
    return Value(f"[{value.sql}]", array(value.type))


def unless_null(sql: str, *values: Value) -> str:
    """Return SQL that is null if a value is."""
    nulls = " OR ".join(f"{value.sql} IS NULL" for value in values)
    return f"CASE WHEN {nulls} THEN NULL ELSE {sql} END"


def concatenated_all(call: Call) -> Value | None:
    """concat of arrays."""
    if len(call.arguments) < 2 or any(element_of(value) is None for value in call.arguments):
        return None
    values = common_of(call.arguments)
    if values is None:
        return None
    joined = values[0].sql
    for value in values[1:]:
        joined = f"list_concat({joined}, {value.sql})"
    return Value(unless_null(joined, *values), values[0].type)


def _of_array(template: str, result: Type | None = None, *, as_element: bool = False) -> Build:
    """Return a builder for functions of one array; without ``result`` it is the array's type, or its element's."""

    def build(call: Call) -> Value | None:
        if len(call.arguments) != 1 or (element := element_of(call.arguments[0])) is None:
            return None
        value = call.arguments[0]
        return Value(template.format(value.sql), result or (element if as_element else value.type))

    return build


def _of_two(template: str, result: Type | None = None) -> Build:
    """Return a builder for functions of two arrays of one type."""

    def build(call: Call) -> Value | None:
        if len(call.arguments) != 2 or any(element_of(value) is None for value in call.arguments):
            return None
        values = common_of(call.arguments)
        if values is None:
            return None
        return Value(unless_null(template.format(*(value.sql for value in values)), *values), result or values[0].type)

    return build


def _with_element(call: Call) -> tuple[Value, Value] | None:
    """Return an array and an element, both of the type they share."""
    if len(call.arguments) != 2 or element_of(call.arguments[0]) is None:
        return None
    shared = common(call.arguments[0].type, array(call.arguments[1].type))
    if shared is None:
        return None
    if shared.arguments[0].kind in STRUCTURES:
        raise UnsupportedCallError(f"{call.name} for elements of type {shared.arguments[0]}")
    return coerce(call.arguments[0], shared), coerce(call.arguments[1], shared.arguments[0])


def _contains(call: Call) -> Value | None:
    both = _with_element(call)
    if both is None:
        return None
    values, name = both[0].sql, call.variable
    same = comparison("=", Value(name, both[1].type), both[1], None).sql
    return Value(unless_null(f"any_true(list_transform({values}, lambda {name}: {same}))", *both), BOOLEAN)


def _array_position(call: Call) -> Value | None:
    both = _with_element(call)
    return both and Value(unless_null(f"coalesce(list_position({both[0].sql}, {both[1].sql}), 0)", *both), BIGINT)


def _array_remove(call: Call) -> Value | None:
    both = _with_element(call)
    if both is None:
        return None
    name = call.variable
    kept = f"list_filter({both[0].sql}, lambda {name}: {name} IS DISTINCT FROM {both[1].sql})"
    return Value(unless_null(kept, *both), both[0].type)


def _element_at(call: Call) -> Value | None:
    if len(call.arguments) != 2:
        return None
    base, index = call.arguments
    if base.type.kind is Kind.MAP:
        key = fits(index, base.type.arguments[0])
        return key and Value(f"map_extract_value({base.sql}, {key.sql})", base.type.arguments[1])
    element, place = element_of(base), fits(index, BIGINT)
    if element is None or place is None:
        return None
    zero = "fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')"
    return Value(f"CASE WHEN {place.sql} = 0 THEN {zero} ELSE {base.sql}[{place.sql}] END", element)


def _array_join(call: Call) -> Value | None:
    if len(call.arguments) not in (2, 3) or (element := element_of(call.arguments[0])) is None:
        return None
    rest = [fits(value, VARCHAR) for value in call.arguments[1:]]
    text = to_text(Value(call.variable, element))
    if None in rest or text is None:
        return None
    texts = [value.sql for value in rest if value]
    item = f"coalesce({text.sql}, {texts[1]})" if len(texts) == 2 else text.sql
    listed = f"list_transform({call.arguments[0].sql}, lambda {call.variable}: {item})"
    return Value(f"joined({listed}, {texts[0]})", VARCHAR)


def _array_sort(call: Call) -> Value | None:
    if call.lambdas:
        raise UnsupportedCallError("array_sort with a comparator")
    return _of_array("list_sort({0}, 'ASC', 'NULLS LAST')")(call)


def _flatten(call: Call) -> Value | None:
    inner = element_of(call.arguments[0]) if len(call.arguments) == 1 else None
    return Value(f"flatten({call.arguments[0].sql})", inner) if inner and inner.kind is Kind.ARRAY else None


def _repeat(call: Call) -> Value | None:
    if len(call.arguments) != 2 or (count := fits(call.arguments[1], BIGINT)) is None:
        return None
    value, refused = call.arguments[0], "fail('INVALID_FUNCTION_ARGUMENT: count argument of repeat function must be "
    return Value(
        f"CASE WHEN {count.sql} > {_MOST_ENTRIES} THEN {refused}less than or equal to {_MOST_ENTRIES}') "
        f"WHEN {count.sql} < 0 THEN {refused}greater than or equal to 0') "
        f"ELSE list_transform(range({count.sql}), lambda {call.variable}: {value.sql}) END",
        array(value.type),
    )


def _sequence(call: Call) -> Value | None:
    if len(call.arguments) not in (2, 3):
        return None
    start, stop, *step = call.arguments
    if {start.type.kind, stop.type.kind} <= INTEGERS:
        values = [fits(value, BIGINT) for value in call.arguments]
        if None in values:
            return None
        first, last, *by = [value.sql for value in values if value]
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
    refused = "fail('INVALID_FUNCTION_ARGUMENT: "
    return (
        f"CASE WHEN {step} = 0 THEN {refused}step must not be zero') "
        f"WHEN ({step} > 0 AND {last} < {first}) OR ({step} < 0 AND {last} > {first}) "
        f"THEN {refused}sequence stop value should be greater than or equal to start value if step is greater "
        f"than zero otherwise stop should be less than or equal to start') "
        f"WHEN {steps} >= {_MOST_ENTRIES} "
        f"THEN {refused}result of sequence function must not have more than {_MOST_ENTRIES} entries') ELSE {series} END"
    )


def _slice(call: Call) -> Value | None:
    if len(call.arguments) != 3 or (element := element_of(call.arguments[0])) is None:
        return None
    places = [fits(value, BIGINT) for value in call.arguments[1:]]
    if None in places:
        return None
    values, (start, length) = call.arguments[0].sql, [place.sql for place in places if place]
    refused = "fail('INVALID_FUNCTION_ARGUMENT: "
    first = f"(CASE WHEN {start} < 0 THEN len({values}) + {start} + 1 ELSE {start} END)"
    return Value(
        f"CASE WHEN {start} = 0 THEN {refused}SQL array indices start at 1') "
        f"WHEN {length} < 0 THEN {refused}length must be greater than or equal to 0') "
        f"WHEN {first} < 1 OR {length} = 0 THEN {values}[1:0] ELSE {values}[{first}:{first} + {length} - 1] END",
        array(element),
    )


def _trim_array(call: Call) -> Value | None:
    values = fit_all(call, frozenset({Kind.ARRAY}), BIGINT)
    if values is None:
        return None
    size = f"len({values[0].sql})"
    refused = "fail('INVALID_FUNCTION_ARGUMENT: size must not exceed array cardinality ' || " + f"{size})"
    kept = f"{values[0].sql}[1:{size} - {values[1].sql}]"
    return Value(f"CASE WHEN {values[1].sql} > {size} THEN {refused} ELSE {kept} END", values[0].type)


def _zip(call: Call) -> Value | None:
    elements = [element_of(value) for value in call.arguments]
    found = [element for element in elements if element is not None]
    if len(elements) < 2 or len(found) < len(elements):
        return None
    name = call.variable
    item = packed(f"{name}[{index + 1}]" for index in range(len(found)))
    listed = ", ".join(value.sql for value in call.arguments)
    zipped = f"list_transform(list_zip({listed}), lambda {name}: {item})"
    return Value(unless_null(zipped, *call.arguments), array(row(found)))


def _ngrams(call: Call) -> Value | None:
    values = fit_all(call, frozenset({Kind.ARRAY}), BIGINT)
    if values is None:
        return None
    items, size, name = values[0].sql, values[1].sql, call.variable
    starts = f"range(1, greatest(len({items}) - {size}, 0) + 2)"
    return Value(f"list_transform({starts}, lambda {name}: {items}[{name}:{name} + {size} - 1])", array(values[0].type))


def _split(call: Call) -> Value | None:
    values = fit_all(call, VARCHAR, VARCHAR)
    if values is None and len(call.arguments) == 3:
        raise UnsupportedCallError("split with a limit")
    if values is None:
        return None
    empty = "fail('INVALID_FUNCTION_ARGUMENT: The delimiter may not be the empty string')"
    text, delimiter = (value.sql for value in values)
    return Value(f"CASE WHEN {delimiter} = '' THEN {empty} ELSE string_split({text}, {delimiter}) END", array(VARCHAR))


def _cardinality(call: Call) -> Value | None:
    if len(call.arguments) != 1 or call.arguments[0].type.kind not in (Kind.ARRAY, Kind.MAP):
        return None
    value = call.arguments[0]
    return Value(f"CAST({'len' if value.type.kind is Kind.ARRAY else 'cardinality'}({value.sql}) AS BIGINT)", BIGINT)


_FILTER_COMMON = "list_filter(distinct_list({0}), lambda c: %s holds({1}, c))"

ARRAY_SCALARS: dict[str, Build] = {
    "array_distinct": _of_array("distinct_list({0})"),
    "array_except": _of_two(_FILTER_COMMON % "NOT"),
    "array_intersect": _of_two(_FILTER_COMMON % ""),
    "array_join": _array_join,
    "array_max": _of_array("CASE WHEN has_null({0}) THEN NULL ELSE list_max({0}) END", as_element=True),
    "array_min": _of_array("CASE WHEN has_null({0}) THEN NULL ELSE list_min({0}) END", as_element=True),
    "array_position": _array_position,
    "array_remove": _array_remove,
    "array_sort": _array_sort,
    "array_union": _of_two("distinct_list(list_concat({0}, {1}))"),
    "arrays_overlap": _of_two(
        "CASE WHEN list_has_any({0}, {1}) THEN TRUE WHEN has_null({0}) OR has_null({1}) THEN NULL ELSE FALSE END",
        BOOLEAN,
    ),
    "cardinality": _cardinality,
    "contains": _contains,
    "element_at": _element_at,
    "flatten": _flatten,
    "ngrams": _ngrams,
    "repeat": _repeat,
    "sequence": _sequence,
    "slice": _slice,
    "split": _split,
    "trim_array": _trim_array,
    "zip": _zip,
}
