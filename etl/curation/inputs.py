"""What Firehose has delivered: listing it, and reading it as the table's columns."""

import datetime
import io
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from etl import objects, parquet_encodings
from etl.contract import CompiledContract
from etl.curation.ledger import Input

PART_ROWS = 65_536
"""Rows of a large object that are read at once."""
_DICTIONARY_BYTES = 8
"""A column of text that takes no more than so many bytes a value in the file repeats its values, or has few."""


_NOT_AS_LISTED = (404, 412)
"""What S3 answers about an object that is gone, or whose ETag is another one."""


class UnreadableObject(Exception):
    """A processed object that is no Parquet file of this source, or is not as it was listed; the message names it."""


def listing(s3: Any, bucket: str, source: str, since: datetime.date | None) -> Iterator[Input]:
    """The delivered objects of a source by day of arrival, all or from one day on.

    Keys start with `<source>/yyyy/MM/dd/HH/`, so their order is that of time and a listing can begin in the middle.
    """
    prefix = f"{source}/"
    for item in objects.listed(s3, bucket, prefix, f"{prefix}{since:%Y/%m/%d}" if since else ""):
        day = item["Key"][len(prefix) :][:10]
        yield Input(day, item["Key"], item["ETag"].strip('"'), item["Size"], item["LastModified"].timestamp())


def read(s3: Any, bucket: str, item: Input, contract: CompiledContract, schema: pa.Schema) -> pa.Table:
    """One object as a table of the given schema: columns by name or former name, missing ones null, types widened.

    Raises UnreadableObject.
    """
    return Delivered(bucket, item, body(s3, bucket, item), contract).read(schema)


def is_as_listed(s3: Any, bucket: str, item: Input) -> bool:
    """Whether an object is still the one that was listed: retention, an erasure or the files job may change it."""
    try:
        etag: str = s3.head_object(Bucket=bucket, Key=item.key)["ETag"]
    except ClientError as error:
        if _status(error) in _NOT_AS_LISTED:
            return False
        raise
    return etag.strip('"') == item.etag


def body(s3: Any, bucket: str, item: Input) -> pa.BufferReader:
    """The whole of an object. Raises UnreadableObject."""
    return pa.BufferReader(_content(s3, bucket, item))


