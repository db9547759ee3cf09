"""Running a plan in DuckDB, fed with Arrow tables.

All queries of the process share one closed, in-memory database, since it takes long to make: each has a connection of
its own, which alone sees the tables that it is fed with.
"""

from __future__ import annotations

import contextlib
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
_INTERRUPT_INTERVAL_SECONDS = 0.05

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
_OURS = MACROS.keys() | PYTHON_FUNCTIONS.keys()
_OVERFLOW = re.compile(
    r"Overflow in (addition|subtraction|multiplication|division)(?: of (\w+) \((\S+ [*+-] \S+)\))?", re.IGNORECASE
)
_DECIMAL_CAST = re.compile(r'value "?([^" ]+)"? to (?:type )?DECIMAL\((\d+),(\d+)\)')
_TYPES = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}


class _Database:
    """A database, with those of our own macros and functions that a query has called so far."""

    def __init__(self) -> None:
        self._root = duckdb.connect(":memory:", config=_CLOSED)
        self._root.execute("SET lock_configuration = true")
        self._lock = threading.Lock()
        self._provided: set[str] = set()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection."""
        with self._lock:
            return self._root.cursor()

    def provide(self, sql: str) -> None:
        """Make what the SQL calls, the first time that any does."""
        wanted = _OURS.intersection(_CALL.findall(sql))
        if not wanted <= self._provided:
            with self._lock:
                self._make(wanted)

    def _make(self, names: set[str]) -> None:
        for name in names - self._provided:
            if name in PYTHON_FUNCTIONS:
                register(self._root, name)
            else:
                self._make(_OURS.intersection(_CALL.findall(MACROS[name])))
                self._root.execute(f"CREATE OR REPLACE MACRO {name}{MACROS[name]}")
            self._provided.add(name)


class _Databases:
    """Keeps the one that queries share, until it has an internal error: DuckDB does not go on with it then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: _Database | None = None

    def current(self) -> _Database:
        """Return the database, made when the first query needs it."""
        with self._lock:
            self._current = self._current or _Database()
            return self._current

    def abandon(self, broken: _Database) -> None:
        """Let the next query make another."""
        with self._lock:
            if self._current is broken:
                self._current = None


_DATABASES = _Databases()


class Engine:
    """DuckDB for one query; ``cancel`` may be called from another thread."""

    def __init__(self) -> None:
        self._database = _DATABASES.current()
        self._connection = self._database.connection()
        self._is_cancelled = threading.Event()
        self._is_closed = threading.Event()

    def close(self) -> None:
        """Free what the query was fed with."""
        self._is_closed.set()
        self._connection.close()

    def cancel(self) -> None:
        """Stop the query that runs, if any."""
        self._is_cancelled.set()
        self._connection.interrupt()
        threading.Thread(target=self._interrupt, daemon=True).start()

    def _interrupt(self) -> None:
        """Interrupt until the query has ended: DuckDB forgets an interruption that comes before it has begun."""
        while not self._is_closed.wait(_INTERRUPT_INTERVAL_SECONDS):
            with contextlib.suppress(duckdb.Error):  # closed meanwhile
                self._connection.interrupt()

    def check(self) -> None:
        """Raise QueryCancelledError if the query was cancelled."""
        if self._is_cancelled.is_set():
            raise QueryCancelledError(USER_CANCELLED)

    def matching_partitions(self, scan: Scan, partitions: pa.Table) -> list[bool]:
        """Return for each partition whether the scan's predicates over partition columns may hold."""
        if not scan.partition_predicates:
            return [True] * partitions.num_rows
        numbered = partitions.append_column("partition_number", pa.array(range(partitions.num_rows), pa.int64()))
        self._connection.register("partitions", numbered)
        condition = " AND ".join(scan.partition_predicates)
        try:
            rows = self._run(f"SELECT partition_number FROM partitions AS {scan.alias} WHERE {condition}").fetchall()
        except (
            QueryFailedError
        ):  # another condition may keep the failing one from such rows: the query itself will tell
            return [True] * partitions.num_rows
        finally:
            self._connection.unregister("partitions")
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

    def rows(self, plan: Plan, read: Callable[[Scan], pa.Table]) -> Iterator[list[tuple[Any, ...]]]:
        """Run a plan and yield its rows in batches; ``read`` fetches what a scan needs."""
        for scan in plan.scans:
            self.check()
            self._connection.register(f"scan_{scan.index}", read(scan))
        result = self._run(plan.sql)
        while batch := self._fetch(result):
            yield batch

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        self.check()
        self._database.provide(sql)
        try:
            return self._connection.execute(sql)
        except duckdb.Error as error:
            raise self._failure(error) from error

    def _fetch(self, result: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        self.check()
        try:
            return result.fetchmany(BATCH_ROWS)
        except duckdb.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: duckdb.Error) -> Exception:
        if self._is_cancelled.is_set() or isinstance(error, duckdb.InterruptException):
            return QueryCancelledError(USER_CANCELLED)
        if isinstance(error, duckdb.InternalException | duckdb.FatalException):
            _DATABASES.abandon(self._database)
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
