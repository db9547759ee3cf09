"""A lake on this machine's disk: what curation asks of S3 and of the catalog, answered without a server.

The code that curates is the product's; these stand where boto3's client and Glue's catalog stand on AWS.
"""

import datetime
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog, MetastoreCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.table.update import TableRequirement, TableUpdate
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties

from etl.lake import Lake

PAGE_KEYS = 1000


class DiskLake(Lake):
    """A lake whose tables lie below a folder."""

    def uri(self, key: str) -> str:
        """The path of a file."""
        return f"{self.curated_bucket}/{key}"


class _Body(io.BytesIO):
    """What boto3 answers a request for an object with."""

    def iter_chunks(self, chunk_size: int) -> Iterator[bytes]:
        """Its bytes, some at a time."""
        while chunk := self.read(chunk_size):
            yield chunk


class DiskS3:
    """Objects as files: a bucket is a folder."""

    def get_object(self, Bucket: str, Key: str, IfMatch: str = "", Range: str = "") -> dict[str, Any]:
        """An object, or the bytes of it that Range names."""
        with _path(Bucket, Key).open("rb") as file:
            if not Range:
                return {"Body": _Body(file.read())}
            first, last = (int(place) for place in Range.removeprefix("bytes=").split("-"))
            file.seek(first)
            return {"Body": _Body(file.read(last - first + 1))}

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        """What is told of an object without its bytes."""
        return {"ETag": _etag(Key)}

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str = "") -> None:
        """Store an object."""
        path = _path(Bucket, Key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        """Delete objects."""
        for item in Delete["Objects"]:
            _path(Bucket, item["Key"]).unlink()
        return {}

    def get_paginator(self, operation: str) -> "DiskS3":
        """Of list_objects_v2."""
        return self

    def paginate(self, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:
        """The objects below a prefix in the order of their keys, in pages of as many as S3 gives."""
        root = Path(Bucket)
        paths = sorted(path for path in root.joinpath(Prefix).rglob("*") if path.is_file())
        found = [(path.relative_to(root).as_posix(), path) for path in paths]
        found = [(key, path) for key, path in found if key > StartAfter]
        for start in range(0, len(found), PAGE_KEYS):
            yield {"Contents": [_listed(key, os.stat(path)) for key, path in found[start : start + PAGE_KEYS]]}


class DiskCatalog(NoopCatalog, MetastoreCatalog):
    """Tables by name, in memory; a commit is refused unless it replaces what is there, as Glue refuses it."""

    def __init__(self) -> None:
        super().__init__("disk")
        self._locations: dict[tuple[str, ...], str] = {}

    def create_table(
        self,
        identifier: str | Identifier,
        schema: Schema | Any,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Properties = EMPTY_DICT,
    ) -> Table:
        """Make a table."""
        name = Catalog.identifier_to_tuple(identifier)
        if name in self._locations:
            raise TableAlreadyExistsError(f"{name} is there")
        staged = self._create_staged_table(identifier, schema, location, partition_spec, sort_order, properties)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        self._locations[name] = staged.metadata_location
        return self.load_table(identifier)

    def load_table(self, identifier: str | Identifier) -> Table:
        """A table as it is now."""
        name = Catalog.identifier_to_tuple(identifier)
        if name not in self._locations:
            raise NoSuchTableError(f"{name} is not there")
        location = self._locations[name]
        io_ = self._load_file_io(location=location)
        metadata = FromInputFile.table_metadata(io_.new_input(location))
        return Table(name, metadata, location, self._load_file_io(metadata.properties, location), self)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Make a table what the updates say."""
        current = self.load_table(table.name())
        staged = self._update_and_stage_table(current, table.name(), requirements, updates)
        self._write_metadata(staged.metadata, staged.io, staged.metadata_location)
        if self._locations[table.name()] != current.metadata_location:
            raise CommitFailedException("somebody was first")
        self._locations[table.name()] = staged.metadata_location
        # Its fields may be called by their names, of which mypy sees the aliases alone.
        return CommitTableResponse(metadata=staged.metadata, metadata_location=staged.metadata_location)  # type: ignore[call-arg]


def _listed(key: str, status: os.stat_result) -> dict[str, Any]:
    return {
        "Key": key,
        "ETag": _etag(key),
        "Size": status.st_size,
        "LastModified": datetime.datetime.fromtimestamp(status.st_mtime, datetime.UTC),
    }


def _etag(key: str) -> str:
    return hashlib.md5(key.encode()).hexdigest()


def _path(bucket: str, key: str) -> Path:
    return Path(bucket) / key
