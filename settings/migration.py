"""The keys of the migration: how far a stack has moved to its streaming lake, and how wide its data streams are."""

from components.migration.phase import DEFAULT_SHARDS, MAX_SHARDS, MigrationPlan, Phase

from . import values
from .reader import read

KEYS = ("migration", "stream_shards")
"""Every key that is read here."""
NONE = "none"
"""The value of a stack that does not move."""


def plan() -> MigrationPlan:
    """What a stack moves to. Raises SettingsError."""
    return {
        "phase": read("migration", None, phase),
        "stream_shards": read("stream_shards", DEFAULT_SHARDS, values.whole_number(1, MAX_SHARDS)),
    }


def phase(text: str) -> Phase | None:
    """A phase by its name; None for a stack that does not move."""
    if text == NONE:
        return None
    try:
        return Phase(text)
    except ValueError:
        raise ValueError(f"must be one of {', '.join((NONE, *Phase))}") from None
