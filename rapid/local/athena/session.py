"""What running one statement needs: the caller's S3 and Glue, its engine, and the count of the bytes that it scans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from .catalog import GlueCatalog
from .engine import Engine
from .errors import ErrorName, Position, QueryCancelledError, QueryFailedError, not_supported
from .executions import Execution
from .from_clause import AsOf
from .queries import Plan, plan
from .reader import Stores, TableReader
from .scopes import Scan
from .statements import TableName
from .tables import Table, TableVersion
from .view_definitions import View

DEFAULT_DATABASE = "default"
SCAN_LIMIT_EXCEEDED = "Bytes scanned limit was exceeded"


class Session:
    """One statement's run. ``sql`` is the text that the statement was parsed from."""

    def __init__(
        self,
        execution: Execution,
        sql: str,
        engine: Engine,
        stores: Stores,
        s3: Any,
        glue: Any,
        scan_limit_bytes: int | None,
    ) -> None:
        self.execution = execution
        self.s3 = s3
        self.glue = glue
        self.now = datetime.now(UTC)
        self.database = (execution.database or DEFAULT_DATABASE).strip("`").lower()
        self._sql = sql
        self._engine = engine
        self._stores = stores
        self._scan_limit_bytes = scan_limit_bytes
        self._catalog = GlueCatalog(glue, s3, lambda: stores.iceberg)

    def plan(self, tree: exp.Expr) -> Plan:
        """Translate a query; raises QueryFailedError for what Athena would refuse, and for what is not supported."""
        return plan(tree, self._sql, self._find, self.now)

    def rows(self, planned: Plan) -> Iterator[list[tuple[Any, ...]]]:
        """Run a plan and yield its rows in batches."""
        reader = TableReader(self.s3, self._stores, self._engine, self.now, self._before_read)

        def read(scan: Scan) -> pa.Table:
            return reader.read(scan, {column for index, column in planned.needed if index == scan.index})

        return self._engine.rows(planned, read)

    def table(self, name: TableName) -> Table | View:
        """Return a table or view; raises QueryFailedError if it is missing or of a kind that cannot be read."""
        return self._find(name.database, name.name, None, None)

    def place(self, name: TableName) -> tuple[str, str]:
        """Return the database and the name of a table that a statement names."""
        return name.database or self.database, name.name

    def check(self) -> None:
        """Raise QueryCancelledError if the query was cancelled."""
        self._engine.check()

    def _find(self, database: str | None, name: str, position: Position | None, as_of: AsOf | None) -> Table | View:
        version = self._version(as_of, position) if as_of else None
        return self._catalog.table(database or self.database, name, position, version)

    def _version(self, as_of: AsOf, position: Position | None) -> TableVersion:
        """Source: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-time-travel-and-version-travel-queries.html."""
        value = self._engine.constant(as_of.value.sql)
        if not as_of.is_timestamp and isinstance(value, int):
            return TableVersion(snapshot_id=value)
        if not as_of.is_timestamp or not isinstance(value, date):
            words = "TIMESTAMP" if as_of.is_timestamp else "VERSION"
            raise not_supported(f"FOR {words} AS OF a value of type {as_of.value.type}", position)
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment > self.now:
            message = (
                f"Pointer value '{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC' is not in the past"
            )
            raise QueryFailedError(ErrorName.INVALID_ARGUMENTS, message, position)
        return TableVersion(timestamp_ms=int(moment.timestamp() * 1000))

    def _before_read(self, size_bytes: int) -> None:
        self._engine.check()
        execution, limit = self.execution, self._scan_limit_bytes
        if limit and execution.scanned_bytes + size_bytes > limit:
            execution.scanned_bytes = limit
            raise QueryCancelledError(SCAN_LIMIT_EXCEEDED)
        execution.scanned_bytes += size_bytes
