"""The checks of a smoke test as they are made: what was seen, how long it took, and where to look if it is wrong."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..athena import Column
from ..athena import Result as Table
from ..console import say, say_error
from ..errors import CommandError
from ..rows import print_table

_ADDRESS = re.compile(r"s3://[^/]+/(\S+/)\S+(\S{12})")
_COLUMNS = (
    Column("source", "varchar"),
    Column("check", "varchar"),
    Column("result", "varchar"),
    Column("seconds", "double"),
    Column("what was seen", "varchar"),
)


class Result(Enum):
    """How a check ended."""

    OK = "ok"
    FAILED = "FAILED"
    NOT_MADE = "not made"
    """What it needs is not there; that is said, and fails nothing."""


class NotMadeError(Exception):
    """A check cannot be made; the argument says why, and what would change that."""


@dataclass
class Check:
    """One check. `seconds` is how long it took; of an event's way, how long since it was accepted."""

    source: str
    name: str
    next: str
    """The first thing to do if it fails."""
    result: Result = Result.FAILED
    seconds: float = 0.0
    seen: str = ""

    def document(self) -> dict[str, Any]:
        """The check as JSON shows it."""
        found: dict[str, Any] = {"source": self.source, "check": self.name, "result": self.result.value.lower()}
        found |= {"seconds": round(self.seconds, 2), "seen": self.seen}
        return {**found, "next": self.next} if self.result is Result.FAILED else found


class Checks:
    """All checks of a test, in the order in which they were begun."""

    def __init__(self) -> None:
        self.all: list[Check] = []

    @property
    def passed(self) -> bool:
        """Whether some were made and none failed."""
        results = [check.result for check in self.all]
        return Result.OK in results and Result.FAILED not in results

    @contextmanager
    def make(self, source: str, name: str, next_step: str) -> Iterator[Check]:
        """Make a check: it is right unless something is raised, and CommandError says what is wrong."""
        check = Check(source, name, next_step)
        self.all.append(check)
        started = time.monotonic()
        try:
            with aws_errors():
                yield check
            check.result = Result.OK
        except CommandError as error:
            check.seen = str(error)
        except NotMadeError as reason:
            check.result, check.seen = Result.NOT_MADE, str(reason)
        except KeyboardInterrupt:
            check.seen = check.seen or "interrupted"
            raise
        finally:
            check.seconds = check.seconds or time.monotonic() - started

    @contextmanager
    def make_quietly(self, source: str, name: str, next_step: str) -> Iterator[Check]:
        """Make a check that is told only if it fails: of what makes checks of its own."""
        number = len(self.all)
        with self.make(source, name, next_step) as check:
            yield check
        if check.result is Result.OK:
            del self.all[number]

    def show(self) -> None:
        """Print a table, and below it what failed and where to look."""
        shown = _shortened if sys.stdout.isatty() else str
        rows: list[tuple[str | None, ...]] = [
            (check.source, check.name, check.result.value, f"{check.seconds:.2f}", shown(check.seen))
            for check in self.all
        ]
        print_table(Table(_COLUMNS, rows, 0), with_count=False)
        failed = [check for check in self.all if check.result is Result.FAILED]
        for check in failed:
            say_error(f"FAILED: {' '.join(filter(None, (check.source, check.name)))}: {check.seen}")
            say_error(f"  next: {check.next}")
        made = sum(check.result is not Result.NOT_MADE for check in self.all)
        say(f"{made - len(failed)} of {made} checks passed.")


def _shortened(seen: str) -> str:
    """An object's address without what makes it too long for a terminal."""
    return _ADDRESS.sub(r"\1…\2", seen)


@contextmanager
def aws_errors() -> Iterator[None]:
    """What AWS refuses is a CommandError with its own words."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        message = said.get("Message") or "no reason given"
        raise CommandError(f"{error.operation_name}: {said.get('Code')}: {message}") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS cannot be asked: {error}") from None
