"""JSON as Trino reads, finds and writes it.

Sources: https://trino.io/docs/current/functions/json.html,
https://github.com/trinodb/trino/blob/master/core/trino-main/src/main/java/io/trino/operator/scalar/JsonPathTokenizer.java
(paths), …/JsonFunctions.java, …/JsonExtract.java.
"""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, NoReturn

from .java_numbers import java_double
from .trino_types import INTEGER_BITS, Kind, Type

_TOKEN = re.compile(r'\.([\w:$-]+)|\["((?:[^"\\]|\\["\\])*)"\]|\[([\w-]+)\]')
_ABSENT = object()


class FunctionFailedError(Exception):
    """A function fails the query: Trino's error name, a colon, and its message."""


class _Number(str):
    """A number as the document writes it."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """An object's members as the document has them."""


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members, parse_float=_Number, parse_int=_Number, parse_constant=_refuse_constant
)


def _read(text: str) -> Any:
    """Return the document; raises ValueError if it is none."""
    return _DECODER.decode(text)


def _write(value: Any, *, is_sorted: bool = False) -> str:
    if isinstance(value, _Members):
        members = sorted(dict(value).items()) if is_sorted else value
        return (
            "{"
            + ",".join(f"{encode_basestring(key)}:{_write(item, is_sorted=is_sorted)}" for key, item in members)
            + "}"
        )
    if isinstance(value, _Number):
        return value if value.lstrip("-").isdigit() else java_double(float(value))
    if isinstance(value, list):
        return "[" + ",".join(_write(item, is_sorted=is_sorted) for item in value) + "]"
    if isinstance(value, str):
        return encode_basestring(value)
    return {None: "null", True: "true", False: "false"}[value]


@lru_cache(maxsize=256)
def _path(text: str) -> tuple[str, ...]:
    tokens, position = [], 1
    while text.startswith("$") and position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            break
        plain = match[1] or match[3]
        tokens.append(plain if plain is not None else re.sub(r"\\(.)", r"\1", match[2]))
        position = match.end()
    if not text.startswith("$") or position < len(text):
        raise FunctionFailedError(f"INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '{text}'")
    return tuple(tokens)


def _find(text: str, path: str) -> Any:
    """Return what stands at a path, ``_ABSENT`` if nothing does or the text is no JSON."""
    tokens = _path(path)
    try:
        value = _read(text)
    except ValueError:
        return _ABSENT
    for token in tokens:
        if isinstance(value, _Members):
            value = next((item for key, item in value if key == token), _ABSENT)
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return _ABSENT
    return value


def parse(text: str) -> str:
    """json_parse: the document with its keys in order and no white space."""
    try:
        return _write(_read(text), is_sorted=True)
    except ValueError:
        message = f"INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '{text}'"
        raise FunctionFailedError(message) from None


def extract(text: str, path: str) -> str | None:
    """json_extract."""
    found = _find(text, path)
    return None if found is _ABSENT else _write(found)


def extract_scalar(text: str, path: str) -> str | None:
    """json_extract_scalar: nothing for null, an array or an object."""
    found = _find(text, path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str) else None


def size(text: str, path: str) -> int | None:
    """json_size."""
    found = _find(text, path)
    return None if found is _ABSENT else len(found) if isinstance(found, list) else 0


def array_length(text: str) -> int | None:
    """json_array_length."""
    found = _find(text, "$")
    return len(found) if _is_array(found) else None


def array_contains(text: str, item: str) -> bool | None:
    """json_array_contains, the item as JSON."""
    found = _find(text, "$")
    return any(_write(value) == item for value in found) if _is_array(found) else None


def is_scalar(text: str) -> bool:
    """is_json_scalar."""
    found = _find(text, "$")
    if found is _ABSENT:
        raise FunctionFailedError(f"INVALID_FUNCTION_ARGUMENT: Invalid JSON value: {text}")
    return not isinstance(found, list)


def _is_array(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, _Members)


