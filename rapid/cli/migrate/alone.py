"""A sync and an erasure never run at the same time: see `state.is_sync_under_way`."""

import datetime
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import CommandError
from ..target import Target
from . import state, vanished
from .state import Migration


@dataclass
class Turn:
    """A sync's time to run, which an erasure that begins all the same ends."""

    started: datetime.datetime
    """By S3's clock."""
    _requests: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises CommandError if an erasure has begun."""
        if self._requests:
            raise CommandError(_reason(self._requests))

    def end(self, requests: Sequence[str]) -> None:
        """End it, for erasures of these sources."""
        self._requests[:] = requests


@contextmanager
def turn(stack: Target, migration: Migration) -> Iterator[Turn]:
    """Run while nobody is erased. Raises CommandError where an erasure is not done."""
    s3, run_id, over = stack.client("s3"), str(uuid.uuid4()), threading.Event()
    given = Turn(state.touch(stack, run_id))
    try:
        if requests := vanished.open_requests(s3, migration):
            raise CommandError(_reason(requests))

        def watch() -> None:
            while not over.wait(state.RUNNING_SECONDS / 3):
                try:
                    state.touch(stack, run_id)
                    given.end(vanished.open_requests(s3, migration))
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
        state.untouch(stack, run_id)


def _reason(sources: Sequence[str]) -> str:
    return (
        f"an erasure from {', '.join(sources)} is not done, and a copy must not bring back whom it erases; run "
        "`rapid forget` with the same person again, then run this again"
    )
