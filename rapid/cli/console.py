"""What a person sees: results on standard output; progress on standard error, as bars on a terminal, else as lines."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LINES = 10
"""How many lines a progress bar becomes where there is no terminal."""


def say(text: str = "") -> None:
    """Print a result."""
    print(text, flush=True)


def say_error(text: str) -> None:
    """Print to standard error."""
    print(text, file=sys.stderr, flush=True)


def number_of(count: int, thing: str) -> str:
    """`1 event`, `2,000 events`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar to be told how many of `total` are done."""
    if sys.stderr.isatty():
        with _rich_bar(title, total) as drawn:
            yield drawn
        return
    say_error(title)
    shown = 0

    def advanced(done: int) -> None:
        nonlocal shown
        tenth = done * _LINES // total if total else _LINES
        if tenth > shown:
            shown = tenth
            say_error(f"  {done} of {total}")

    yield advanced


@contextmanager
def bytes_bar(title: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
    """A bar to be told how many bytes of `total_bytes` are done, with the speed."""
    if sys.stderr.isatty():
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with _bar(title, total_bytes, TextColumn("{task.description}"), *columns) as advanced:
            yield advanced
        return
    with progress_bar(title, total_bytes) as advanced:
        yield advanced


@contextmanager
def activity(title: str) -> Iterator[Callable[[str], None]]:
    """A line that tells what is being done; where there is no terminal, one line for each thing."""
    if not sys.stderr.isatty():
        say_error(title)
        yield lambda what: say_error(f"  {what}")
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status(title) as status:
        yield lambda what: status.update(f"{title} {what}")


@contextmanager
def _rich_bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with _bar(title, total, *columns) as advanced:
        yield advanced


@contextmanager
def _bar(title: str, total: int, *columns: Any) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
