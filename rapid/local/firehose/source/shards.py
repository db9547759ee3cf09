"""Where reading stands in each shard of a data stream.

Permissions: https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
Order of shards: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from rapid.local.clients import Clients

from ..definition import KinesisSource
from ..framing import Origin, Record

SECONDS_AN_HOUR = 3600
_USELESS_ITERATOR = ("ExpiredIteratorException", "InvalidArgumentException")


@dataclass
class Shard:
    """One shard, and how far it is read."""

    id: str
    parents: frozenset[str]
    iterator: str = ""
    """From which the next records come; empty where there is none yet."""
    sequence_number: str = ""
    """Of the last record that was taken."""
    ended: bool = False


@dataclass(frozen=True)
class Page:
    """What one GetRecords gave; `next_iterator` is empty at the end of a shard that is closed."""

    records: list[Record]
    next_iterator: str
    millis_behind_latest: int


class Shards:
    """The shards of a data stream, read from `started_at` (epoch seconds) on. Not safe for several threads."""

    def __init__(self, source: KinesisSource, clients: Clients, started_at: float) -> None:
        self.source = source
        self._started_at = started_at
        self._clients = clients
        self._shards: dict[str, Shard] = {}
        self._are_all_known = False
        self._created_at: datetime | None = None

    def begin(self) -> None:
        """Stands at the end of each shard that is open. Raises ClientError: then the first read finds where it was."""
        try:
            for listed in self._listed():
                shard = self._add(listed)
                shard.ended = "EndingSequenceNumber" in listed["SequenceNumberRange"]
                if not shard.ended:
                    shard.iterator = self._iterator(shard, {"ShardIteratorType": "LATEST"})
        except ClientError:
            self._shards.clear()
            raise
        self._are_all_known = True

    def describe(self) -> float:
        """For how many seconds the data stream keeps records. Raises ClientError.

        Another one by the same name is read from its beginning.
        """
        described = self._kinesis.describe_stream(StreamName=self.source.stream_name, Limit=1)["StreamDescription"]
        created_at = described["StreamCreationTimestamp"]
        if self._created_at not in (None, created_at):
            self._shards.clear()
            self._are_all_known = False
        self._created_at = created_at
        return float(described["RetentionPeriodHours"] * SECONDS_AN_HOUR)

    def look_again(self) -> None:
        """Lists the shards before the next read: those that were known may be gone."""
        self._are_all_known = False

    def readable(self) -> list[Shard]:
        """The shards that may be read: children when their parents are read to the end. Raises ClientError."""
        if not self._are_all_known:
            there = {listed["ShardId"]: listed for listed in self._listed()}
            for shard in self._shards.values():
                # Retention has outlived the others, and what they had.
                shard.ended = shard.ended or shard.id not in there
            for shard_id, listed in there.items():
                if shard_id not in self._shards:
                    self._add(listed)
            self._are_all_known = True
        return self._opened

    @property
    def has_unopened(self) -> bool:
        """Whether there is, or may be, a shard of which no iterator tells how much is unread."""
        return not self._are_all_known or not all(shard.iterator for shard in self._opened)

    def read(self, shard: Shard, now_ms: int) -> Page:
        """The next records of a shard; it stands where it stood until `advance`. Raises ClientError."""
        if not shard.iterator:
            shard.iterator = self._iterator(shard, self._position(shard))
        try:
            answer = self._kinesis.get_records(ShardIterator=shard.iterator)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _USELESS_ITERATOR:
                raise
            shard.iterator = self._iterator(shard, self._position(shard))
            answer = self._kinesis.get_records(ShardIterator=shard.iterator)
        records = [_record(shard, record, now_ms) for record in answer["Records"]]
        return Page(records, answer.get("NextShardIterator") or "", answer.get("MillisBehindLatest", 0))

    def advance(self, shard: Shard, page: Page) -> None:
        """Stands after a page. After the end of a shard its children are looked for."""
        if page.records and page.records[-1].origin:
            shard.sequence_number = page.records[-1].origin.sequence_number
        shard.iterator = page.next_iterator
        if not page.next_iterator:
            shard.ended = True
            self._are_all_known = False

    def iterators(self) -> list[str]:
        """Of all shards that are not read to their ends."""
        return [shard.iterator for shard in tuple(self._shards.values()) if shard.iterator and not shard.ended]

    @property
    def _opened(self) -> list[Shard]:
        shards = dict(self._shards)
        return [s for s in shards.values() if not s.ended and all(shards[parent].ended for parent in s.parents)]

    @property
    def _kinesis(self) -> Any:
        return self._clients.client("kinesis", role_arn=self.source.role_arn)

    def _add(self, listed: Mapping[str, Any]) -> Shard:
        parents = {listed.get("ParentShardId"), listed.get("AdjacentParentShardId")}
        # Those that retention has outlived are not listed any more.
        shard = Shard(listed["ShardId"], frozenset(parent for parent in parents if parent in self._shards))
        self._shards[shard.id] = shard
        return shard

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        asked = {"StreamName": self.source.stream_name}
        while asked:
            answer = self._kinesis.list_shards(**asked)
            yield from answer["Shards"]
            asked = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}

    def _position(self, shard: Shard) -> dict[str, Any]:
        if shard.sequence_number:
            return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": shard.sequence_number}
        return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": datetime.fromtimestamp(self._started_at, UTC)}

    def _iterator(self, shard: Shard, position: Mapping[str, Any]) -> str:
        asked = {"StreamName": self.source.stream_name, "ShardId": shard.id, **position}
        return str(self._kinesis.get_shard_iterator(**asked)["ShardIterator"])


def _record(shard: Shard, record: Mapping[str, Any], now_ms: int) -> Record:
    origin = Origin(shard.id, record["SequenceNumber"], record["PartitionKey"])
    arrival_ms = round(record["ApproximateArrivalTimestamp"].timestamp() * 1000)
    return Record(arrival_ms, now_ms, record["Data"], len(record["Data"]), origin)
