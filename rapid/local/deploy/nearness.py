"""What a person may have meant by a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the names most like `name` as the end of a sentence; all names where few are known and none is alike."""
    names = sorted(set(known))
    by_lower_case = {candidate.lower(): candidate for candidate in names}
    near = [by_lower_case[match] for match in difflib.get_close_matches(name.lower(), by_lower_case, n=3, cutoff=0.6)]
    if near:
        return f"near: {', '.join(near)}"
    if 0 < len(names) <= 12:
        return f"known: {', '.join(names)}"
    return "nothing known is like it"
