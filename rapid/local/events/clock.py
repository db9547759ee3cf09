"""One clock for all schedules: real time runs what is due, and a tick runs what would be due up to a time.

Nothing is polled: one thread sleeps until the next schedule is due, and there is no thread without schedules.

A tick leaves schedules at the time that it went to, until real time comes there. CloudWatch cannot wait so long, or
what fails after a tick would not be seen for a while: its time, `ahead`, goes on from where the last tick went.
"""

import bisect
import datetime
import logging
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .expressions import Expression

_log = logging.getLogger(__name__)

MAX_RUNS = 10_000
"""The most that one tick runs."""
SETTLE_SECONDS = 60.0
"""How long one tick waits in all for what its runs set going."""
# A machine that slept: how long it may take until that is noticed.
_LONGEST_SLEEP_SECONDS = 60.0
_DURATION = re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class TimeError(ValueError):
    """What a tick was given is no time that can be reached; the message says why."""


@dataclass
class Entry:
    """Something that is due again and again; `cursor` is the time up to which it has been run, in epoch seconds."""

    expression: Expression
    run: Callable[[float], str | Mapping[str, str]]
    """Does what is due at a time; says what came of it, by name where it was not one thing."""
    cursor: float
    ended: Callable[[], None] = lambda: None
    """Called when it will never be due again, after its last run."""
    goes_ahead: bool = False
    """Whether it goes by the time that ticks have brought forward."""
    only_latest: bool = False
    """Whether a tick runs it once alone however often it would be due until then: when it is due last."""
    due: float | None = field(init=False)
    _found: tuple[float, float, float] = field(init=False, default=(0.0, 0.0, 0.0))

    def __post_init__(self) -> None:
        self.move(self.cursor)

    def move(self, cursor: float) -> None:
        """It has been run up to a time."""
        self.cursor = cursor
        self.due = self.expression.next_after(cursor)

    def due_until(self, until: float) -> float | None:
        """When it is to be run next, if that is not after a time."""
        if self.due is None or self.due > until:
            return None
        return self._latest(self.due, until) if self.only_latest else self.due

    def _latest(self, due: float, until: float) -> float:
        # A tick asks again after each run of anything.
        if self._found[:2] != (due, until):
            latest = due
            while (following := self.expression.next_after(latest)) is not None and following <= until:
                latest = following
            self._found = (due, until, latest)
        return self._found[2]


@dataclass(frozen=True)
class Run:
    """What was run."""

    time: float
    name: str
    outcome: str

    def shown(self) -> dict[str, str]:
        """As the control endpoint tells it."""
        return {"time": utc_text(self.time), "name": self.name, "outcome": self.outcome}


