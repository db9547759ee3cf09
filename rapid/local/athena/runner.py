"""Runs query executions in a bounded pool of workers, from text to the result on S3."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import IO, Any, Protocol

import pyarrow as pa
from botocore.exceptions import ClientError
from sqlglot import exp

from .catalog import GlueCatalog
from .engine import Engine
from .errors import ErrorName, Position, QueryCancelledError, QueryFailedError
from .executions import Execution, State
from .queries import Plan, plan
from .reader import Stores, TableReader
from .results import csv_row, encode_metadata, result_column, text_of
from .scopes import Scan
from .tables import Table
from .view_definitions import View

WORKERS = 4
DEFAULT_DATABASE = "default"
SCAN_LIMIT_EXCEEDED = "Bytes scanned limit was exceeded"
_SPOOLED_BYTES = 8 * 1024 * 1024
_log = logging.getLogger(__name__)


class ClientSource(Protocol):
    """Where boto3 clients come from."""

    def client(self, service: str, role_arn: str | None = None) -> Any:
        """Return a client of a service."""


class Runner:
    """Accepts parsed queries and runs them, at most ``WORKERS`` at a time; the rest wait in state QUEUED."""

    def __init__(self, clients: ClientSource) -> None:
        self._clients = clients
        self._stores = Stores()
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="athena")

    def submit(self, execution: Execution, tree: exp.Expr, scan_limit_bytes: int | None) -> None:
        """Queue an execution."""
        self._pool.submit(self._run, execution, tree, scan_limit_bytes)

    def close(self) -> None:
        """Stop taking queries; those that wait are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, execution: Execution, tree: exp.Expr, scan_limit_bytes: int | None) -> None:
        engine = Engine()
        try:
            if execution.start(engine):
                self._answer(execution, tree, engine, scan_limit_bytes)
                execution.finish(State.SUCCEEDED)
        except QueryFailedError as failure:
            execution.finish(State.FAILED, failure.text, failure)
        except QueryCancelledError as cancelled:
            execution.finish(State.CANCELLED, cancelled.reason)
        except Exception as error:  # a worker must always leave its execution in a final state
            _log.exception("query %s failed", execution.id)
            internal = QueryFailedError(ErrorName.GENERIC_INTERNAL_ERROR, f"{type(error).__name__}: {error}")
            execution.finish(State.FAILED, internal.text, internal)
        finally:
            engine.close()

    def _answer(self, execution: Execution, tree: exp.Expr, engine: Engine, scan_limit_bytes: int | None) -> None:
        now = datetime.now(UTC)
        s3 = self._clients.client("s3")
        catalog = GlueCatalog(self._clients.client("glue"), s3, lambda: self._stores.iceberg)

        def find(database: str | None, name: str, position: Position | None) -> Table | View:
            return catalog.table(database or (execution.database or DEFAULT_DATABASE).lower(), name, position)

        def before_read(size_bytes: int) -> None:
            engine.check()
            if scan_limit_bytes and execution.scanned_bytes + size_bytes > scan_limit_bytes:
                execution.scanned_bytes = scan_limit_bytes
                raise QueryCancelledError(SCAN_LIMIT_EXCEEDED)
            execution.scanned_bytes += size_bytes

        planned = plan(tree, execution.query, find, now)
        reader = TableReader(s3, self._stores, engine, now, before_read)

        def read(scan: Scan) -> pa.Table:
            return reader.read(scan, {column for index, column in planned.needed if index == scan.index})

        self._store(execution, planned, engine.rows(planned, read))

    def _store(self, execution: Execution, planned: Plan, batches: Iterator[list[tuple[Any, ...]]]) -> None:
        columns = [result_column(index, output) for index, output in enumerate(planned.outputs)]
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES) as spool:
            spool.write(csv_row([column.name for column in columns]).encode())
            for batch in batches:
                lines = (
                    csv_row([text_of(value, output.type) for value, output in zip(row, planned.outputs, strict=True)])
                    for row in batch
                )
                spool.write("".join(lines).encode())
            spool.seek(0)
            self._put(execution, ".csv", spool)
        self._put(execution, ".csv.metadata", encode_metadata(execution.id, columns))

    def _put(self, execution: Execution, suffix: str, body: IO[bytes] | bytes) -> None:
        target = execution.target
        key = f"{target.prefix}{execution.id}{suffix}"
        try:
            self._clients.client("s3").put_object(Bucket=target.bucket, Key=key, Body=body, **target.arguments)
        except ClientError as error:
            message = f"Failed to write s3://{target.bucket}/{key}: {error.response['Error']['Message']}"
            raise QueryFailedError(ErrorName.RESULT_LOCATION_FAILED, message) from None