def number(value: float, is_single: bool) -> str:
    """A double as JSON has it."""
    text = java_double(value, is_single=is_single)
    return text if text[-1].isdigit() else f'"{text}"'


def written_object(keys: list[str], items: list[str]) -> str:
    """An object of these members, in the order of their keys."""
    return (
        "{" + ",".join(f"{encode_basestring(key)}:{item}" for key, item in sorted(zip(keys, items, strict=True))) + "}"
    )


JSON_TARGETS: dict[str, Type] = {}
"""The types that casts from JSON name, by their texts: what is called from SQL takes texts alone."""


def scalar(text: str, type_name: str) -> str | None:
    """A scalar as text that casts to a SQL type."""
    value = _read(text)
    return None if value is None else _scalar(value, JSON_TARGETS[type_name])


def structure(text: str, type_name: str) -> str | None:
    """An array or object as JSON that casts to a SQL type: all scalars are texts, a row's fields are f0, f1 …."""
    value = _read(text)
    if value is None:
        return None
    return json.dumps(_as_type(value, JSON_TARGETS[type_name]), ensure_ascii=False)


def _as_type(value: Any, type_: Type) -> Any:
    """A row's fields are an object's by name, whatever its case, or an array's by place."""
    if type_.kind is Kind.JSON:
        return _write(value)
    if value is None:
        return None
    if type_.kind is Kind.ARRAY:
        if not _is_array(value):
            raise _no_cast(value, type_, "a json array")
        return [_as_type(item, type_.arguments[0]) for item in value]
    if type_.kind is Kind.MAP:
        if not isinstance(value, _Members):
            raise _no_cast(value, type_, "a json object")
        return {key: _as_type(item, type_.arguments[1]) for key, item in value}
    if type_.kind is not Kind.ROW:
        return _scalar(value, type_)
    if isinstance(value, _Members):
        members = {key.lower(): item for key, item in value}
        value = [members.get((name or "").lower()) for name in type_.names]
    elif not _is_array(value) or len(value) != len(type_.arguments):
        raise _no_cast(value, type_, "a json array or object")
    fields = zip(value, type_.arguments, strict=True)
    return {f"f{index}": _as_type(item, inner) for index, (item, inner) in enumerate(fields)}


def _no_cast(value: Any, type_: Type, expected: str) -> FunctionFailedError:
    return FunctionFailedError(
        f"INVALID_CAST_ARGUMENT: Cannot cast to {type_}. Expected {expected}, but got {_write(value)[:1]}"
    )


def _scalar(value: Any, type_: Type) -> str:
    kind = type_.kind
    try:
        if kind is Kind.VARCHAR and not isinstance(value, list):
            return _write(value) if not isinstance(value, str) or isinstance(value, _Number) else value
        if kind is Kind.BOOLEAN:
            return _boolean(value)
        if isinstance(value, bool):
            return "1" if value else "0"
        if isinstance(value, str):
            return _number_text(value, kind, isinstance(value, _Number))
    except ArithmeticError:
        pass
    raise FunctionFailedError(f"INVALID_CAST_ARGUMENT: Cannot cast '{_write(value)}' to {str(type_).upper()}")


def _boolean(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, _Number):
        return "true" if Decimal(value) else "false"
    if isinstance(value, str) and value.lower() in ("true", "t", "1", "false", "f", "0"):
        return value
    raise ArithmeticError


def _number_text(value: str, kind: Kind, is_number: bool) -> str:
    if kind in (Kind.REAL, Kind.DOUBLE):
        return repr(float(Decimal(value)))
    if kind in INTEGER_BITS:
        if not is_number and not value.lstrip("+-").isdigit():
            raise ArithmeticError
        whole = int(Decimal(value).to_integral_value(ROUND_HALF_UP))
        if not -(2 ** (INTEGER_BITS[kind] - 1)) <= whole < 2 ** (INTEGER_BITS[kind] - 1):
            raise ArithmeticError
        return str(whole)
    return f"{Decimal(value):f}"
