"""What a file becomes: processed Parquet and quarantined rows, in parts that are the same whenever they are made again.

A part covers the records of some batches, and batches are cut by the file's bytes alone. So a run that goes over a file
again, after the one before was killed, writes the same keys, and what the killed one left is replaced.
"""

import datetime
import gzip
import io
import json
from typing import Any

import pyarrow.parquet as pq

from etl import objects
from etl.files.check import Checked
from etl.files.contract import FileContract
from etl.files.places import Buckets, LandedFile
from etl.files.records import BadRecord

PART_BYTES = 32 * 1024 * 1024
"""Of the file, as it is unpacked: so much becomes one part, which is held in memory until it is stored."""
PART_RECORDS = 200_000


class Parts:
    """Writes the parts of one file."""

    def __init__(
        self, s3: Any, buckets: Buckets, file: LandedFile, contract: FileContract, hour: datetime.datetime
    ) -> None:
        self._s3, self._buckets, self._file, self._contract = s3, buckets, file, contract
        self._prefix = file.part_prefix(hour)
        self._number = 0
        self._left_rows = {item["Key"] for item in objects.listed(s3, buckets.processed, self._prefix)}
        self._left_bad = {item["Key"] for item in objects.listed(s3, buckets.quarantine, file.quarantine_prefix)}
        self._left_filtered = {item["Key"] for item in objects.listed(s3, buckets.quarantine, file.filtered_prefix)}
        self.processed = self.quarantined = self.filtered = 0
        self.keys: list[str] = []
        self._begin()

    def add(self, checked: Checked, records: int, size_bytes: int) -> None:
        """Take a checked batch in; `size_bytes` is its share of the file."""
        if checked.rows.num_rows:
            self._writer.write_table(checked.rows)
            self._rows += checked.rows.num_rows
        self._bad += checked.bad
        self._filtered += [f"{self._file.id}-{number}" for number in checked.filtered]
        self._records += records
        self._bytes += size_bytes
        if self._records >= PART_RECORDS or self._bytes >= PART_BYTES:
            self._store()
            self._begin()

    def close(self) -> None:
        """Store the last part, and empty what a killed run stored and this one does not."""
        self._store()
        for key in sorted(self._left_rows):
            self._begin()
            self._writer.close()
            self._put(self._buckets.processed, key, self._buffer.getvalue())
        for key in sorted(self._left_bad):
            self._put(self._buckets.quarantine, key, gzip.compress(b"", mtime=0))
        for key in sorted(self._left_filtered):
            self._put(self._buckets.quarantine, key, self._ids([]))

    def _begin(self) -> None:
        self._buffer = io.BytesIO()
        # As Firehose writes them: Snappy, and times as INT96, which every reader of Hive tables knows.
        self._writer = pq.ParquetWriter(
            self._buffer,
            self._contract.schema,
            compression="snappy",
            # Ids are all different: a dictionary of them would be made in vain.
            use_dictionary=[
                name for name in self._contract.schema.names if name not in ("ingest_id", self._contract.primary_key)
            ],
            use_deprecated_int96_timestamps=True,
            store_schema=False,
        )
        self._rows = self._records = self._bytes = 0
        self._bad: list[BadRecord] = []
        self._filtered: list[str] = []

    def _store(self) -> None:
        self._writer.close()
        name = f"{self._number:05d}"
        if self._rows:
            key = f"{self._prefix}{name}.parquet"
            self._put(self._buckets.processed, key, self._buffer.getvalue())
            self._left_rows.discard(key)
            self.keys.append(key)
        if self._bad:
            key = f"{self._file.quarantine_prefix}{name}.ndjson.gz"
            lines = b"".join(self._line(record) for record in self._bad)
            self._put(self._buckets.quarantine, key, gzip.compress(lines, mtime=0))
            self._left_bad.discard(key)
        if self._filtered:
            key = f"{self._file.filtered_prefix}{name}.json"
            self._put(self._buckets.quarantine, key, self._ids(self._filtered))
            self._left_filtered.discard(key)
        self.processed += self._rows
        self.filtered += len(self._filtered)
        self.quarantined += len(self._bad)
        self._number += 1

    def _ids(self, ids: list[str]) -> bytes:
        return json.dumps({"source": self._file.source, "ids": ids}).encode()

    def _line(self, record: BadRecord) -> bytes:
        content = {
            "id": f"{self._file.id}-{record.number}",
            "source": self._file.source,
            "receivedAt": self._file.received_at.isoformat(timespec="milliseconds") + "Z",
            "errors": record.errors,
            "event": record.event,
            "file": self._file.key,
            "line": record.line,
        }
        try:
            return json.dumps(content, allow_nan=False).encode() + b"\n"
        except ValueError:
            # A number such as 1e999 is JSON, and infinite in Python.
            return json.dumps(json.loads(json.dumps(content), parse_constant=str)).encode() + b"\n"

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)
