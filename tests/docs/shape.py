"""Whether a command printed what its page shows: the same lines, but for numbers, spaces, and gaps."""

import re

EXAMPLE_ID = "JKJaXmPLvHcESHA="
"""Our pages' id of a request; it stands for any."""
_PARTS = re.compile(rf"({EXAMPLE_ID}|\b(?=\w*\d)(?=\w*[a-z])\w{{4,}}\b)|" r"(\d[\d,.:]*\d|\d)|(─+)|(\.\.\.|…)|(\s+)")


def difference(shown: str, printed: str) -> str | None:
    """The first line of the page that was not printed where it should be; None if all were.

    Digits stand for digits, names with digits in them (`24bf31a`) for others, a line `...` for any lines, and `...`
    within a line for any text.
    """
    rest = [line for line in printed.splitlines() if line.strip()]
    skipping = False
    for line in (line for line in shown.splitlines() if line.strip()):
        if line.strip() in ("...", "…"):
            skipping = True
            continue
        wanted = re.compile(_pattern(line.strip()))
        while skipping and rest and not wanted.fullmatch(rest[0].strip()):
            rest.pop(0)
        if not rest or not wanted.fullmatch(rest.pop(0).strip()):
            return line
        skipping = False
    return None if skipping or not rest else f"(the end, but there was: {rest[0]})"


def _pattern(line: str) -> str:
    pattern, end = "", 0
    for found in _PARTS.finditer(line):
        pattern += re.escape(line[end : found.start()])
        name, number, rule, left_out, _space = found.groups()
        pattern += r"[\w+/=]+" if name else r"\d[\d,.:]*" if number else "─+" if rule else ".*" if left_out else r"\s+"
        end = found.end()
    return pattern + re.escape(line[end:])