class Clock:
    """Runs entries when they are due; each has a name, an ARN."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._entries: dict[str, Entry] = {}
        # When ticks brought CloudWatch's time forward, by real time, and how far it was ahead from then on.
        self._jumps: list[tuple[float, float]] = []
        self._is_stopped = False
        self._is_held = False
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._running = threading.Lock()
        self.settle: Callable[[float], None] = lambda _seconds: None
        """Waits so long at most for what runs have set going beside them: a tick lets it end before a later time."""

    def now(self) -> float:
        """The real time, in epoch seconds."""
        return self._now()

    def ahead(self) -> float:
        """The time as ticks have brought it forward, in epoch seconds; the real one before any."""
        return self._now() + self._ahead_seconds

    def age(self, moment: float) -> float:
        """The seconds since a real time, those among them by which ticks brought time forward."""
        before = bisect.bisect_right(self._jumps, (moment, math.inf))
        was_ahead = self._jumps[before - 1][1] if before else 0.0
        return self.ahead() - (moment + was_ahead)

    @property
    def _ahead_seconds(self) -> float:
        return self._jumps[-1][1] if self._jumps else 0.0

    def put(self, name: str, entry: Entry) -> None:
        """Take an entry in, in the place of any of the same name."""
        with self._changed:
            if self._is_stopped:
                return
            self._entries[name] = entry
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="clock", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def remove(self, name: str) -> None:
        """Forget an entry."""
        with self._changed:
            self._entries.pop(name, None)

    def tick(self, text: str) -> tuple[str, list[Run]]:
        """Run everything that is due up to a time, in order; the time, and what ran.

        The time is ISO 8601 (UTC where it names no offset), or a duration such as +1h30m, which is counted from the
        time as earlier ticks have brought it forward: in a minute more, every alarm is evaluated. Raises TimeError.
        """
        with self._running:
            began = self._now()
            until = self._parse(text)
            shown = _shown(until, text)
            runs: list[Run] = []
            patience = time.monotonic() + SETTLE_SECONDS
            while found := self._next(lambda _entry: until):
                if len(runs) >= MAX_RUNS:
                    last = utc_text(runs[-1].time)
                    raise TimeError(f"more than {MAX_RUNS} runs are due until then; ran those until {last}")
                if runs and found[2] > runs[-1].time:
                    self.settle(patience - time.monotonic())
                self._bring_forward(found[2], began)
                runs += self._run(*found)
            self.settle(patience - time.monotonic())
            self._bring_forward(until, began)
            return shown, runs

    def _bring_forward(self, moment: float, began: float) -> None:
        gained = moment - self._now()
        if gained > self._ahead_seconds:
            # A tick brings time forward from run to run; that is one jump.
            if self._jumps and self._jumps[-1][0] == began:
                self._jumps.pop()
            self._jumps.append((began, gained))

    def hold(self) -> None:
        """Run nothing by real time until `release`; a tick still runs what is due."""
        with self._running, self._changed:
            self._is_held = True

    def release(self) -> None:
        """Follow real time; what has been due since `hold` is run now."""
        with self._changed:
            self._is_held = False
            self._changed.notify_all()

    def stop(self) -> None:
        """Run nothing more."""
        with self._changed:
            self._is_stopped = True
            self._entries.clear()
            self._changed.notify_all()

    def _parse(self, text: str) -> float:
        now = self._now()
        duration = _DURATION.fullmatch(text)
        if duration and any(duration.groups()):
            days, hours, minutes, seconds = (int(group or 0) for group in duration.groups())
            return self.ahead() + ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            message = f"{text!r} is no time: give ISO 8601, such as 2030-01-31T08:00:00Z, or a duration, such as +1h30m"
            raise TimeError(message) from None
        until = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
        if until < now:
            raise TimeError(f"{text} is past; it is {utc_text(now)}")
        return until

    def _follow(self) -> None:
        while not self._is_stopped:
            with self._changed:
                waits = [entry.due - self._time_of(entry) for entry in self._entries.values() if entry.due is not None]
                wait_seconds = min(waits) if waits and not self._is_held else None
                if wait_seconds is None or wait_seconds > 0:
                    self._changed.wait(min(wait_seconds, _LONGEST_SLEEP_SECONDS) if wait_seconds else None)
                    continue
            with self._running:
                if self._is_held:
                    continue
                # What was due repeatedly while the machine slept is run once.
                if found := self._next(self._time_of):
                    self._run(*found, reached=self._time_of(found[1]))

    def _time_of(self, entry: Entry) -> float:
        return self.ahead() if entry.goes_ahead else self._now()

    def _next(self, until: Callable[[Entry], float]) -> tuple[str, Entry, float] | None:
        with self._changed:
            dues = [
                (due, name)
                for name, entry in self._entries.items()
                if (due := entry.due_until(until(entry))) is not None
            ]
            due, name = min(dues, default=(math.inf, ""))
            return (name, self._entries[name], due) if dues else None

    def _run(self, name: str, entry: Entry, due: float, reached: float = 0.0) -> list[Run]:
        outcome: str | Mapping[str, str]
        try:
            outcome = entry.run(due)
        except Exception as error:
            _log.exception("%s failed", name)
            outcome = f"failed: {error}"
        with self._changed:
            entry.move(max(due, reached))
            is_over = entry.due is None and self._entries.get(name) is entry
        if is_over:
            entry.ended()
        outcomes = {name: outcome} if isinstance(outcome, str) else outcome
        return [Run(due, *each) for each in outcomes.items()]


def _shown(until: float, text: str) -> str:
    try:
        return utc_text(until)
    except (OverflowError, ValueError):
        raise TimeError(f"{text} is too far away") from None


def utc_text(moment: float) -> str:
    """A time as AWS writes it."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
