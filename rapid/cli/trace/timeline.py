"""What is known of one event: steps in order, and its fate."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from ..athena import Column, Result
from ..console import say
from ..rows import print_table

_COLUMNS = (Column("time (UTC)", "varchar"), Column("step", "varchar"), Column("what was seen", "varchar"))


@dataclass(frozen=True)
class Step:
    """One step of an event's way; `time` is None where nobody noted one."""

    time: datetime.datetime | None
    name: str
    seen: str

    def document(self) -> dict[str, Any]:
        """The step as JSON shows it."""
        return {"time": _iso(self.time), "step": self.name, "seen": self.seen}


@dataclass
class Traced:
    """One event, known by the id of its envelope."""

    source: str
    envelope_id: str
    request_id: str
    """Empty for an event that did not come by a request: of a guest, or of a file."""
    event_id: str = ""
    fate: str = ""
    where: str = ""
    """Where it is now, in a sentence."""
    steps: list[Step] = field(default_factory=list)
    event: Any = None
    """The event as it came, if that was asked for."""

    def add(self, time: datetime.datetime | None, name: str, seen: str) -> None:
        """Add a step."""
        self.steps.append(Step(time, name, seen))

    def document(self) -> dict[str, Any]:
        """All of it as JSON shows it."""
        found = {
            "source": self.source,
            "event_id": self.event_id or None,
            "ingest_id": self.envelope_id,
            "request_id": self.request_id or None,
            "fate": self.fate,
            "where": self.where,
            "steps": [step.document() for step in self.steps],
        }
        return found if self.event is None else {**found, "event": self.event}

    def show(self) -> None:
        """Print it for people."""
        named = self.event_id or self.envelope_id
        say(" of ".join(part for part in (f"Event {named}" if named else "No event", self.source) if part))
        names = {"ingest_id": self.envelope_id, "request": self.request_id}
        say("  " + ", ".join(f"{name} {value}" for name, value in names.items() if value))
        rows: list[tuple[str | None, ...]] = [(_shown(step.time), step.name, step.seen) for step in self.steps]
        print_table(Result(_COLUMNS, rows, 0), with_count=False)
        say(f"Now: {self.fate}. {self.where}")


def moment(text: str) -> datetime.datetime:
    """A moment of a table or a log, in UTC."""
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def from_epoch(milliseconds: int) -> datetime.datetime:
    """A moment in UTC."""
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)


def _iso(time: datetime.datetime | None) -> str | None:
    return time.astimezone(datetime.UTC).isoformat(timespec="milliseconds") if time else None


def _shown(time: datetime.datetime | None) -> str:
    return f"{time.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] if time else ""
