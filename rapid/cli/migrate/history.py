"""The curated tables' rows on their way into the streaming lake: data files become objects of its processed zone, and
its curate job adds them as it adds everything that is delivered, each row once."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.table import Table

from contracts import Contract, curation

from .. import catalog
from ..errors import CommandError
from ..target import Target
from . import inventory
from .comparing import Compared, Kind, joined, looked_at
from .copying import Copy
from .inventory import History, Listed
from .state import Migration, Side

_ATTEMPTS = 5


@dataclass(frozen=True)
class Work:
    """What there is to do for one source."""

    history: History
    copies: list[Copy]
    there: int
    """Files that the target has."""
    superseded: list[Listed]
    """Objects of the target whose data files are no more in the snapshot: their rows are in others, or were erased."""


def work(stack: Target, migration: Migration, contract: Contract) -> Work:
    """Compare the current snapshot with what the target has of it.

    Raises CommandError as `inventory.history` does, and for a data file that the table refers to and S3 does not have.
    """
    s3, target_bucket = stack.client("s3"), migration.streaming.processed_bucket
    found, stored = _planned(stack, migration, contract)
    wanted = {file.target_key: stored[file.bucket, file.key] for file in found.files}
    places = {file.target_key: (file.bucket, file.key) for file in found.files}
    sources = (item._replace(key=key) for key, item in wanted.items())
    there = (
        item for item in inventory.listing(s3, target_bucket, f"{contract.source}/") if inventory.is_history(item.key)
    )
    copies, count, superseded = [], 0, []
    for pair in looked_at(s3, target_bucket, joined(sources, there)):
        if pair.kind is Kind.SAME:
            count += 1
        elif pair.kind is Kind.EXTRA:
            superseded += [pair.target] if pair.target else []
        else:
            copies.append(_copy(pair, places, target_bucket))
    return Work(found, copies, count, superseded)


def add_columns(stack: Target, migration: Migration, contract: Contract) -> list[str]:
    """Give the target's table the columns of the old one that the contract does not have any more; their names.

    Raises CommandError where the curate job, which finds columns by name, would take a value for another column's.
    """
    old, new = (
        _table(stack, migration.platform.database, contract),
        _table(stack, migration.streaming.database, contract),
    )
    if old is None:
        return []
    _check_names(old, contract)
    if new is None:
        raise CommandError(
            f"{migration.streaming.database} has no table {contract.curated_table} yet; the curate job "
            f"{migration.streaming.curate_job} makes it, so its run has failed: `rapid migrate sync` runs it again"
        )
    for attempt in range(_ATTEMPTS):
        names = {field.name for field in new.schema().fields}
        missing = [field for field in old.schema().fields if field.name not in names]
        if not missing:
            return []
        try:
            with new.update_schema() as update:
                for field in missing:
                    update.add_column(field.name, field.field_type, field.doc)
            return [field.name for field in missing]
        except CommitFailedException:
            # Another run was first.
            if attempt == _ATTEMPTS - 1:
                raise
            new.refresh()
    return []


def has_table(stack: Target, database: str, contract: Contract) -> bool:
    """Whether a curate job has made the table of a source in a database."""
    return _table(stack, database, contract) is not None


def _copy(pair: Compared, places: dict[str, tuple[str, str]], target_bucket: str) -> Copy:
    assert pair.source is not None
    bucket, key = places[pair.source.key]
    return Copy(bucket, pair.source._replace(key=key), target_bucket, pair.source.key, pair.kind is Kind.CHANGED)


def _planned(stack: Target, migration: Migration, contract: Contract) -> tuple[History, dict[tuple[str, str], Listed]]:
    """A snapshot and its data files; a newer one where files of it have gone meanwhile."""
    for _ in range(_ATTEMPTS):
        found = inventory.history(stack, migration.platform, contract)
        stored = _stored(stack.client("s3"), found)
        lost = [file for file in found.files if (file.bucket, file.key) not in stored]
        if not lost:
            return found, stored
    raise CommandError(
        f"s3://{lost[0].bucket}/{lost[0].key} and {len(lost) - 1} more: the table {contract.curated_table} refers to "
        "them, and they are not there, so their rows cannot be carried over. Bring their last versions back (S3 keeps "
        "what was deleted for 7 days), then run this again"
    )


def _stored(s3: Any, found: History) -> dict[tuple[str, str], Listed]:
    """The snapshot's data files as S3 lists them."""
    folders = defaultdict(set)
    for file in found.files:
        # All data files of a table lie below one folder; an engine that shards keys makes several.
        folders[file.bucket].add("/".join(file.key.split("/")[:3]) + "/")
    wanted = {(file.bucket, file.key) for file in found.files}
    return {
        (bucket, item.key): item
        for bucket, prefixes in folders.items()
        for prefix in prefixes
        for item in inventory.listing(s3, bucket, prefix)
        if (bucket, item.key) in wanted
    }


def _table(stack: Target, database: str, contract: Contract) -> Table | None:
    try:
        return catalog.of(stack).load_table((database, contract.curated_table))
    except NoSuchTableError:
        return None


def require_readable(stack: Target, side: Side, contract: Contract) -> None:
    """Raises CommandError where the curate job would read an old file of a table wrongly."""
    table = _table(stack, side.database, contract)
    if table is not None:
        _check_names(table, contract)


def _check_names(table: Table, contract: Contract) -> None:
    """Iceberg finds columns by id, the curate job by the contract's names and former names: both must find the same."""
    ids: dict[str, set[int]] = defaultdict(set)
    for schema in table.schemas().values():
        for field in schema.fields:
            ids[field.name].add(field.field_id)
    known = {item["name"]: {item["name"], *item["aliases"]} for item in curation.document(contract)["columns"]}
    for problem in _problems(table, ids, known):
        raise CommandError(f"{'.'.join(table.name())}: {problem}")


def _problems(table: Table, ids: dict[str, set[int]], known: dict[str, set[str]]) -> Iterator[str]:
    for name, found in sorted(ids.items()):
        if len(found) > 1:
            yield (
                f"{name!r} was the name of two columns, one after the other, so that older files would be read "
                "wrongly; write them anew (docs/maintenance.md), or give the newer one another name"
            )
    for field in table.schema().fields:
        former = {name for name, found in ids.items() if field.field_id in found}
        if unknown := former - known.get(field.name, {field.name}):
            yield (
                f"the column {field.name!r} was once {', '.join(sorted(unknown))}, and older files still say so; name "
                f"that among the aliases of the field in sources/{table.name()[-1].removesuffix('_curated')}.yaml, "
                "deploy, then run this again"
            )
