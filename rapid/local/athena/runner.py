"""Runs query executions in a bounded pool of workers, from the statement to what it leaves on S3 and in Glue."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..billing.meter import METER
from .asker import Asker
from .ddl import run_ddl
from .engine import Engine
from .errors import ErrorName, InvalidRequestError, QueryCancelledError, QueryFailedError
from .executions import Execution, State
from .prepared_statements import PreparedStatements
from .reader import Stores
from .result_files import ResultFiles
from .session import Session
from .statement_parsing import parse_statement
from .statements import CreateTableAs, Deallocate, Prepare, Query, Show, Statement, Unload
from .workgroups import WorkGroup
from .writes import write

WORKERS = 4
_BILLED = (Query, CreateTableAs, Unload)
"""Definitions of tables and views cost nothing (https://aws.amazon.com/athena/pricing/)."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """An accepted statement; ``sql`` is its text, a prepared statement's if it executes one."""

    execution: Execution
    statement: Statement
    sql: str
    parameters: tuple[str, ...]
    workgroup: WorkGroup
    asker: Asker


class Runner:
    """Accepts statements and runs them, at most ``WORKERS`` at a time; the rest wait in state QUEUED."""

    def __init__(self, prepared_statements: PreparedStatements) -> None:
        self._prepared_statements = prepared_statements
        self._stores = Stores()
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="athena")

    def submit(self, job: Job) -> None:
        """Queue a statement."""
        self._pool.submit(self._run, job)

    def close(self) -> None:
        """Stop taking statements; those that wait are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job) -> None:
        engine, execution = Engine(), job.execution
        try:
            if execution.start(engine):
                self._answer(job, engine)
                execution.finish(State.SUCCEEDED)
                if isinstance(job.statement, _BILLED):
                    METER.count_query(execution.workgroup, execution.scanned_bytes)
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

    def _answer(self, job: Job, engine: Engine) -> None:
        execution, asker = job.execution, job.asker
        s3, glue = asker.clients.client("s3"), asker.clients.client("glue")
        # What others have read says nothing of what this one may read.
        stores = Stores() if asker.is_limited else self._stores
        session = Session(execution, job.sql, engine, stores, s3, glue, job.workgroup.scan_limit_bytes)
        files = ResultFiles(s3, execution)
        statement = job.statement
        if job.parameters or "?" in job.sql:
            statement = _with_values(job)
        if isinstance(statement, Query):
            planned = session.plan(statement.tree)
            files.rows(planned.outputs, session.rows(planned))
        elif isinstance(statement, Prepare | Deallocate):
            self._prepare(statement, execution.workgroup)
            files.lines((), [])
        elif isinstance(statement, CreateTableAs | Unload):
            write(statement, session, files, is_enforced=job.workgroup.enforces_location)
        else:
            names = statement.listing.value if isinstance(statement, Show) else ()
            files.lines(names, run_ddl(statement, session))

    def _prepare(self, statement: Prepare | Deallocate, workgroup: str) -> None:
        try:
            if isinstance(statement, Prepare):
                self._prepared_statements.create(workgroup, statement.name, statement.sql)
            else:
                self._prepared_statements.delete(workgroup, statement.name)
        except InvalidRequestError as error:
            raise QueryFailedError(ErrorName.GENERIC_USER_ERROR, error.message) from None


def _with_values(job: Job) -> Statement:
    try:
        return parse_statement(job.sql, job.parameters)
    except InvalidRequestError as error:
        raise QueryFailedError(ErrorName.INVALID_PARAMETER_USAGE, error.message) from None
