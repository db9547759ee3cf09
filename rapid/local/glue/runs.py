"""Job runs: their states and their history.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html
"""

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..service_error import ServiceError
from .arguments import LOG_GROUP_PREFIX
from .definition import JobDefinition

HISTORY_RUNS = 100
"""How many runs of a job the local cloud remembers; AWS keeps them for 365 days."""
_LOG_GROUP_PREFIX = "/aws-glue/jobs"


class RunState(Enum):
    """https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html, without those that need a queue or a stop."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"


UNDER_WAY = frozenset({RunState.STARTING, RunState.RUNNING})


@dataclass(eq=False)
class JobRun:
    """One run of a job. Its state is changed by RunHistory alone; times in epoch seconds."""

    job: JobDefinition
    role_arn: str
    given_arguments: Mapping[str, str]
    id: str = field(default_factory=lambda: f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}")
    state: RunState = RunState.STARTING
    started_on: float = field(default_factory=time.time)
    modified_on: float = field(default_factory=time.time)
    running_since: float | None = None
    completed_on: float | None = None
    error_message: str | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """All arguments, the job's own among them."""
        return self.job.arguments(self.given_arguments)

    @property
    def log_group_prefix(self) -> str:
        """The first part of the names of the log groups that the run writes to."""
        return self.arguments.get(LOG_GROUP_PREFIX, _LOG_GROUP_PREFIX)

    def log_group(self, output: str) -> str:
        """The log group of one output, `output` or `error`."""
        return f"{self.log_group_prefix}/{output}"

    def document(self) -> dict[str, Any]:
        """The run as the API shows it."""
        capacity = self.job.max_capacity_dpus
        shown: dict[str, Any] = {
            "Id": self.id,
            "Attempt": 0,
            "JobName": self.job.name,
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "CompletedOn": self.completed_on,
            "JobRunState": self.state.value,
            "Arguments": dict(self.given_arguments) or None,
            "ErrorMessage": self.error_message,
            "PredecessorRuns": [],
            "AllocatedCapacity": int(capacity),
            "ExecutionTime": round(self.seconds),
            "Timeout": self.job.timeout_minutes,
            "MaxCapacity": capacity,
            "WorkerType": self.job.worker_type,
            "NumberOfWorkers": self.job.number_of_workers,
            "LogGroupName": self.log_group_prefix,
            "GlueVersion": self.job.glue_version,
            "ExecutionClass": "STANDARD",
        }
        return {name: value for name, value in shown.items() if value is not None}

    @property
    def seconds(self) -> float:
        """How long its script has run."""
        if self.running_since is None:
            return 0.0
        return (self.completed_on or time.time()) - self.running_since


class RunHistory:
    """The newest runs of each job; each change of a state is atomic."""

    def __init__(self) -> None:
        self._runs: dict[str, list[JobRun]] = defaultdict(list)
        self._is_closed = False
        self._lock = threading.Lock()

    def add(self, run: JobRun) -> None:
        """Take a new run in. Raises ServiceError if too many of its job are under way."""
        with self._lock:
            if self._is_closed:
                raise ServiceError("InternalServiceException", "The local cloud is being stopped", 500)
            under_way = [other for other in self._runs[run.job.name] if other.state in UNDER_WAY]
            if len(under_way) >= run.job.max_concurrent_runs:
                raise ServiceError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {run.job.name}")
            self._runs[run.job.name].append(run)

    def mark_running(self, run: JobRun) -> None:
        """The script begins."""
        with self._lock:
            run.running_since = run.modified_on = time.time()
            run.state = RunState.RUNNING

    def end(self, run: JobRun, state: RunState, error_message: str | None) -> None:
        """The run has ended, in this state."""
        with self._lock:
            run.state, run.error_message = state, error_message
            run.completed_on = run.modified_on = time.time()

    def close(self) -> None:
        """Take no more runs."""
        with self._lock:
            self._is_closed = True

    def find(self, job_name: str, run_id: str) -> JobRun | None:
        """A run of a job."""
        with self._lock:
            return next((run for run in self._runs.get(job_name, ()) if run.id == run_id), None)

    def newest_first(self, job_name: str) -> list[JobRun]:
        """All remembered runs of a job."""
        with self._lock:
            return self._runs.get(job_name, [])[::-1]

    def document(self, run: JobRun) -> dict[str, Any]:
        """The run as the API shows it, of one moment."""
        with self._lock:
            return run.document()

    def trim(self) -> list[JobRun]:
        """Forget what is more than the history holds; the runs forgotten."""
        forgotten = []
        with self._lock:
            for name, runs in self._runs.items():
                ended = [run for run in runs if run.state not in UNDER_WAY]
                old = ended[: max(0, len(runs) - HISTORY_RUNS)]
                self._runs[name] = [run for run in runs if run not in old]
                forgotten += old
        return forgotten
