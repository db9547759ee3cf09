"""The files of an export: written where nobody looks, and put where files land once the export is committed."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl import objects
from etl.exports.state import PREFIX, Pending

PART_BYTES = 64 * 1024 * 1024
"""A file is closed once it has grown to this: memory holds one, and the job that reads files takes them one by one."""
ROW_GROUP_BYTES = 16 * 1024 * 1024


class Parts:
    """Writes the parts of one export; `close` must be called."""

    def __init__(self, s3: Any, bucket: str, source: str, export_id: str, schema: pa.Schema) -> None:
        self._s3, self._bucket, self._schema = s3, bucket, schema
        self._prefix = _staged(source, export_id)
        self.names: list[str] = []
        self.bytes = 0
        self._buffer = io.BytesIO()
        self._writer: pq.ParquetWriter | None = None
        self._rows: list[pa.RecordBatch] = []
        self._rows_bytes = 0
        self._lines: list[str] = []
        self._lines_bytes = 0

    def add(self, rows: pa.RecordBatch) -> None:
        """Rows for a Parquet part."""
        if rows.num_rows:
            self._rows.append(rows)
            self._rows_bytes += rows.nbytes
        if self._rows_bytes >= ROW_GROUP_BYTES:
            self._write_rows()

    def add_line(self, line: str) -> None:
        """A row that Parquet columns cannot hold, as a JSON object, which goes to a part of its own."""
        self._lines.append(line)
        self._lines_bytes += len(line)
        if self._lines_bytes >= PART_BYTES:
            self._store_lines()

    def close(self) -> None:
        """Store what is left."""
        if self._rows:
            self._write_rows()
        self._store_rows()
        self._store_lines()

    def _write_rows(self) -> None:
        if self._writer is None:
            # Without the Arrow schema, as every file of the platform is.
            self._writer = pq.ParquetWriter(self._buffer, self._schema, compression="zstd", store_schema=False)
        self._writer.write_table(pa.Table.from_batches(self._rows, self._schema))
        self._rows, self._rows_bytes = [], 0
        if self._buffer.tell() >= PART_BYTES:
            self._store_rows()

    def _store_rows(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._buffer.seek(0)
        self._store(self._buffer, self._buffer.getbuffer().nbytes, "parquet")
        self._buffer, self._writer = io.BytesIO(), None

    def _store_lines(self) -> None:
        if self._lines:
            body = "".join(f"{line}\n" for line in self._lines).encode()
            self._store(io.BytesIO(body), len(body), "ndjson")
            self._lines, self._lines_bytes = [], 0

    def _store(self, body: io.BytesIO, size_bytes: int, suffix: str) -> None:
        name = f"part-{len(self.names):05d}.{suffix}"
        self._s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=body)
        self.names.append(name)
        self.bytes += size_bytes


def clear(s3: Any, bucket: str, source: str) -> None:
    """Delete what exports left that were never committed."""
    staged = objects.listed(s3, bucket, f"{PREFIX}{source}/staged/")
    objects.delete(s3, bucket, ({"Key": item["Key"]} for item in staged))


def publish(s3: Any, bucket: str, source: str, pending: Pending) -> None:
    """Put the parts of a committed export where files land; done again, it changes nothing.

    A part that lies there already stays as it is, so that nobody sees it arrive twice; the staged parts are deleted
    only when all of them lie there.
    """
    prefix = _staged(source, pending.id)
    for item in objects.listed(s3, bucket, prefix):
        key = item["Key"]
        target = f"incoming/{source}/{pending.id}/{key.removeprefix(prefix)}"
        if not objects.exists(s3, bucket, target):
            s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
    objects.delete(s3, bucket, ({"Key": prefix + name} for name in pending.parts))


def _staged(source: str, export_id: str) -> str:
    return f"{PREFIX}{source}/staged/{export_id}/"
