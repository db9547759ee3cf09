"""Functions that DuckDB has no exact counterpart of, in Python: ``py_<name>`` in the SQL written here.

A function is registered in the databases whose SQL calls it. An argument that is null makes the result null. What fails
the query comes back as a marked text, that the macros ``checked`` and ``checked_list`` turn into the failure: an
exception would escape from TRY when DuckDB computes constants.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import duckdb

from . import json_documents as documents
from . import urls
from .java_format import java_format
from .java_numbers import java_double, scientific
from .json_documents import FunctionFailedError

FAILURE_MARK = "\x01\x02failure:"


class PythonFunction(NamedTuple):
    """A function with DuckDB's types of its parameters and its result."""

    function: Callable[..., Any]
    parameters: list[str]
    result: str


def _java_number(value: float, is_single: bool) -> str:
    return java_double(value, is_single=is_single)


def _levenshtein(left: str, right: str) -> int:
    distances = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(right, 1):
            changed = diagonal + (letter != other)
            diagonal = distances[column]
            distances[column] = min(changed, diagonal + 1, distances[column - 1] + 1)
    return distances[-1]


def _from_base(text: str, radix: int) -> int:
    if not 2 <= radix <= 36:
        raise FunctionFailedError("INVALID_FUNCTION_ARGUMENT: Radix must be between 2 and 36")
    try:
        number = int(text, radix) if text.strip("+-").isalnum() else 2**63
    except ValueError:
        number = 2**63
    if not -(2**63) <= number < 2**63:
        raise FunctionFailedError(f"INVALID_FUNCTION_ARGUMENT: Not a valid base-{radix} number: {text}")
    return number


def _to_base(number: int, radix: int) -> str:
    if not 2 <= radix <= 36:
        return ""  # the call itself fails
    rest, digits = abs(number), ""
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"-{digits}" if number < 0 else digits


_TEXT, _TEXTS, _BYTES = "VARCHAR", "VARCHAR[]", "BLOB"

PYTHON_FUNCTIONS: dict[str, PythonFunction] = {
    "py_json_parse": PythonFunction(documents.parse, [_TEXT], _TEXT),
    "py_json_extract": PythonFunction(documents.extract, [_TEXT, _TEXT], _TEXT),
    "py_json_extract_scalar": PythonFunction(documents.extract_scalar, [_TEXT, _TEXT], _TEXT),
    "py_json_size": PythonFunction(documents.size, [_TEXT, _TEXT], _TEXT),
    "py_json_array_length": PythonFunction(documents.array_length, [_TEXT], _TEXT),
    "py_json_array_contains": PythonFunction(documents.array_contains, [_TEXT, _TEXT], _TEXT),
    "py_is_json_scalar": PythonFunction(documents.is_scalar, [_TEXT], _TEXT),
    "py_scientific": PythonFunction(scientific, ["DOUBLE", "BOOLEAN"], _TEXT),
    "py_json_number": PythonFunction(documents.number, ["DOUBLE", "BOOLEAN"], _TEXT),
    "py_json_object": PythonFunction(documents.written_object, [_TEXTS, _TEXTS], _TEXT),
    "py_json_scalar": PythonFunction(documents.scalar, [_TEXT, _TEXT], _TEXT),
    "py_json_elements": PythonFunction(documents.elements, [_TEXT, _TEXT], _TEXTS),
    "py_json_keys": PythonFunction(documents.keys, [_TEXT, _TEXT], _TEXTS),
    "py_json_values": PythonFunction(documents.values, [_TEXT], _TEXTS),
    "py_json_fields": PythonFunction(documents.fields, [_TEXT, _TEXTS, _TEXT], _TEXTS),
    "py_levenshtein": PythonFunction(_levenshtein, [_TEXT, _TEXT], _TEXT),
    "py_url_part": PythonFunction(urls.part, [_TEXT, _TEXT], _TEXT),
    "py_url_parameter": PythonFunction(urls.parameter, [_TEXT, _TEXT], _TEXT),
    "py_url_encode": PythonFunction(urls.encode, [_TEXT], _TEXT),
    "py_url_decode": PythonFunction(urls.decode, [_TEXT], _TEXT),
    "py_hmac": PythonFunction(lambda name, data, key: hmac.digest(key, data, name), [_TEXT, _BYTES, _BYTES], _BYTES),
    "py_sha512": PythonFunction(lambda data: hashlib.sha512(data).digest(), [_BYTES], _BYTES),
    "py_crc32": PythonFunction(zlib.crc32, [_BYTES], _TEXT),
    "py_from_utf8": PythonFunction(lambda data: data.decode("utf-8", "replace"), [_BYTES], _TEXT),
    "py_from_base": PythonFunction(_from_base, [_TEXT, "BIGINT"], _TEXT),
    "py_to_base": PythonFunction(_to_base, ["BIGINT", "BIGINT"], _TEXT),
    "py_java_number": PythonFunction(_java_number, ["DOUBLE", "BOOLEAN"], _TEXT),
    "py_format": PythonFunction(java_format, [_TEXT, _TEXT, _TEXTS], _TEXT),
}


def register(database: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make a function known to a database."""
    function, parameters, result = PYTHON_FUNCTIONS[name]

    def call(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            found = function(*arguments)
        except FunctionFailedError as failure:
            marked = f"{FAILURE_MARK}{failure}"
            return [marked] if result == _TEXTS else marked
        if isinstance(found, bool):
            return "true" if found else "false"
        return str(found) if isinstance(found, int) else found

    names = [inspect.Parameter(f"p{index}", inspect.Parameter.POSITIONAL_ONLY) for index in range(len(parameters))]
    call.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]  # DuckDB counts the parameters
    database.create_function(name, call, parameters, result, null_handling="special")
