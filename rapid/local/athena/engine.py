"""Running a plan in DuckDB: one closed, in-memory database a query, fed with Arrow tables."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pyarrow as pa

from .errors import ErrorName, QueryCancelledError, QueryFailedError
from .macros import MACROS
from .python_functions import PYTHON_FUNCTIONS, register
from .queries import Plan
from .scopes import Bound, EvaluatedBound, Scan
from .trino_types import MAX_DECIMAL_PRECISION

BATCH_ROWS = 10_000
USER_CANCELLED = "Query cancelled by user"

# Nothing outside the process, no extension, no Python variable is reachable, and SQL cannot change that.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "threads": "2",
}
_OWN_ERROR = re.compile(r"Conversion Error: Could not convert string '([A-Z_]+): (.*)' to INT32.*", re.DOTALL)
_CALL = re.compile(r"\b([a-z]\w*)\(")
_OVERFLOW = re.compile(
    r"Overflow in (addition|subtraction|multiplication|division)(?: of (\w+) \((\S+ [*+-] \S+)\))?", re.IGNORECASE
)
_DECIMAL_CAST = re.compile(r'value "?([^" ]+)"? to (?:type )?DECIMAL\((\d+),(\d+)\)')
_TYPES = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}


class Engine:
    """One DuckDB database for one query; ``cancel`` may be called from another thread."""

    def __init__(self) -> None:
        self._database = duckdb.connect(":memory:", config=_CLOSED)
        self._database.execute("SET lock_configuration = true")
        self._is_cancelled = threading.Event()
        self._provided: set[str] = set()

    def close(self) -> None:
        """Free the database."""
        self._database.close()

    def cancel(self) -> None:
        """Stop the query that runs, if any."""
        self._is_cancelled.set()
        self._database.interrupt()

    def check(self) -> None:
        """Raise QueryCancelledError if the query was cancelled."""
        if self._is_cancelled.is_set():
            raise QueryCancelledError(USER_CANCELLED)

    def matching_partitions(self, scan: Scan, partitions: pa.Table) -> list[bool]:
        """Return for each partition whether the scan's predicates over partition columns may hold."""
        if not scan.partition_predicates:
            return [True] * partitions.num_rows
        numbered = partitions.append_column("partition_number", pa.array(range(partitions.num_rows), pa.int64()))
        self._database.register("partitions", numbered)
        condition = " AND ".join(scan.partition_predicates)
        try:
            rows = self._run(f"SELECT partition_number FROM partitions AS {scan.alias} WHERE {condition}").fetchall()
        except (
            QueryFailedError
        ):  # another condition may keep the failing one from such rows: the query itself will tell
            return [True] * partitions.num_rows
        finally:
            self._database.unregister("partitions")
        kept = {row[0] for row in rows}
        return [number in kept for number in range(partitions.num_rows)]

    def evaluated(self, bounds: list[Bound]) -> list[EvaluatedBound]:
        """Return the bounds with their values, without those that fail or are null (the query itself will tell)."""
        found = []
        for bound in bounds:
            try:
                [values] = self._run(f"SELECT {', '.join(bound.values)}").fetchall()
            except (QueryFailedError, duckdb.Error):
                continue
            if None not in values:
                found.append(EvaluatedBound(bound.column, bound.operator, values))
        return found

    def constant(self, sql: str) -> Any:
        """Return the value of an expression without columns."""
        [[value]] = self._run(f"SELECT {sql}").fetchall()
        return value

    def rows(self, plan: Plan, read: Callable[[Scan], pa.Table]) -> Iterator[list[tuple[Any, ...]]]:
        """Run a plan and yield its rows in batches; ``read`` fetches what a scan needs."""
        for scan in plan.scans:
            self.check()
            self._database.register(f"scan_{scan.index}", read(scan))
        result = self._run(plan.sql)
        while batch := self._fetch(result):
            yield batch

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        self.check()
        self._provide(sql)
        try:
            return self._database.execute(sql)
        except duckdb.Error as error:
            raise self._failure(error) from error

    def _provide(self, sql: str) -> None:
        """Make what the SQL calls: macros and functions of our own, the first time that it does."""
        for name in _CALL.findall(sql):
            if name in self._provided:
                continue
            self._provided.add(name)
            if name in MACROS:
                self._provide(MACROS[name])
                self._database.execute(f"CREATE MACRO {name}{MACROS[name]}")
            elif name in PYTHON_FUNCTIONS:
                register(self._database, name)

    def _fetch(self, result: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        self.check()
        try:
            return result.fetchmany(BATCH_ROWS)
        except duckdb.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: duckdb.Error) -> Exception:
        if self._is_cancelled.is_set() or isinstance(error, duckdb.InterruptException):
            return QueryCancelledError(USER_CANCELLED)
        return trino_failure(str(error))


def trino_failure(message: str) -> QueryFailedError:
    """Return the Trino failure that DuckDB's message stands for."""
    own = _OWN_ERROR.fullmatch(message.strip())
    if own and own[1] in ErrorName.__members__:
        return QueryFailedError(ErrorName[own[1]], own[2])
    if "Map keys can not be NULL" in message:
        return QueryFailedError(ErrorName.INVALID_FUNCTION_ARGUMENT, "map key cannot be null")
    if "Map keys must be unique" in message:
        return QueryFailedError(ErrorName.INVALID_FUNCTION_ARGUMENT, "Duplicate map keys are not allowed")
    if "Division by zero" in message:
        return QueryFailedError(ErrorName.DIVISION_BY_ZERO, "Division by zero")
    first_line = message.partition("\n")[0]
    overflow = _OVERFLOW.search(message)
    if overflow and overflow[2] in _TYPES:
        text = f"{_TYPES[overflow[2]]} {overflow[1].lower()} overflow: {overflow[3]}"
        return QueryFailedError(ErrorName.NUMERIC_VALUE_OUT_OF_RANGE, text)
    decimal_cast = _DECIMAL_CAST.search(message)
    if decimal_cast and int(decimal_cast[2]) < MAX_DECIMAL_PRECISION:
        text = f"Cannot cast '{decimal_cast[1]}' to DECIMAL({decimal_cast[2]}, {decimal_cast[3]})"
        return QueryFailedError(ErrorName.INVALID_CAST_ARGUMENT, text)
    if overflow or "out of range" in message:
        return QueryFailedError(ErrorName.NUMERIC_VALUE_OUT_OF_RANGE, first_line)
    if "More than one row returned by a subquery" in message:
        return QueryFailedError(ErrorName.SUBQUERY_MULTIPLE_ROWS, "Scalar sub-query has returned multiple rows")
    if message.startswith("Conversion Error"):
        return QueryFailedError(ErrorName.INVALID_CAST_ARGUMENT, first_line.removeprefix("Conversion Error: "))
    if "regular expression" in message.lower() or "invalid perl operator" in message.lower():
        return QueryFailedError(ErrorName.INVALID_FUNCTION_ARGUMENT, first_line)
    return QueryFailedError(ErrorName.GENERIC_INTERNAL_ERROR, first_line)
