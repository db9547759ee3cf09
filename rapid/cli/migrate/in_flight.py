"""How long an event can be on its way to one of the lakes, and waiting for those that are."""

import datetime
import time
from collections.abc import Callable, Collection, Hashable
from typing import Protocol, TypeVar

from ..counts import streams
from ..target import LocalStack, Target

MIRROR_SECONDS = 60 + 4 * 300
"""The longest that the old delivery stream keeps what it hands on to the data stream: its buffer before the transform,
the four invocations that a record gets at most."""
MAX_SECONDS = MIRROR_SECONDS + streams.MAX_SECONDS
"""The longest that an event is on its way to the target, through both delivery streams; what has not come then was not
delivered (`rapid errors list`)."""
_AWS_PAUSE_SECONDS = 30.0
_LOCAL_PAUSE_SECONDS = 2.0
_LOCAL_LOOKS = 4
"""So often are the local streams flushed before what has not come counts as lost."""


class Compared(Protocol):
    """What a look at both lakes found of one thing."""

    @property
    def waits(self) -> bool:
        """Whether they differ in what may still be on its way."""


_Item = TypeVar("_Item", bound=Hashable)
_Found = TypeVar("_Found", bound=Compared)


class Wait(Protocol):
    """What is known of events on their way, at each look at the lakes."""

    def look(self) -> datetime.datetime:
        """Before a look: rows received before this moment, in UTC without time zone, are in both lakes if ever."""

    def pause(self) -> None:
        """Let some time go by until the next look."""


class AwsWait:
    """On AWS nobody says what streams hold; only time tells."""

    def look(self) -> datetime.datetime:
        """Rows that were received longer ago than any is on its way."""
        return utc_now() - datetime.timedelta(seconds=MAX_SECONDS)

    def pause(self) -> None:
        """Half a minute: each look runs two jobs."""
        time.sleep(_AWS_PAUSE_SECONDS)


class LocalWait:
    """A local cloud's streams are emptied instead of waited for; each hands on to the next one, hence several looks."""

    def __init__(self, stack: LocalStack, moment: datetime.datetime) -> None:
        self._stack, self._moment, self._looks = stack, moment, 0

    def look(self) -> datetime.datetime:
        """None before the last look; then all that are compared."""
        self._stack.flush()
        self._looks += 1
        return self._moment if self._looks >= _LOCAL_LOOKS else datetime.datetime(1970, 1, 1)

    def pause(self) -> None:
        """Let what was handed on arrive."""
        time.sleep(_LOCAL_PAUSE_SECONDS)


def until_settled(
    items: Collection[_Item],
    wait: Wait,
    take_in: Callable[[], None],
    compare: Callable[[_Item, datetime.datetime], _Found],
    told: Callable[[str], None],
) -> dict[_Item, _Found]:
    """Compare each item again and again until nothing that differs can be on its way any more; what was found last.

    `take_in` is called before each look, `compare` with an item and the moment that `Wait.look` says. It ends, whatever
    comes meanwhile, if `compare` leaves out of both sides what was received after a moment of before the call.
    """
    found: dict[_Item, _Found] = {}
    pending = list(items)
    while pending:
        settled = wait.look()
        take_in()
        found |= {item: compare(item, settled) for item in pending}
        pending = [item for item in pending if found[item].waits]
        if pending:
            told(f"waiting for events on their way: {', '.join(map(str, pending))}")
            wait.pause()
    return found


def of(stack: Target, moment: datetime.datetime) -> Wait:
    """What is known of a stack's streams; `moment`: what is received from then on is not compared."""
    return LocalWait(stack, moment) if isinstance(stack, LocalStack) else AwsWait()


def utc_now() -> datetime.datetime:
    """Now, in UTC without time zone, as tables have it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
