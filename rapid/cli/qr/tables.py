"""Which tables are meant: `1-12,bar,terrace-1-9`."""

import re

from ..errors import CommandError

MOST = 2000
"""Tables of one call: more are a slip of the finger, and a sheet of two hundred pages."""

_RANGE = re.compile(r"(?P<prefix>(?:.*-)?)(?P<first>\d{1,9})-(?P<last>\d{1,9})")


def named(text: str) -> tuple[str, ...]:
    """The names of tables: `bar` is one, `1-12` are twelve, `terrace-1-9` are terrace-1 to terrace-9, `01-12` keep
    their zeros. Raises CommandError.
    """
    found: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if not name:
            raise CommandError(f"--tables {text!r}: a name is missing beside a comma; write such as 1-12,bar")
        span = _RANGE.fullmatch(name)
        found += _between(name, span["prefix"], span["first"], span["last"]) if span else [name]
        if len(found) > MOST:
            raise CommandError(f"--tables {text!r}: more than {MOST} tables; print them in several calls")
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise CommandError(f"--tables {text!r}: names table {twice!r} twice; name it once")
    return tuple(found)


def _between(name: str, prefix: str, first: str, last: str) -> list[str]:
    if int(first) > int(last):
        raise CommandError(f"--tables {name!r}: goes from {first} down to {last}; write {prefix}{last}-{first}")
    if int(last) - int(first) >= MOST:
        raise CommandError(f"--tables {name!r}: more than {MOST} tables; print them in several calls")
    width = len(first) if first.startswith("0") else 0
    return [f"{prefix}{number:0{width}}" for number in range(int(first), int(last) + 1)]
