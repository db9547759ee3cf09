"""Which processed objects a table already holds: immutable objects, named by a table property.

The property is set in the transaction that adds the rows, so rows and ledger are committed together or not at all.
One segment a day of arrival keeps a commit from rewriting what has not changed; the root names the segments.
"""

import gzip
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PROPERTY = "rapid.ledger"
_DAYS_IN_MEMORY = 8
"""More than a run looks back through, so that its days are read once."""


class Input(NamedTuple):
    """One processed object: its day of arrival (yyyy/MM/dd), its key, its ETag, its size."""

    day: str
    key: str
    etag: str
    size_bytes: int
    stored_epoch_seconds: float = 0.0
    """When it was stored, as its listing says."""


@dataclass
class Ledger:
    """The inputs of one table. `prefix` is where new ledger objects go, outside the table's own path."""

    s3: Any
    bucket: str
    prefix: str
    segments: dict[str, str] = field(default_factory=dict)
    """Object key of the segment by day."""
    uri: str = ""
    """S3 URI of the ledger; empty where there is none yet."""
    _read: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, s3: Any, bucket: str, source: str, properties: Mapping[str, str]) -> "Ledger":
        """The ledger that the properties of a source's curated table name; an empty one where they name none."""
        return cls.load(s3, bucket, f"ledgers/{source}/", properties.get(PROPERTY))

    @classmethod
    def load(cls, s3: Any, bucket: str, prefix: str, uri: str | None) -> "Ledger":
        """The ledger that a table's property names; an empty one where the property is absent."""
        ledger = cls(s3, bucket, prefix, uri=uri or "")
        if uri:
            ledger.segments = ledger._get(uri.removeprefix(f"s3://{bucket}/"))
        return ledger

    def new(self, inputs: Iterable[Input]) -> Iterator[Input]:
        """Those inputs that are not in the ledger, in their order, which should be that of days."""
        return (item for item in inputs if (item.key, item.etag) not in self._day(item.day))

    def add(self, inputs: list[Input]) -> "Ledger":
        """Write a ledger that also holds these inputs, and return it. This one is left as it was."""
        segments = dict(self.segments)
        for day in sorted({item.day for item in inputs}):
            entries = self._day(day) | {(item.key, item.etag) for item in inputs if item.day == day}
            segments[day] = self._put(sorted(entries))
        return Ledger(self.s3, self.bucket, self.prefix, segments, f"s3://{self.bucket}/{self._put(segments)}")

    def _day(self, day: str) -> set[tuple[str, str]]:
        if day not in self._read:
            if len(self._read) >= _DAYS_IN_MEMORY:
                del self._read[next(iter(self._read))]
            entries = self._get(self.segments[day]) if day in self.segments else []
            self._read[day] = {(key, etag) for key, etag in entries}
        return self._read[day]

    def _get(self, key: str) -> Any:
        return json.loads(gzip.decompress(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()))

    def _put(self, content: Any) -> str:
        key = f"{self.prefix}{uuid.uuid4()}.json.gz"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=gzip.compress(json.dumps(content).encode(), mtime=0))
        return key
