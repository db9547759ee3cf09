"""A job in a process of its own, as Glue runs it, and as it may be killed.

It is forked from a process that has loaded the jobs' code: what a kill meets is the work, not the start, which takes
longer and in which nothing can be lost.
"""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["etl.jobs.curate_job", "etl.jobs.files_job"])


class JobProcess:
    """A module of `etl.jobs` that runs with arguments and the environment of this process.

    What one that fails has printed is printed, so that a test which it fails shows it.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        descriptor, self._output = tempfile.mkstemp(prefix=module)
        os.close(descriptor)
        given = (module, arguments, dict(os.environ), self._output)
        self._process = _CONTEXT.Process(target=_run, args=given, daemon=True)
        self._process.start()

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, -9 of one that was killed. Raises TimeoutExpired if it still runs after so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process.name), timeout or 0)
        self._tell(self._process.exitcode)
        return self._process.exitcode

    def _tell(self, status: int) -> None:
        output = Path(self._output)
        if output.exists():
            if status not in (0, -signal.SIGKILL):
                print(f"status {status} of the job {' '.join(self._arguments)}:\n{output.read_text()}")
            output.unlink()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def _run(module: str, arguments: Sequence[str], environment: dict[str, str], output: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # The descriptors themselves: a traceback is written when all of this has ended.
    descriptor = os.open(output, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(descriptor, stream.fileno())
    sys.exit(importlib.import_module(f"etl.jobs.{module}").main(list(arguments)))
