"""The objects that hold an event, raw and processed: of its hour, the raw ones stored after it was received."""

import datetime
import gzip
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from contracts import Contract

from .. import s3_objects
from ..counts.lines import envelope_id
from ..s3_objects import StoredObject
from ..s3_ranges import S3File

CLOCKS_APART = datetime.timedelta(minutes=1)
_LONGEST_BUFFER = datetime.timedelta(seconds=900)
"""An object lies under the hour in which its first record arrived, which is so long before its last one at most.

https://docs.aws.amazon.com/firehose/latest/dev/create-configure-backup.html
"""


class RawLine(NamedTuple):
    """Where an event lies in the raw zone, and the line itself."""

    address: str
    modified: datetime.datetime
    number: int
    offset_bytes: int
    """In the object without its compression."""
    line: bytes

    @property
    def event(self) -> Any:
        """The event as it came."""
        return json.loads(self.line).get("body")


def raw(s3: Any, bucket: str, source: str, wanted: str, received_at: datetime.datetime) -> RawLine | None:
    """Find an envelope in the raw zone."""
    for item, body in s3_objects.contents(s3, bucket, _stored(s3, bucket, source, received_at)):
        offset, name = 0, wanted.encode()
        for number, line in enumerate(gzip.decompress(body).split(b"\n")):
            if name in line and envelope_id(line) == wanted:
                return RawLine(f"s3://{bucket}/{item.key}", item.modified, number, offset, line)
            offset += len(line) + 1
    return None


def processed(s3: Any, bucket: str, contract: Contract, datehour: str, wanted: str) -> StoredObject | None:
    """The processed object of an hour of arrival that holds a row; of each, one column is read."""
    for item in s3_objects.listing(s3, bucket, f"{contract.source}/{datehour}/"):
        with pq.ParquetFile(S3File(s3, bucket, item.key, item.size_bytes)) as parquet:
            if wanted in parquet.read(columns=["ingest_id"])["ingest_id"].to_pylist():
                return item
    return None


def _stored(s3: Any, bucket: str, source: str, received_at: datetime.datetime) -> Iterator[StoredObject]:
    """What was stored after an event was received, of the hours under which it may lie, the oldest first."""
    hours = {f"{received_at + later:%Y/%m/%d/%H}" for later in (-_LONGEST_BUFFER, datetime.timedelta(), CLOCKS_APART)}
    listed = [item for hour in sorted(hours) for item in s3_objects.listing(s3, bucket, f"{source}/{hour}/")]
    after = [item for item in listed if item.modified >= received_at - CLOCKS_APART]
    yield from sorted(after, key=lambda item: item.modified)
