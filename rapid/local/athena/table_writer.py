"""Writing a query's rows to a place on S3, one file a partition.

Sources: https://docs.aws.amazon.com/athena/latest/ug/ctas-considerations-limitations.html (an empty location; at most
100 partitions at a time), https://docs.aws.amazon.com/athena/latest/ug/unload.html.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.exceptions import ClientError

from .errors import ErrorName, QueryFailedError
from .parquet_objects import access_denied
from .reader import NULL_PARTITION
from .row_files import Column, FileFormat, RowFile, new_file, stored_text
from .session import Session

MOST_PARTITIONS = 100
_PATH_SIGNS = " !$&()+,-.;<>@_~|"
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId")


@dataclass(frozen=True)
class Target:
    """Where rows go: columns that are stored in the files, then those that make the partition (the rows' last)."""

    location: str
    format: FileFormat
    columns: list[Column]
    partition_columns: list[Column]


@dataclass(frozen=True)
class Written:
    """What was written: how many rows, and each file's location by its partition's values."""

    rows: int
    files: dict[tuple[str, ...], str]


def check_empty(session: Session, location: str, what: str) -> None:
    """Raise QueryFailedError if objects lie under a location."""
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, f"'{location}' is not an S3 location")
    prefix = parts.path.strip("/")
    try:
        found = session.s3.list_objects_v2(Bucket=parts.netloc, Prefix=f"{prefix}/" if prefix else "", MaxKeys=1)
    except ClientError as error:
        raise _refused(location, error) from None
    if found.get("KeyCount"):
        message = f"Target directory for {what} already exists: {location}"
        raise QueryFailedError(ErrorName.HIVE_PATH_ALREADY_EXISTS, message)


def write_rows(
    session: Session, target: Target, batches: Iterable[list[tuple[Any, ...]]], announce: Callable[[list[str]], None]
) -> Written:
    """Write rows, and put the files when all rows are there; ``announce`` is told their locations before that."""
    count, files = 0, _Files(target)
    for batch in batches:
        session.check()
        count += len(batch)
        files.add(batch)
    started = f"{session.now:%Y%m%d_%H%M%S}_00000_{session.execution.id[:5]}"
    locations = {
        values: f"{partition_prefix(target, values)}{started}_{uuid.uuid4()}{target.format.suffix}"
        for values in files.opened
    }
    announce(list(locations.values()))
    for values, file in files.opened.items():
        _put(session, locations[values], file)
    return Written(count, locations)


def _put(session: Session, location: str, file: RowFile) -> None:
    arguments = {name: value for name, value in session.execution.target.arguments.items() if name in _ENCRYPTION}
    bucket, _, key = location.removeprefix("s3://").partition("/")
    with file.finish() as content:
        try:
            session.s3.put_object(Bucket=bucket, Key=key, Body=content, **arguments)
        except ClientError as error:
            raise _refused(location, error) from None


def partition_prefix(target: Target, values: tuple[str, ...]) -> str:
    """Return where a partition's files go, with a slash at the end."""
    named = zip(target.partition_columns, values, strict=True)
    folders = "".join(f"{name}={quote(value, safe=_PATH_SIGNS)}/" for (name, _), value in named)
    return f"{target.location.rstrip('/')}/{folders}"


class _Files:
    def __init__(self, target: Target) -> None:
        self.opened: dict[tuple[str, ...], RowFile] = {}
        self._target = target

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        width = len(self._target.columns)
        if not self._target.partition_columns:
            self._file(()).add(rows)
            return
        parts: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for row in rows:
            parts.setdefault(self._values(row[width:]), []).append(row[:width])
        for values, part in parts.items():
            self._file(values).add(part)

    def _values(self, row: tuple[Any, ...]) -> tuple[str, ...]:
        named = zip(row, self._target.partition_columns, strict=True)
        return tuple(stored_text(value, type_) or NULL_PARTITION for value, (_, type_) in named)

    def _file(self, values: tuple[str, ...]) -> RowFile:
        if values not in self.opened:
            if len(self.opened) >= MOST_PARTITIONS:
                message = f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
                raise QueryFailedError(ErrorName.HIVE_TOO_MANY_OPEN_PARTITIONS, message)
            self.opened[values] = new_file(self._target.format, self._target.columns)
        return self.opened[values]


def _refused(location: str, error: ClientError) -> QueryFailedError:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in ("AccessDenied", "403"):
        return access_denied(message, location)
    return QueryFailedError(ErrorName.HIVE_FILESYSTEM_ERROR, f"Failed to write to {location}: {message}")
