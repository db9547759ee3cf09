"""A shell that stays open, so that a page's commands find what the ones before them left: variables, files, folders."""

import os
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    errors: str


class Shell:
    """One bash."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._files = folder.parent / f"{folder.name}-shell"
        self._files.mkdir()
        told, self._telling = os.pipe()
        self._told = os.fdopen(told)
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            text=True,
            pass_fds=[self._telling],
            start_new_session=True,
        )

    def run(self, command: str) -> Ended:
        """Run a command, whom nobody answers; how it ended. Raises TimeoutError for one that goes on."""
        output, errors = self._files / "output", self._files / "errors"
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null >{output} 2>{errors}; echo $? >&{self._telling}\n")
        self._bash.stdin.flush()
        if not select.select([self._told], [], [], TIMEOUT_SECONDS)[0]:
            told = output.read_text(encoding="utf-8") + errors.read_text(encoding="utf-8")
            raise TimeoutError(f"{command} goes on after {TIMEOUT_SECONDS} seconds: {told}")
        status = int(self._told.readline())
        return Ended(status, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()
        os.close(self._telling)
        self._told.close()
