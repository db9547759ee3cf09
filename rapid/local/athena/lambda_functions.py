"""Functions that take lambdas over arrays (https://trino.io/docs/current/functions/lambda.html)."""

from __future__ import annotations

from dataclasses import replace

from .array_functions import element_of, unless_null
from .functions import Build, Call, coerce
from .scopes import Value
from .trino_types import BOOLEAN, Kind, array, common


def _transform(call: Call) -> Value | None:
    element = element_of(call.arguments[0]) if len(call.arguments) == 2 else None
    body = element and call.applied(1, Value(call.variable, element))
    return body and Value(
        f"list_transform({call.arguments[0].sql}, lambda {call.variable}: {body.sql})", array(body.type)
    )


def _condition(call: Call, index: int, *values: Value) -> str | None:
    body = call.applied(index, *values)
    return body.sql if body and body.type.kind in (Kind.BOOLEAN, Kind.UNKNOWN) else None


def _filter(call: Call) -> Value | None:
    element = element_of(call.arguments[0]) if len(call.arguments) == 2 else None
    test = element and _condition(call, 1, Value(call.variable, element))
    value = call.arguments[0]
    return Value(f"list_filter({value.sql}, lambda {call.variable}: {test})", value.type) if test else None


def _match(template: str) -> Build:
    def build(call: Call) -> Value | None:
        element = element_of(call.arguments[0]) if len(call.arguments) == 2 else None
        test = element and _condition(call, 1, Value(call.variable, element))
        tests = f"list_transform({call.arguments[0].sql}, lambda {call.variable}: {test})"
        return Value(template.format(tests), BOOLEAN) if test else None

    return build


def _reduce(call: Call) -> Value | None:
    """The state is widened until the lambda keeps its type, as ``0`` for a sum of decimals is."""
    element = element_of(call.arguments[0]) if len(call.arguments) == 4 else None
    if element is None:
        return None
    state, name, item = call.arguments[1].type, call.variable, f"{call.variable}x"
    body = call.applied(2, Value(f"{name}.s", state), Value(item, element))
    if body is None or (shared := common(state, body.type)) is None:
        return None
    if replace(shared, precision=None) != replace(state, precision=None) and state.kind is not Kind.UNKNOWN:
        return None
    start, step = coerce(call.arguments[1], shared).sql, coerce(body, shared).sql
    # The state is in a struct, since a list's elements and the state must be of one type in DuckDB.
    boxes = (
        f"list_transform({call.arguments[0].sql}, lambda {item}: {{'s': CAST(NULL AS {shared.duckdb}), 'x': {item}}})"
    )
    first = f"{{'s': {start}, 'x': CAST(NULL AS {element.duckdb})}}"
    body = call.applied(2, Value(f"{name}.s", shared), Value(f"{item}.x", element))
    step = coerce(body, shared).sql if body else step
    folded = f"list_reduce({boxes}, lambda {name}, {item}: {{'s': {step}, 'x': {item}.x}}, {first}).s"
    result = call.applied(3, Value(folded, shared))
    return result and Value(unless_null(result.sql, call.arguments[0]), result.type)


def _zip_with(call: Call) -> Value | None:
    elements = [element_of(value) for value in call.arguments[:2]]
    if len(call.arguments) != 3 or elements[0] is None or elements[1] is None:
        return None
    name = call.variable
    body = call.applied(2, Value(f"{name}[1]", elements[0]), Value(f"{name}[2]", elements[1]))
    zipped = f"list_zip({call.arguments[0].sql}, {call.arguments[1].sql})"
    if body is None:
        return None
    return Value(
        unless_null(f"list_transform({zipped}, lambda {name}: {body.sql})", *call.arguments[:2]), array(body.type)
    )


LAMBDA_SCALARS: dict[str, Build] = {
    "all_match": _match("all_true({0})"),
    "any_match": _match("any_true({0})"),
    "filter": _filter,
    "none_match": _match("(NOT any_true({0}))"),
    "reduce": _reduce,
    "transform": _transform,
    "zip_with": _zip_with,
}
