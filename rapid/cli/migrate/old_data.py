"""The data of the old lake, once nothing feeds it: kept, until two keys are turned."""

import sys
from collections.abc import Sequence

from ..athena import Column, Result
from ..console import activity, number_of, progress_bar, say
from ..errors import CommandError
from ..rows import print_table
from ..teardown import buckets, holdings, keys, tables
from ..teardown.holdings import Holding
from ..teardown.state import StackResource, State
from . import others
from .state import Migration

_BUCKET = "aws:s3/bucket:Bucket"
_DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
_COMMAND = "rapid migrate decommission"


def delete(deployed: State, migration: Migration, *, force: bool) -> bool:
    """Delete it where that may be, after a question; else say how. Whether there is none left.

    Killed anywhere, it goes on from what there is. Raises CommandError for what could not be deleted.
    """
    resources = deployed.resources()
    own = [item for item in resources if _is_old(item, migration)]
    held = _held(deployed, own)
    if not any(item.count for item in held):
        say("The old lake holds nothing.")
        return True
    if kept := _why_kept(deployed, own):
        say(f"Kept: the data of the old lake. {kept}")
        return False
    others.require_none(deployed.stack, migration)
    if not force:
        _ask(deployed)
    emptied = [item.id for item in own if item.type == _BUCKET]
    total = sum(item.count or 0 for item in held if item.kind == "bucket")
    with progress_bar("Emptying the old lake", total) as advanced:
        count = buckets.empty(deployed.stack.client("s3"), emptied, lambda done: advanced(min(done, total)))
    say(f"Deleted {count:,} versions of objects from {number_of(len(emptied), 'bucket')}.")
    tables.delete(deployed.stack, own, resources)
    say(
        "The empty buckets, the database and the key of pseudonyms stay with the stack. If its data was protected "
        f"before, protect what is left: {deployed.commands('data_protection', 'protect')}."
    )
    return True


def _is_old(item: StackResource, migration: Migration) -> bool:
    old = migration.platform
    zones = (old.raw_bucket, old.processed_bucket, old.curated_bucket, old.quarantine_bucket)
    return (item.type == _BUCKET and item.id in zones) or (
        item.type == _DATABASE and item.value("name") == old.database
    )


def _held(deployed: State, own: Sequence[StackResource]) -> list[Holding]:
    """Count what there is to delete, and say so."""
    with activity("Counting what the old lake holds:") as tell:
        found = holdings.of(deployed.stack, own, tell)
    columns = (
        Column("holds", "varchar"), Column("name", "varchar"), Column("number", "bigint"), Column("of", "varchar"),
        Column("bytes", "bigint"),
    )  # fmt: skip
    rows: list[tuple[str | None, ...]] = [
        (item.kind, item.name, f"{item.count or 0:,}", item.unit, f"{item.size_bytes:,}" if item.size_bytes else "")
        for item in found
    ]
    print_table(Result(columns, rows, 0), with_count=False)
    return found


def _why_kept(deployed: State, own: Sequence[StackResource]) -> str:
    """Which key is not turned, and how it is; empty where both are."""
    second = f"`{keys.VARIABLE}={deployed.name} {_COMMAND}`"
    if any(item.protect for item in own):
        how = deployed.commands("data_protection", "destroy")
        return f"To delete it, turn two keys. The first: {how}. The second: {second}."
    if not keys.is_second_turned(deployed):
        return f"The first key is turned; the second deletes it: {second}."
    return ""


def _ask(deployed: State) -> None:
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to be asked; say --force to go on without asking")
    if input(f"To delete this, type the name of the stack ({deployed.name}): ").strip() != deployed.name:
        raise CommandError("that is not the stack's name; nothing was deleted")
