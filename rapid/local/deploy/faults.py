"""Faults of the program: what a person needs of an exception is its message and the line of their own code."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any

import pulumi

from rapid.local.deploy.deployment import Failure

_OWN_FOLDER = Path(__file__).parent


class Faults:
    """Remembers where exceptions were raised in a program.

    An exception of an output's `apply` passes through several tasks, and asyncio forgets its traceback on the way.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        # By identity, since an exception may define equality; the exception is kept so that its id stays its own.
        self._places: dict[int, tuple[BaseException, str]] = {}
        self.first: BaseException | None = None
        """What went wrong first."""

    def make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        """Make a task whose exception is remembered with its place; for `loop.set_task_factory`."""
        return asyncio.Task(self._remember(coroutine), loop=loop, **options)

    def failure(self, error: BaseException) -> Failure:
        """Tell an exception that ended the program; one made for people speaks for itself, as in Pulumi's CLI."""
        message = " ".join(str(error).split())
        if isinstance(error, pulumi.RunError):
            return Failure("", "", message)
        _, place = self._places.get(id(error)) or (error, self._place(error.__traceback__))
        return Failure("program", "__main__.py", f"{type(error).__name__}: {message}{place and f' ({place})'}")

    async def _remember(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await coroutine
        except Exception as error:
            place = self._place(error.__traceback__)
            if place:
                self.first = self.first or error
                self._places.setdefault(id(error), (error, place))
            raise

    def _place(self, trace: TracebackType | None) -> str:
        """Return file and line of the innermost frame of the program's own code; empty where there is none."""
        for frame in reversed(traceback.extract_tb(trace)):
            file = (self._directory / frame.filename).resolve()
            is_own = file.is_relative_to(self._directory) and "site-packages" not in file.parts
            if is_own and not file.is_relative_to(_OWN_FOLDER):
                return f"{file.relative_to(self._directory)}:{frame.lineno}"
        return ""
