"""The table of figures, in Markdown: printed at the end of a run, and kept in README.md."""

import datetime
import os
import platform
import statistics
from dataclasses import dataclass, field
from enum import Enum, auto


class Better(Enum):
    """Which way a figure is better."""

    MORE = auto()
    LESS = auto()


@dataclass
class Figure:
    """One line: what was found, ours and the peer's, and the goal for the ratio."""

    name: str
    better: Better
    goal_ratio: float | None = None
    _found: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    _notes: dict[int, str] = field(default_factory=dict)

    def add(self, which: int, value: float) -> None:
        """Keep what one round found: 0 is ours, 1 the peer's."""
        self._found[which].append(value)

    def note(self, which: int, text: str) -> None:
        """Say why there is no figure."""
        self._notes[which] = text

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; None without a figure of both."""
        if not all(self._found):
            return None
        ours, theirs = (statistics.median(found) for found in self._found)
        return ours / theirs if self.better is Better.MORE else theirs / ours

    def __str__(self) -> str:
        """The line."""
        goal = "" if self.goal_ratio is None else f"{self.goal_ratio:g}"
        if self.ratio is not None and self.goal_ratio is not None and self.ratio < self.goal_ratio:
            goal += ", missed"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return f"| {self.name} | {self._median(0)} | {self._median(1)} | {ratio} | {goal} |"

    def _median(self, which: int) -> str:
        if not self._found[which]:
            return self._notes.get(which, "")
        value = statistics.median(self._found[which])
        return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def heading(peer: str, rounds: int) -> str:
    """What was measured where and when, and the table's head."""
    return (
        f"{circumstances(peer, rounds)}\n\n"
        "| figure | local cloud | MiniStack | ratio | goal |\n|---|---:|---:|---:|---:|"
    )


def circumstances(peer: str, rounds: int) -> str:
    """What was measured where and when."""
    return (
        f"\n{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {machine()}, Python {platform.python_version()}, "
        f"{peer}, medians of {rounds} rounds"
    )


def machine() -> str:
    """The machine's size."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.machine()}"
