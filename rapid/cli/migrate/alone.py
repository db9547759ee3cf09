"""A sync and an erasure never run at the same time: see `state.sync_under_way`."""

import datetime
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import CommandError
from ..target import Target
from . import state, vanished
from .state import Migration


@dataclass
class Turn:
    """The time that something has to run: a sync's ends when an erasure begins all the same, any when interrupted."""

    started: datetime.datetime
    """A sync's by S3's clock."""
    _over: str = ""

    def check(self) -> None:
        """Raises CommandError if it is over: an erasure has begun, or somebody interrupted."""
        if self._over:
            raise CommandError(self._over)

    def end(self, reason: str) -> None:
        """End it."""
        self._over = self._over or reason

    @contextmanager
    def pool(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """Threads whose work calls `check` now and then, so that it ends when something goes wrong here."""
        with ThreadPoolExecutor(workers) as pool:
            try:
                yield pool
            except BaseException:
                self.end("interrupted")
                pool.shutdown(wait=False, cancel_futures=True)
                raise


@contextmanager
def turn(stack: Target, migration: Migration) -> Iterator[Turn]:
    """Run while nobody is erased. Raises CommandError where an erasure is not done."""
    s3, run, over = stack.client("s3"), state.new_run(), threading.Event()
    given = Turn(state.touch(stack, run))
    try:
        if requests := vanished.open_requests(s3, migration.sides):
            raise CommandError(_reason(requests))

        def watch() -> None:
            while not over.wait(state.RUNNING_SECONDS / 3):
                try:
                    state.touch(stack, run)
                    if requests := vanished.open_requests(s3, migration.sides):
                        given.end(_reason(requests))
                except (BotoCoreError, ClientError):
                    # It is said again, long before anybody takes the sync for a killed one.
                    continue

        watching = threading.Thread(target=watch, name="sync-under-way", daemon=True)
        watching.start()
        try:
            yield given
        finally:
            over.set()
            watching.join()
    finally:
        state.untouch(stack, run)


def _reason(sources: Sequence[str]) -> str:
    return (
        f"an erasure from {', '.join(sources)} is not done, and a copy must not bring back whom it erases; run "
        "`rapid forget` with the same person again, then run this again"
    )
