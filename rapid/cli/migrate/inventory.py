"""What there is to carry over: the raw and quarantine zones object by object, the files of the curated tables, and what
lies beside these: reports of erasures, and figures of operations."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from contracts import Contract, folders
from etl import objects
from etl.iceberg import days

from .. import catalog
from ..errors import CommandError
from ..target import Target
from .state import Migration, Side

RAW, QUARANTINE, HISTORY, REPORTS = "raw", "quarantine", "history", "reports"
"""Zones. `history` are the data files of the curated tables, which become objects of the target's processed zone;
`reports` is what the curated bucket has beside tables that somebody needs."""
HISTORY_NAME = "history-"
"""Begins the last part of the key of such an object."""
BAD_ROWS = f"{folders.BAD_ROWS}/"
"""Begins the keys of bad rows of files in quarantine."""
_ATTEMPTS = 3


class Listed(NamedTuple):
    """An object as a listing has it."""

    key: str
    size_bytes: int
    etag: str
    """Without quotes. One with a `-` is of an object that was stored in parts, and depends on their size."""
    modified: datetime.datetime
    storage_class: str
    checksum: str = ""
    """Algorithm of the checksum that S3 keeps of it; empty where there is none."""


@dataclass(frozen=True)
class Part:
    """A part of a zone whose objects are copied under the same keys, or under keys that begin differently."""

    zone: str
    prefix: str
    """Its keys begin so: `<source>/`, and in quarantine also BAD_ROWS and `filtered/`."""
    bucket: str
    target_bucket: str
    target_folder: str = ""
    """Keys of copies begin so, if not with `prefix`, under which the target has objects of its own."""
    is_written_anew: bool = False
    """Whether now one lake's objects are written, now the other's: the last writing of one has all that was before."""

    @property
    def target_prefix(self) -> str:
        """Keys of the target begin so."""
        return self.target_folder or self.prefix

    def target_key(self, key: str) -> str:
        """The key of a copy."""
        return self.target_prefix + key.removeprefix(self.prefix)

    def source_key(self, key: str) -> str:
        """The key of what was copied."""
        return self.prefix + key.removeprefix(self.target_prefix)


class HistoryFile(NamedTuple):
    """A data file of a curated table's current snapshot."""

    target_key: str
    """In the target's processed bucket: `<source>/yyyy/MM/dd/00/history-<file name>`, by the day of the event."""
    bucket: str
    key: str
    size_bytes: int
    rows: int
    day: datetime.date


@dataclass(frozen=True)
class History:
    """The curated table of a source as it is now."""

    source: str
    snapshot_id: int | None
    """None for a table that has no row."""
    files: list[HistoryFile]
    """In the order of their target keys."""

    @property
    def rows(self) -> int:
        """All rows of the table."""
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of all data files."""
        return sum(file.size_bytes for file in self.files)


def is_history(key: str) -> bool:
    """Whether an object of the target's processed bucket is a copy of such a data file."""
    return key.rpartition("/")[2].startswith(HISTORY_NAME)


def listing(s3: Any, bucket: str, prefix: str) -> Iterator[Listed]:
    """The objects under a prefix, in the order of their keys, a page at a time."""
    for item in objects.listed(s3, bucket, prefix):
        yield Listed(
            item["Key"],
            item["Size"],
            item["ETag"].strip('"'),
            item["LastModified"],
            item.get("StorageClass", "STANDARD"),
            next(iter(item.get("ChecksumAlgorithm", ())), ""),
        )


def parts(s3: Any, migration: Migration) -> list[Part]:
    """The parts of the zones raw, quarantine and reports, as the keys of both lakes have them."""
    return parts_of(s3, migration.platform, migration.streaming)


def parts_of(s3: Any, old: Side, new: Side | None) -> list[Part]:
    """The same of two lakes; where there is no new one yet, `target_bucket` is empty."""
    pairs = {
        RAW: (old.raw_bucket, new.raw_bucket if new else ""),
        QUARANTINE: (old.quarantine_bucket, new.quarantine_bucket if new else ""),
    }
    return [
        *(
            Part(zone, prefix, bucket, target_bucket)
            for zone, (bucket, target_bucket) in pairs.items()
            for prefix in sorted({*prefixes(s3, bucket), *(prefixes(s3, target_bucket) if target_bucket else ())})
        ),
        *reports(old, new),
    ]


def reports(old: Side, new: Side | None) -> list[Part]:
    """The parts of the zone reports."""
    buckets = (old.curated_bucket, new.curated_bucket if new else "")
    return [
        Part(REPORTS, f"{folders.ERASURES}/", *buckets, target_folder=f"{folders.OLD_ERASURES}/"),
        *(
            Part(REPORTS, f"{folder}/", *buckets, is_written_anew=True)
            for folder in (folders.OPERATIONS_HOURS, folders.OPERATIONS_COSTS)
        ),
    ]


def prefixes(s3: Any, bucket: str) -> list[str]:
    """The first parts of a bucket's keys, each with its `/`."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/")
    return [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]


def history(stack: Target, side: Side, contract: Contract) -> History:
    """The data files of a source's curated table, by the plan of its current snapshot.

    Where files of it go while they are read, as in maintenance, the newer snapshot is taken. Raises CommandError for a
    table with delete files, whose data files hold rows that are gone.
    """
    for _ in range(_ATTEMPTS):
        try:
            table = catalog.of(stack).load_table((side.database, contract.curated_table))
            return _planned(table, contract)
        except NoSuchTableError:
            return History(contract.source, None, [])
        except OSError as error:
            reason = error
    raise CommandError(f"{side.database}.{contract.curated_table} cannot be read: {reason}")


def _planned(table: Table, contract: Contract) -> History:
    snapshot = table.current_snapshot()
    files = []
    for task in table.scan().plan_files() if snapshot else ():
        if task.delete_files:
            raise CommandError(
                f"{contract.curated_table} has delete files, so that some rows of its data files are "
                f"deleted ones (they come of DELETE, UPDATE or MERGE in Athena); `OPTIMIZE {contract.curated_table} "
                "REWRITE DATA USING BIN_PACK` in Athena writes the files anew without them, then run this again"
            )
        bucket, key = objects.place(task.file.file_path)
        day = days.date_of(days.day_of(table, task.file))
        files.append(
            HistoryFile(
                f"{contract.source}/{day:%Y/%m/%d}/00/{HISTORY_NAME}{key.rpartition('/')[2]}",
                bucket,
                key,
                task.file.file_size_in_bytes,
                task.file.record_count,
                day,
            )
        )
    return History(contract.source, snapshot.snapshot_id if snapshot else None, sorted(files))
