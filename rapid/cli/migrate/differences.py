"""What a verification found: groups of differences of one kind, shown in part, written to a file in whole."""

import functools
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from ..console import say
from ..errors import CommandError

SHOWN = 20
"""So many differences of a kind are printed; all of them go to the file that the user names."""
_READABLE_BY_ITS_OWNER = 0o600
_PLURAL = functools.partial(re.compile(r"\b(object|partition|row)\b").sub, r"\1s")
"""`object missing` becomes `objects missing`."""


class Named(NamedTuple):
    """One difference: the key of a row or an object, and what there is to know of it."""

    name: str
    detail: str = ""


class Group(NamedTuple):
    """Differences of one kind."""

    place: str
    """Where: a source's table, or a bucket."""
    what: str
    """What is wrong with each, such as `row missing`."""
    number: int
    """How many there are."""
    named: Sequence[Named]
    """All of them, or the first SHOWN."""
    fix: str


def show(groups: Iterable[Group], report: Path | None) -> None:
    """Print each group, at most SHOWN of its differences, and what to do; `report` is the file that has them all."""
    for group in groups:
        say(f"{group.place}: {group.number:,} {group.what if group.number == 1 else _PLURAL(group.what)}")
        shown = group.named[:SHOWN]
        width = max((len(one.name) for one in shown), default=0)
        for one in shown:
            say(f"  {one.name:<{width}}  {one.detail}".rstrip())
        if group.number > len(shown):
            say(f"  and {group.number - len(shown):,} more, {f'in {report}' if report else 'with --report FILE'}")
        say(f"  {group.fix}")


class Report:
    """The file that the user named, or none: a JSON object a line, a line a difference."""

    def __init__(self, path: Path | None = None, file: IO[str] | None = None) -> None:
        self.path, self._file = path, file

    @property
    def shown(self) -> int | None:
        """How many differences of a kind must be known by name; None: all."""
        return None if self._file else SHOWN

    def write(self, groups: Iterable[Group]) -> None:
        """Write every difference."""
        for group in groups if self._file else ():
            for one in group.named:
                line = {"place": group.place, "what": group.what, "name": one.name, "detail": one.detail}
                print(json.dumps(line, ensure_ascii=False), file=self._file)


@contextmanager
def report(path: Path | None) -> Iterator[Report]:
    """The file to write to, made before anything is compared. Raises CommandError if it cannot be written."""
    if path is None:
        yield Report()
        return
    try:
        # Keys of rows say what happened to whom: nobody else on this machine reads them, in a file that was there too.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _READABLE_BY_ITS_OWNER)
        os.fchmod(descriptor, _READABLE_BY_ITS_OWNER)
    except OSError as error:
        raise CommandError(
            f"--report {path}: {error.strerror}; name a file in a folder that you may write to"
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yield Report(path, file)
