"""Objects of S3 as files."""

import io
import os
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rapid.cli.s3_ranges import S3File


class Bucket:
    """One object; counts the bytes that were read of it."""

    def __init__(self, body: bytes) -> None:
        self.body, self.read_bytes = body, 0

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, Any]:
        first, last = (int(position) for position in Range.removeprefix("bytes=").split("-"))
        assert last < len(self.body)
        self.read_bytes += last + 1 - first
        return {"Body": io.BytesIO(self.body[first : last + 1])}


def file(bucket: Bucket) -> S3File:
    return S3File(bucket, "processed", "key", len(bucket.body))


def test_it_is_read_as_any_file_is() -> None:
    found = file(Bucket(b"0123456789"))
    assert found.read(3) == b"012"
    assert (found.seek(-2, io.SEEK_END), found.read(), found.read(1)) == (8, b"89", b"")
    assert (found.seek(2), found.seek(3, io.SEEK_CUR), found.tell(), found.read(1)) == (2, 5, 5, b"5")


def test_of_a_parquet_object_only_what_is_asked_for_is_read() -> None:
    stored = io.BytesIO()
    pq.write_table(pa.table({"id": ["a", "b"], "body": [os.urandom(500_000), os.urandom(500_000)]}), stored)
    bucket = Bucket(stored.getvalue())
    with pq.ParquetFile(file(bucket)) as parquet:
        assert parquet.read(columns=["id"])["id"].to_pylist() == ["a", "b"]
    assert bucket.read_bytes < 200_000
