"""JSON (https://trino.io/docs/current/functions/json.html). A JSON value is held as its text."""

from __future__ import annotations

from .functions import Build, Call, coerce, fit_all, fixed
from .json_casts import json_from
from .scopes import Value
from .trino_types import BIGINT, BOOLEAN, DOUBLE, JSON, NUMBERS, TEXT, VARCHAR, Kind

_DOCUMENTS = frozenset({Kind.VARCHAR, Kind.JSON})
_ITEMS = NUMBERS | {Kind.BOOLEAN, Kind.VARCHAR}


def _array_contains(call: Call) -> Value | None:
    values = fit_all(call, _DOCUMENTS, _ITEMS)
    if values is None:
        return None
    item = coerce(values[1], DOUBLE) if values[1].type.kind is Kind.DECIMAL else values[1]
    return Value(f"CAST(py_json_array_contains({values[0].sql}, {json_from(item).sql}) AS BOOLEAN)", BOOLEAN)


JSON_SCALARS: dict[str, Build] = {
    "is_json_scalar": fixed("CAST(checked(py_is_json_scalar({0})) AS BOOLEAN)", BOOLEAN, _DOCUMENTS),
    "json_array_contains": _array_contains,
    "json_array_length": fixed("CAST(py_json_array_length({0}) AS BIGINT)", BIGINT, _DOCUMENTS),
    "json_extract": fixed("checked(py_json_extract({0}, {1}))", JSON, _DOCUMENTS, TEXT),
    "json_extract_scalar": fixed("checked(py_json_extract_scalar({0}, {1}))", VARCHAR, _DOCUMENTS, TEXT),
    "json_format": fixed("{0}", VARCHAR, frozenset({Kind.JSON})),
    "json_parse": fixed("checked(py_json_parse({0}))", JSON, TEXT),
    "json_size": fixed("CAST(checked(py_json_size({0}, {1})) AS BIGINT)", BIGINT, _DOCUMENTS, TEXT),
}
