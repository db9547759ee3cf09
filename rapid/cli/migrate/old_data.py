"""The data of the old lake, once nothing feeds it: kept, until two keys are turned."""

from collections.abc import Sequence

from ..console import number_of, progress_bar, say
from ..teardown import buckets, holdings, keys, tables
from ..teardown.state import StackResource, State
from . import others
from .state import Migration

_BUCKET = "aws:s3/bucket:Bucket"
_DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
_COMMAND = "rapid migrate decommission"


def delete(deployed: State, migration: Migration, *, force: bool) -> None:
    """Delete it where that may be, after a question; else say how.

    Killed anywhere, it goes on from what there is. Raises CommandError for what could not be deleted.
    """
    resources = deployed.resources()
    own = [item for item in resources if _is_old(item, migration)]
    held = holdings.show(deployed.stack, own, "Counting what the old lake holds:")
    if not any(item.count for item in held):
        say("The old lake holds nothing.")
        return
    if kept := _why_kept(deployed, own):
        say(f"Kept: the data of the old lake. {kept}")
        return
    others.require_none(deployed.stack, migration)
    if not force:
        keys.ask_name(deployed)
    emptied = [item.id for item in own if item.type == _BUCKET]
    total = sum(item.count or 0 for item in held if item.kind == "bucket")
    with progress_bar("Emptying the old lake", total) as advanced:
        count = buckets.empty(deployed.stack.client("s3"), emptied, lambda done: advanced(min(done, total)))
    say(f"Deleted {number_of(count, 'version')} of objects from {number_of(len(emptied), 'bucket')}.")
    tables.delete(deployed.stack, own, resources)
    say(
        "The empty buckets, the database and the key of pseudonyms stay with the stack. If its data was protected "
        f"before, protect what is left: {deployed.commands('data_protection', 'protect')}."
    )


def _is_old(item: StackResource, migration: Migration) -> bool:
    old = migration.platform
    zones = (old.raw_bucket, old.processed_bucket, old.curated_bucket, old.quarantine_bucket)
    return (item.type == _BUCKET and item.id in zones) or (
        item.type == _DATABASE and item.value("name") == old.database
    )


def _why_kept(deployed: State, own: Sequence[StackResource]) -> str:
    """Which key is not turned, and how it is; empty where both are."""
    second = f"`{keys.VARIABLE}={deployed.name} {_COMMAND}`"
    if any(item.protect for item in own):
        how = deployed.commands("data_protection", "destroy")
        return f"To delete it, turn two keys. The first: {how}. The second: {second}."
    if not keys.is_second_turned(deployed):
        return f"The first key is turned; the second deletes it: {second}."
    return ""
