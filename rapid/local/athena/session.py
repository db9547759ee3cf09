"""What running one statement needs: the caller's S3 and Glue, its engine, and the count of the bytes that it scans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from .catalog import GlueCatalog
from .engine import Engine
from .errors import Position, QueryCancelledError
from .executions import Execution
from .queries import Plan, plan
from .reader import Stores, TableReader
from .scopes import Scan
from .statements import TableName
from .tables import Table
from .views import View

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

    def place(self, name: TableName) -> tuple[str, str]:
        """Return the database and the name of a table that a statement names."""
        return name.database or self.database, name.name

    def check(self) -> None:
        """Raise QueryCancelledError if the query was cancelled."""
        self._engine.check()

    def _find(self, database: str | None, name: str, position: Position | None) -> Table | View:
        return self._catalog.table(database or self.database, name, position)

    def _before_read(self, size_bytes: int) -> None:
        self._engine.check()
        execution, limit = self.execution, self._scan_limit_bytes
        if limit and execution.scanned_bytes + size_bytes > limit:
            execution.scanned_bytes = limit
            raise QueryCancelledError(SCAN_LIMIT_EXCEEDED)
        execution.scanned_bytes += size_bytes
