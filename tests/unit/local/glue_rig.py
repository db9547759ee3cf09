"""Deploys small jobs onto a local cloud and follows their runs, with boto3 alone."""

import fcntl
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from .cloud_rig import WAIT_SECONDS, Rig, zipped

BUCKET = "scripts"
ENDED = ("SUCCEEDED", "FAILED", "TIMEOUT")
_HOLD = """
import fcntl, sys, time
file = open(sys.argv[sys.argv.index("--lock") + 1], "a")
fcntl.flock(file, fcntl.LOCK_SH)
file.write("held")
file.flush()
time.sleep(600)
"""
_START_CHILD = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {_HOLD!r}, *sys.argv[1:]])
"""
HOLD_LOCK = _START_CHILD + _HOLD
"""A script that holds a lock, together with a child, for as long as either lives."""
LEAVE_CHILD = f"""{_START_CHILD}
import pathlib, time
file = pathlib.Path(sys.argv[sys.argv.index("--lock") + 1])
while not (file.exists() and file.read_text()):
    time.sleep(0.02)
"""
"""A script that ends while its child still holds the lock."""


class Jobs:
    """The jobs of one local cloud."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.glue, self.s3, self.logs, self.iam = (rig.aws(name) for name in ("glue", "s3", "logs", "iam"))
        self.s3.create_bucket(Bucket=BUCKET)

    def role(self, service: str = "glue") -> str:
        """A role that a service may assume, and that may do everything; its ARN."""
        return self._rig.role_of(service)

    def script(self, source: str) -> str:
        """A script on S3; its URI."""
        return self.upload(f"{self._rig.name('script')}.py", f"{textwrap.dedent(source)}\n".encode())

    def packages(self, **modules: str) -> str:
        """A zip of modules on S3; its URI."""
        return self.upload(f"{self._rig.name('packages')}.zip", zipped(**modules))

    def upload(self, key: str, content: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"

    def definition(self, source: str = "", **changes: Any) -> dict[str, Any]:
        """A CreateJob request; None takes a member away."""
        given = {
            "Name": self._rig.name("job"),
            "Role": self.role(),
            "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": self.script(source)},
            "GlueVersion": "5.1",
            "WorkerType": "G.1X",
            "NumberOfWorkers": 2,
        }
        return {name: value for name, value in {**given, **changes}.items() if value is not None}

    def create(self, source: str = "", **changes: Any) -> str:
        """A job; its name."""
        return str(self.glue.create_job(**self.definition(source, **changes))["Name"])

    def start(self, job: str, **request: Any) -> str:
        return str(self.glue.start_job_run(JobName=job, **request)["JobRunId"])

    def get(self, job: str, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return run

    def wait(self, job: str, run_id: str, states: tuple[str, ...] = ENDED) -> dict[str, Any]:
        """The run as soon as it is in one of the states."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (run := self.get(job, run_id))["JobRunState"] not in states:
            assert time.monotonic() < deadline, f"{run['JobRunState']} is none of {states}"
            assert run["JobRunState"] not in ENDED, f"{run['JobRunState']}: {run.get('ErrorMessage')}"
            time.sleep(0.02)
        return run

    def run(self, job: str, **request: Any) -> dict[str, Any]:
        """Run a job to its end."""
        return self.wait(job, self.start(job, **request))

    def run_script(self, source: str, *, arguments: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
        """Run a new job to its end."""
        return self.run(self.create(source, **changes), Arguments=arguments or {})

    def output(self, run: dict[str, Any], group: str = "/aws-glue/jobs/output") -> str:
        """What a run has written to standard output, or to another log group."""
        events = self.logs.get_log_events(logGroupName=group, logStreamName=run["Id"], startFromHead=True)["events"]
        return "\n".join(event["message"] for event in events)

    def errors(self, run: dict[str, Any]) -> str:
        """What a run has written to standard error."""
        return self.output(run, "/aws-glue/jobs/error")


def wait_until_held(lock: Path) -> None:
    """Return when a script that runs HOLD_LOCK, and its child, have the lock."""
    _wait(lambda: lock.exists() and lock.read_text().count("held") == 2, "the script has not begun")


def wait_until_free(lock: Path) -> None:
    """Return when whoever had the lock is dead; a zombie is."""
    with lock.open() as file:
        _wait(lambda: _take(file), "the script or its child lives on")


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(condition: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.02)
