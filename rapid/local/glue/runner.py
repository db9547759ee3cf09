"""Carries runs out: a thread and a child process for each."""

import contextlib
import logging
import tempfile
import threading
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ..billing.meter import METER
from ..clients import Clients
from ..cloudwatch.log_shipper import LogShipper, LogStream
from ..vpc import Network
from . import arguments, connections, state_changes
from .process import JobProcess, Output, TimedOutError, environment
from .runs import JobRun, RunHistory, RunState
from .s3_objects import LaunchError, download
from .state_changes import Publish

_log = logging.getLogger(__name__)

SECONDS_PER_MINUTE = 60.0
"""A minute of a job's timeout; tests shorten it."""
_SESSION_NAME = "GlueJobRunnerSession"
# What STS grants at most; longer than a job runs unless told otherwise.
_CREDENTIALS_SECONDS = 12 * 60 * 60
# A script that prints faster than logs are shipped has to wait after so many lines.
_LINES_AHEAD = 5_000
_STOP_SECONDS = 10
_INTERNAL_ERROR = "Internal service error; the local cloud's standard error says more."


class Runner:
    """Runs that are under way, and the history of all."""

    def __init__(self, clients: Clients, network: Network, publish: Publish = lambda _event: None) -> None:
        self._clients = clients
        self._network = network
        self._publish = publish
        self.history = RunHistory()
        self._shipper = LogShipper(clients)
        self._processes: dict[str, JobProcess] = {}
        self._threads: set[threading.Thread] = set()
        self._is_stopped = False
        self._lock = threading.Lock()

    def start(self, run: JobRun) -> None:
        """Begin a run. Raises ServiceError if too many of its job are under way."""
        self.history.add(run)
        thread = threading.Thread(target=self._work, args=(run,), name=f"glue-{run.id}", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def stop(self) -> None:
        """End all runs."""
        self.history.close()
        with self._lock:
            self._is_stopped = True
            threads = list(self._threads)
            for process in self._processes.values():
                process.kill()
        for thread in threads:
            thread.join(_STOP_SECONDS)
        self._shipper.stop()

    def _work(self, run: JobRun) -> None:
        state, reason = RunState.SUCCEEDED, None
        try:
            reason = self._execute(run)
        except TimedOutError:
            state = RunState.TIMEOUT
        except LaunchError as error:
            reason = str(error)
        except Exception:
            _log.exception("The run %s of job %s failed", run.id, run.job.name)
            reason = _INTERNAL_ERROR
        # Whoever sees the run ended finds its log complete.
        self._shipper.ship()
        self.history.end(run, RunState.FAILED if reason else state, reason)
        METER.count_run(run.job.name, run.seconds, run.job.least_dpus)
        self._publish(state_changes.event(run))
        self._forget()
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _execute(self, run: JobRun) -> str | None:
        """Run the script; why it failed, or None. Raises LaunchError and TimedOutError."""
        for output in Output:
            self._shipper.add(_stream(run, output), [])
        with tempfile.TemporaryDirectory(prefix="rapid-glue-", ignore_cleanup_errors=True) as name:
            process = self._launch(run, Path(name))
            try:
                return process.wait(run.job.timeout_minutes * SECONDS_PER_MINUTE)
            finally:
                with self._lock:
                    del self._processes[run.id]

    def _launch(self, run: JobRun, folder: Path) -> JobProcess:
        place = connections.place_of(run, self._network, self._clients)
        s3 = self._clients.client("s3", run.role_arn)
        script = download(s3, run.job.script, folder / "script")
        zips = [
            download(s3, item, folder / "packages" / str(number))
            for number, item in enumerate(arguments.python_files(run.arguments))
        ]
        credentials = self._clients.assume(run.role_arn, _SESSION_NAME, _CREDENTIALS_SECONDS)
        if place:
            self._network.enter(credentials["AccessKeyId"], place)
        ports = self._network.open_ports(place) if place else None
        variables = environment(self._clients, credentials, zips, script.parent)
        words = arguments.argv(run.job.name, run.job.id, run.id, run.arguments)
        self.history.mark_running(run)
        try:
            process = JobProcess(script, words, variables, _Log(self._shipper, run).write, ports)
        except (OSError, ValueError) as error:
            raise LaunchError(f"LAUNCH ERROR | {error}") from None
        with self._lock:
            self._processes[run.id] = process
            if self._is_stopped:
                process.kill()
        return process

    def _forget(self) -> None:
        """Old runs leave the history; their logs, which would fill the memory, go with them."""
        logs = self._clients.client("logs")
        for run in self.history.trim():
            for output in Output:
                with contextlib.suppress(ClientError, BotoCoreError):
                    logs.delete_log_stream(logGroupName=run.log_group(output.value), logStreamName=run.id)


class _Log:
    """Takes the lines of one run."""

    def __init__(self, shipper: LogShipper, run: JobRun) -> None:
        self._shipper = shipper
        self._streams = {output: _stream(run, output) for output in Output}
        self._written = dict.fromkeys(Output, 0)

    def write(self, output: Output, line: str) -> None:
        self._shipper.add(self._streams[output], [line])
        self._written[output] += 1
        if self._written[output] % _LINES_AHEAD == 0:
            self._shipper.ship()


def _stream(run: JobRun, output: Output) -> LogStream:
    return LogStream(run.log_group(output.value), run.id, run.role_arn)
