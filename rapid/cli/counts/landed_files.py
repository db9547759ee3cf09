"""Rows of files: what the reports of the files job say, held against the rows that the tables and quarantine hold."""

import datetime
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from contracts import Contract, folders

from .. import athena, s3_objects
from ..target import Target
from .side_places import NOT_OURS

_FILES_A_QUERY = 1000
_ROW_NUMBER = re.compile(r"-[0-9]+$")
_COUNT = """\
SELECT file, count(DISTINCT id) FROM (
  SELECT id, regexp_replace(id, '-[0-9]+$', '') AS file FROM ({tables})
)
WHERE file IN ({files})
GROUP BY file"""


@dataclass(frozen=True)
class LandedFiles:
    """The files of one source."""

    rows: dict[str, int] = field(default_factory=dict)
    """Rows by id of the file, of those that were taken in within the retention."""
    bad: frozenset[str] = frozenset()
    """Ids of rows in quarantine."""
    ids: frozenset[str] = frozenset()
    """Ids of all files."""
    waiting: int = 0
    waiting_bytes: int = 0
    refused: int = 0
    unreadable: tuple[str, ...] = ()
    """Reports and objects of quarantine that the files job does not write so."""


def read(s3: Any, files_bucket: str, quarantine_bucket: str, contract: Contract) -> LandedFiles:
    """What lies in the two buckets for a source."""
    unreadable: list[str] = []
    reports = _reports(s3, files_bucket, contract.source, unreadable)
    bad = _bad(s3, quarantine_bucket, contract.source, unreadable)
    known = {report["key"] for report, _ in reports if report["state"] != "no contract"}
    listed = [item for item in s3_objects.listing(s3, files_bucket, f"incoming/{contract.source}/")]
    waiting = [item for item in listed if item.key not in known and not item.key.endswith("/")]
    oldest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=contract.processed_retention_days - 1)
    return LandedFiles(
        rows={
            report["fileId"]: report["rows"]
            for report, modified in reports
            if report["state"] == "done" and modified > oldest
        },
        bad=bad,
        ids=frozenset(report["fileId"] for report, _ in reports) | {item.key.split("/")[2] for item in waiting},
        waiting=len(waiting),
        waiting_bytes=sum(item.size_bytes for item in waiting),
        refused=sum(report["state"] == "refused" for report, _ in reports),
        unreadable=tuple(unreadable),
    )


def without_contract(s3: Any, files_bucket: str, sources: Iterable[str]) -> Counter[str]:
    """How many files lie there of each source that has no contract."""
    known = set(sources)
    found = Counter(item.key.split("/")[1] for item in s3_objects.listing(s3, files_bucket, "incoming/"))
    return Counter({source: files for source, files in found.items() if source not in known})


def in_tables(stack: Target, contract: Contract, files: Iterable[str], *, curated: bool) -> dict[str, int]:
    """How many rows of each file the processed or the curated table holds. Raises CommandError."""
    tables = " UNION ALL ".join(
        f"SELECT ingest_id AS id FROM {table}" for table in [contract.table, *([contract.curated_table] * curated)]
    )
    names = sorted(files)
    found: dict[str, int] = {}
    for start in range(0, len(names), _FILES_A_QUERY):
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in names[start : start + _FILES_A_QUERY])
        for name, rows in athena.run(stack, _COUNT.format(tables=tables, files=listed)).rows:
            found[str(name)] = int(rows or 0)
    return found


def file_of(row_id: str) -> str:
    """The id of the file that a row came in."""
    return _ROW_NUMBER.sub("", row_id)


def lost(files: LandedFiles, in_tables: dict[str, int], elsewhere: Iterable[str]) -> int:
    """Rows that a report counts and no place holds. `elsewhere`: ids in quarantine or filtered, and in no table."""
    beside = Counter(map(file_of, elsewhere))
    return sum(max(0, rows - in_tables.get(name, 0) - beside[name]) for name, rows in files.rows.items())


def beyond_raw(files: LandedFiles, in_tables: dict[str, int], elsewhere: Collection[str], held: Collection[str]) -> int:
    """Rows that no raw zone can have. One from quarantine that a table holds came there by the stream: a replay."""
    return sum(in_tables.values()) - sum(row in held for row in files.bad) + len(elsewhere)


def _reports(
    s3: Any, bucket: str, source: str, unreadable: list[str]
) -> list[tuple[dict[str, Any], datetime.datetime]]:
    """The reports with their dates; what cannot be read is added to `unreadable`, here and below."""
    found = []
    objects = s3_objects.listing(s3, bucket, f"reports/{source}/")
    for item, body in s3_objects.contents(s3, bucket, objects):
        try:
            report = json.loads(body)
            kept = {name: str(report[name]) for name in ("fileId", "key", "state")} | {"rows": int(report["rows"])}
        except NOT_OURS:
            unreadable.append(f"s3://{bucket}/{item.key}")
        else:
            found.append((kept, item.modified))
    return found


def _bad(s3: Any, bucket: str, source: str, unreadable: list[str]) -> frozenset[str]:
    found = set()
    for item, body in s3_objects.contents(s3, bucket, s3_objects.listing(s3, bucket, f"{folders.BAD_ROWS}/{source}/")):
        try:
            lines = gzip.decompress(body).splitlines()
        except (OSError, EOFError, zlib.error):
            unreadable.append(f"s3://{bucket}/{item.key}")
            continue
        for line in lines:
            try:
                found.add(str(json.loads(line)["id"]))
            except NOT_OURS:
                unreadable.append(f"s3://{bucket}/{item.key}")
    return frozenset(found)
