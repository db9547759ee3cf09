"""Lines of events as they travel: finding the envelope's id in each."""

import json
from collections.abc import Iterable

from .fates import Side


def side(data: Iterable[bytes]) -> Side:
    """The ids in some pieces of newline-delimited data, and how many lines have none."""
    ids, without = set(), 0
    for piece in data:
        for line in piece.split(b"\n"):
            event = envelope_id(line)
            if event:
                ids.add(event)
            elif line.strip():
                without += 1
    return Side(frozenset(ids), without)


def envelope_id(line: str | bytes) -> str:
    """The id of an envelope, or of the table row that the transform made of it; empty if a line is neither."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    found = (value.get("id") or value.get("ingest_id")) if isinstance(value, dict) else None
    return str(found) if isinstance(found, str | int) else ""


def is_text(event: str) -> bool:
    """Whether a table can hold an id; JSON can spell surrogates that stand alone."""
    try:
        event.encode()
    except UnicodeEncodeError:
        return False
    return True