class Delivered:
    """One object: a Parquet file whose footer has been read. `content` is a seekable file, or Arrow's kind of one."""

    def __init__(self, bucket: str, item: Input, content: Any, contract: CompiledContract) -> None:
        """Raises UnreadableObject, as all methods do."""
        self._uri, self._content, self._contract = f"s3://{bucket}/{item.key}", content, contract
        self._former = {column.name: column.aliases for column in contract.columns}
        try:
            self._footer = pq.read_metadata(content)
            self._stored = self._footer.schema.to_arrow_schema()
        except (pa.ArrowException, ValueError, OSError) as error:
            raise self._unreadable(error) from None

    @property
    def rows(self) -> int:
        """How many it has."""
        return int(self._footer.num_rows)

    @property
    def uncompressed_bytes(self) -> int:
        """What its columns take before they are compressed."""
        return sum(self._footer.row_group(number).total_byte_size for number in range(self._footer.num_row_groups))

    def repeating(self, schema: pa.Schema) -> pa.Schema:
        """The schema with dictionaries for those columns of text that repeat their values."""
        sizes = self._bytes_by_column()
        for place, field in enumerate(schema):
            is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            names = self._names(field.name)
            if (
                is_text
                and self.rows
                and len(names) < 2
                and sizes.get(names[0] if names else "", 0) <= _DICTIONARY_BYTES * self.rows
            ):
                schema = schema.set(place, field.with_type(pa.dictionary(pa.int32(), field.type)))
        return schema

    def read(self, schema: pa.Schema) -> pa.Table:
        """All rows as a table of the given schema."""
        try:
            delivered = self._file(schema).read(use_threads=False)
        except (pa.ArrowException, ValueError, OSError) as error:
            raise self._unreadable(error) from None
        return self._fitted(delivered, schema)

    def parts(self, schema: pa.Schema) -> Iterator[pa.Table]:
        """The rows bit by bit."""
        batches = self._file(schema).iter_batches(PART_ROWS, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, ValueError, OSError) as error:
                raise self._unreadable(error) from None
            if batch is None:
                return
            yield self._fitted(pa.Table.from_batches([batch]), schema)

    def _file(self, schema: pa.Schema) -> pq.ParquetFile:
        dictionaries = [
            name for field in schema if pa.types.is_dictionary(field.type) for name in self._names(field.name)
        ]
        deltas = parquet_encodings.by_differences(self._footer)
        text = [it for it in dictionaries if pa.types.is_string(self._stored.field(it).type) and it not in deltas]
        self._content.seek(0)
        return pq.ParquetFile(
            self._content,
            metadata=self._footer,
            read_dictionary=text,
            coerce_int96_timestamp_unit="us",
            pre_buffer=False,
        )

    def _fitted(self, delivered: pa.Table, schema: pa.Schema) -> pa.Table:
        columns = []
        for field in schema:
            names = self._names(field.name)
            try:
                columns.append(_column(delivered, field, names))
            except (pa.ArrowException, ValueError):
                # Arrow's own words quote the value.
                types = ", ".join(f"{name} is {self._stored.field(name).type}" for name in names)
                reason = f"{types}, with values that are no {field.type}; a field of another type needs a new name"
                raise self._unreadable(reason) from None
        rows = pa.Table.from_arrays(columns, schema=schema)
        for name in (self._contract.primary_key, self._contract.event_time, "received_at"):
            if rows[name].null_count:
                raise self._unreadable(f"{rows[name].null_count} rows have no {name}")
        return rows

    def _names(self, name: str) -> list[str]:
        """What a column is called in the file, the newest name first."""
        return [known for known in (name, *self._former.get(name, ())) if known in self._stored.names]

    def _bytes_by_column(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for chunk in parquet_encodings.chunks(self._footer):
            sizes[chunk.path_in_schema] = sizes.get(chunk.path_in_schema, 0) + chunk.total_uncompressed_size
        return sizes

    def _unreadable(self, reason: object) -> UnreadableObject:
        return UnreadableObject(f"{self._uri}: {reason}")


class RangedObject(io.RawIOBase):
    """An object of S3 as a file, of which only what is read is fetched."""

    def __init__(self, s3: Any, bucket: str, item: Input) -> None:
        self._s3, self._bucket, self._item, self._place = s3, bucket, item, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._item.size_bytes}[whence]
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fetch from the place on. Raises UnreadableObject."""
        end = min(self._place + len(buffer), self._item.size_bytes)
        if end <= self._place:
            return 0
        content = _content(self._s3, self._bucket, self._item, Range=f"bytes={self._place}-{end - 1}")
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


def _content(s3: Any, bucket: str, item: Input, **wanted: str) -> bytes:
    try:
        answer = s3.get_object(Bucket=bucket, Key=item.key, IfMatch=item.etag, **wanted)
    except ClientError as error:
        if _status(error) in _NOT_AS_LISTED:
            raise UnreadableObject(f"s3://{bucket}/{item.key}: it changed after it was listed") from None
        raise
    content: bytes = answer["Body"].read()
    return content


def _status(error: ClientError) -> int:
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def _column(delivered: pa.Table, target: pa.Field, names: Sequence[str]) -> pa.ChunkedArray:
    """A column under all its names, the newest first where several hold a value."""
    if not names:
        return pa.chunked_array([pa.nulls(delivered.num_rows, target.type)])
    if not pa.types.is_dictionary(target.type):
        found = [delivered[name].cast(target.type) for name in names]
        return pc.coalesce(*found) if len(found) > 1 else found[0]
    [name] = names
    column = delivered[name]
    return column.cast(target.type) if pa.types.is_dictionary(column.type) else _encoded(column, target.type)


def _encoded(column: pa.ChunkedArray, kind: pa.DictionaryType) -> pa.ChunkedArray:
    return column.cast(kind.value_type).dictionary_encode().cast(kind)
