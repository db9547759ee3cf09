"""What the old lake alone got after the last sync, and could not be copied before it was written no more.

That is rows of files and database exports: events are put onto data streams, and so come to both. Repeats are dropped
by their ids, so that what is copied once too often does no harm.
"""

import datetime
from typing import Any

from ..console import activity, number_of, say
from ..errors import CommandError
from ..target import Target
from . import inventory, state, zones
from .alone import Turn, turn
from .copying import Copier, Copy, Outcome
from .curating import EVERYTHING, curate
from .state import Migration, Step

_OF_FILES = "/file-"
"""In the keys of rows of files, and of the ids of those that a contract's filter keeps out."""
MARGIN = datetime.timedelta(days=1)
"""A sync of so long has read all tables after it began; what is older it has copied."""


def carry_over(stack: Target, migration: Migration) -> None:
    """Copy rows of files to the streaming lake, and have its job add them. Raises CommandError."""
    synced = state.last(stack, Step.SYNC)
    since = state.at(synced) - MARGIN if synced else datetime.datetime.min.replace(tzinfo=datetime.UTC)
    s3, old, new = stack.client("s3"), migration.platform, migration.streaming
    pairs = ((old.processed_bucket, new.processed_bucket), (old.quarantine_bucket, new.quarantine_bucket))
    with activity("Looking for rows of files that the old lake alone has"):
        copies = [
            Copy(bucket, listed, target_bucket, listed.key)
            for bucket, target_bucket in pairs
            for prefix in inventory.prefixes(s3, bucket)
            for listed in inventory.listing(s3, bucket, prefix)
            if listed.modified >= since and (_OF_FILES in listed.key or prefix == inventory.BAD_ROWS)
        ]
    if copies:
        with turn(stack, migration) as given:
            _copy(s3, copies, given)
        curate(stack, migration.streaming, EVERYTHING)
        say(
            f"Carried {number_of(len(copies), 'object')} with rows of files over; what was there already is there once."
        )


def carry_reports_over(stack: Target, migration: Migration) -> None:
    """Copy reports of erasures and figures of operations that came after the last sync. Raises CommandError."""
    s3 = stack.client("s3")
    with activity("Looking for reports that the old lake alone has"):
        copies = [*zones.copies_of(s3, inventory.reports(*migration.sides))]
    if copies:
        _copy(s3, copies, Turn(datetime.datetime.now(datetime.UTC)))
        say(f"Carried {number_of(len(copies), 'object')} with reports and figures of operations over.")


def _copy(s3: Any, copies: list[Copy], given: Turn) -> None:
    changed = []

    def done(copy: Copy, outcome: Outcome) -> None:
        given.check()
        if outcome is Outcome.CHANGED:
            changed.append(copy)

    with Copier(s3) as copier:
        copier.copy(copies, done)
    if changed:
        raise CommandError(
            f"s3://{changed[0].bucket}/{changed[0].source.key} was written while it was copied; find out what writes "
            "it, then run this again"
        )
