"""Query executions: what the API tells of each, and the store that keeps the recent ones.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html. Only the record of an
execution is kept in memory; its result lies on S3 alone.
"""

from __future__ import annotations

import enum
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from .engine import Engine
from .errors import ErrorCategory, InvalidRequestError, QueryFailedError
from .results import ResultColumn
from .statements import Kind
from .workgroups import ResultTarget

KEPT_EXECUTIONS = 10_000
USER_CANCELLED_TYPE = 1011


class State(enum.Enum):
    """States of a query execution."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


FINAL_STATES = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})


@dataclass
class Execution:
    """One query execution; times are seconds since the epoch."""

    id: str
    query: str
    kind: Kind
    database: str | None
    workgroup: str
    target: ResultTarget
    request: dict[str, Any]
    state: State = State.QUEUED
    reason: str | None = None
    error: dict[str, Any] | None = None
    scanned_bytes: int = 0
    written_rows: int = 0
    columns: list[ResultColumn] = field(default_factory=list)
    has_manifest: bool = False
    submitted_at: float = field(default_factory=time.time)
    started_at: float | None = None
    completed_at: float | None = None
    engine: Engine | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def output_key(self) -> str:
        """The key of the result's object."""
        form = self.kind.form
        return f"{self.target.prefix}{form.folder}{self.id}{form.suffix}"

    @property
    def manifest_key(self) -> str:
        """The key of the object that lists what the statement wrote."""
        return f"{self.target.prefix}{self.kind.form.folder}{self.id}-manifest.csv"

    @property
    def output_location(self) -> str:
        """Where the result lies."""
        return f"s3://{self.target.bucket}/{self.output_key}"

    def start(self, engine: Engine) -> bool:
        """Go to RUNNING with ``engine``; False if it was cancelled while it waited."""
        with self.lock:
            if self.state is not State.QUEUED:
                return False
            self.state, self.started_at, self.engine = State.RUNNING, time.time(), engine
            return True

    def finish(self, state: State, reason: str | None = None, failure: QueryFailedError | None = None) -> None:
        """Go to a final state; does nothing if it is in one."""
        with self.lock:
            if self.state in FINAL_STATES:
                return
            self.reason, self.completed_at, self.engine = reason, time.time(), None
            if failure:
                self.error = _athena_error(failure.category, failure.name.error_type, failure.text)
            elif state is State.CANCELLED:
                self.error = _athena_error(ErrorCategory.USER, USER_CANCELLED_TYPE, reason or "")
            self.state = state

    def cancel(self, reason: str) -> None:
        """Stop it: at once if it waits, as soon as its engine gives way if it runs."""
        with self.lock:
            engine = self.engine
        if engine:
            engine.cancel()
        self.finish(State.CANCELLED, reason)

    def describe(self) -> dict[str, Any]:
        """Return the API's QueryExecution."""
        with self.lock:
            end = self.completed_at or time.time()
            started = self.started_at or end
            status: dict[str, Any] = {"State": self.state.value, "SubmissionDateTime": self.submitted_at}
            if self.completed_at:
                status["CompletionDateTime"] = self.completed_at
            if self.reason:
                status["StateChangeReason"] = self.reason
            if self.error:
                status["AthenaError"] = self.error
        context = {"Database": self.database} if self.database else {}
        manifest = f"s3://{self.target.bucket}/{self.manifest_key}"
        parameters = self.request.get("ExecutionParameters")
        reuse = (self.request.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration")
        return {
            "QueryExecutionId": self.id,
            "Query": self.query,
            **({"ExecutionParameters": parameters} if parameters else {}),
            "StatementType": self.kind.statement_type,
            "SubstatementType": self.kind.substatement_type,
            "ResultConfiguration": {"OutputLocation": self.output_location, **self.target.encryption_info()},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": reuse or {"Enabled": False}},
            "QueryExecutionContext": {**context, "Catalog": "awsdatacatalog"} if context else {},
            "Status": status,
            "Statistics": {
                "EngineExecutionTimeInMillis": round((end - started) * 1000),
                "DataScannedInBytes": self.scanned_bytes,
                **({"DataManifestLocation": manifest} if self.has_manifest else {}),
                "TotalExecutionTimeInMillis": round((end - self.submitted_at) * 1000),
                "QueryQueueTimeInMillis": round((started - self.submitted_at) * 1000),
                "ServiceProcessingTimeInMillis": 0,
                "ResultReuseInformation": {"ReusedPreviousResult": False},
            },
            "WorkGroup": self.workgroup,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }


class ExecutionStore:
    """The recent executions, newest last; the oldest finished ones are forgotten past ``KEPT_EXECUTIONS``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executions: OrderedDict[str, Execution] = OrderedDict()
        self._by_token: dict[str, str] = {}

    def cancel_all(self, reason: str) -> None:
        """Stop all that wait or run."""
        with self._lock:
            active = [execution for execution in self._executions.values() if execution.state not in FINAL_STATES]
        for execution in active:
            execution.cancel(reason)

    def add(self, execution: Execution, token: str | None, most_active: int) -> Execution | None:
        """Keep a new execution, or return the one that the same client token started; None if too many are active.

        Raises InvalidRequestError if the token was used with other parameters.
        """
        with self._lock:
            known = self._executions.get(self._by_token.get(token or "", ""))
            if known:
                if known.request != execution.request:
                    raise InvalidRequestError("Idempotent parameters do not match")
                return known
            if sum(other.state not in FINAL_STATES for other in self._executions.values()) >= most_active:
                return None
            self._executions[execution.id] = execution
            if token:
                self._by_token[token] = execution.id
            if len(self._executions) > KEPT_EXECUTIONS:
                oldest = next(other for other in self._executions.values() if other.state in FINAL_STATES)
                del self._executions[oldest.id]
                self._by_token = {key: value for key, value in self._by_token.items() if value != oldest.id}
            return execution

    def get(self, query_id: str) -> Execution:
        """Return an execution; raises InvalidRequestError if there is none of that id."""
        with self._lock:
            execution = self._executions.get(query_id)
        if execution is None:
            raise InvalidRequestError(f"QueryExecution {query_id} was not found")
        return execution

    def newest_first(self, workgroup: str) -> list[str]:
        """Return the ids of a work group's executions."""
        with self._lock:
            return [item.id for item in reversed(self._executions.values()) if item.workgroup == workgroup]


def _athena_error(category: ErrorCategory, error_type: int, message: str) -> dict[str, Any]:
    return {
        "ErrorCategory": int(category),
        "ErrorType": error_type,
        "Retryable": category is ErrorCategory.SYSTEM,
        "ErrorMessage": message,
    }
