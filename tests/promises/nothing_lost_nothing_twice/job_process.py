"""A job in a process of its own, as Glue runs it, and as it may be killed.

It is forked from a process that has loaded the jobs' code: what a kill meets is the work, not the start, which takes
longer and in which nothing can be lost.
"""

import importlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["etl.jobs.curate_job", "etl.jobs.files_job"])


class JobProcess:
    """A module of `etl.jobs` that runs with arguments and the environment of this process."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._process = _CONTEXT.Process(target=_run, args=(module, arguments, dict(os.environ)), daemon=True)
        self._process.start()

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, -9 of one that was killed. Raises TimeoutExpired if it still runs after so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process.name), timeout or 0)
        return self._process.exitcode

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def _run(module: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        sys.exit(importlib.import_module(f"etl.jobs.{module}").main(list(arguments)))
