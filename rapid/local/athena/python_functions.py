"""Functions that DuckDB has no exact counterpart of, in Python: ``py_<name>`` in the SQL written here.

A function is registered in the databases whose SQL calls it. An argument that is null makes the result null. What fails
the query comes back as a marked text, that the macro ``checked`` turns into the failure: an
exception would escape from TRY when DuckDB computes constants.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import duckdb
from duckdb.func import FunctionNullHandling

from . import json_documents as documents
from .java_numbers import scientific
from .json_documents import FunctionFailedError

FAILURE_MARK = "\x01\x02failure:"


class PythonFunction(NamedTuple):
    """A function with DuckDB's types of its parameters and its result."""

    function: Callable[..., Any]
    parameters: list[str]
    result: str


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
    "py_json_structure": PythonFunction(documents.structure, [_TEXT, _TEXT], _TEXT),
    "py_from_utf8": PythonFunction(lambda data: data.decode("utf-8", "replace"), [_BYTES], _TEXT),
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
            return f"{FAILURE_MARK}{failure}"
        if isinstance(found, bool):
            return "true" if found else "false"
        return str(found) if isinstance(found, int) else found

    names = [inspect.Parameter(f"p{index}", inspect.Parameter.POSITIONAL_ONLY) for index in range(len(parameters))]
    call.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]  # DuckDB counts the parameters
    database.create_function(name, call, [*parameters], result, null_handling=FunctionNullHandling.SPECIAL)
