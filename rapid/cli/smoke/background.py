"""Work that goes on while something else is waited for, and that Ctrl-C leaves behind."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class InBackground(Generic[_T]):
    """A call in a thread of its own; the program does not wait for it at its end."""

    def __init__(self, call: Callable[[], _T]) -> None:
        self._started = time.monotonic()
        self._results: list[tuple[_T, float]] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=[call], daemon=True)
        self._thread.start()

    def result(self) -> tuple[_T, float]:
        """Wait for what the call returns, and how many seconds it took. Raises what the call raised."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._results[0]

    def _run(self, call: Callable[[], _T]) -> None:
        try:
            self._results.append((call(), time.monotonic() - self._started))
        except Exception as error:
            self._error = error
