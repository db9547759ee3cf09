"""Names that a contract gives and nobody knows: what may have been meant."""

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another; empty where none is."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    return next((by_lower_case[match] for match in difflib.get_close_matches(name.lower(), by_lower_case, n=1)), "")


def reason(name: str, known: Iterable[str]) -> str:
    """Why a name is refused."""
    names = list(known)
    meant = near(name, names)
    return f"is not known; near: {meant}" if meant else f"is not known; known are {', '.join(names)}"
