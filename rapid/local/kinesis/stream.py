"""A data stream: its settings, and the shards that its records are spread over.

Which shard a record goes to: https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#partition-key; what
becomes of shards that are split and merged:
https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..billing.meter import METER, Resource
from ..clients import ACCOUNT_ID
from ..cloudwatch.metrics import ResourceMetrics
from . import billing, sequence
from .errors import invalid_argument, limit_exceeded, no_shard, throttled
from .sequence import SequenceNumber
from .shard_log import ShardLog
from .throughput import ShardLimits

HASH_KEYS = 2**128
DEFAULT_MAX_RECORD_KIB = 1024
DEFAULT_RETENTION_HOURS = 24
ON_DEMAND_SHARDS = 4
"""A new stream in the on-demand mode takes 4 MB/s; AWS adds shards as it is used, here it stays at them.

https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html#ondemandmode
"""
MAX_SHARDS = 10_000
_MAX_RESIZES = 10
_DAY_SECONDS = 86_400.0
_HOUR_SECONDS = 3_600.0


class Written(NamedTuple):
    """Where a record lies that was put."""

    shard_id: str
    sequence_number: str


def shard_id(number: int) -> str:
    """The name of a stream's shard; shards are numbered from 0."""
    return f"shardId-{number:012d}"


class Shard:
    """A shard: the range of hash keys whose records it takes, and those records."""

    def __init__(
        self,
        number: int,
        hash_keys: tuple[int, int],
        parents: tuple[str, ...],
        created: int,
        clock: Callable[[], float],
    ) -> None:
        self.number = number
        self.id = shard_id(number)
        self.hash_keys = hash_keys
        """The first and the last of them."""
        self.parents = parents
        """The shard that it was split from, or the two that were merged into it."""
        self.created = created
        """Epoch seconds; those of a parent lie before, so that sequence numbers go on."""
        self.closed: int | None = None
        """When it was split or merged, epoch seconds; None as long as it takes records."""
        self.children: list[Shard] = []
        self.log = ShardLog()
        self.limits = ShardLimits(clock)

    @property
    def start(self) -> str:
        """The sequence number that it starts with."""
        return str(SequenceNumber(self.created, self.number, 0, self.created))

    @property
    def end(self) -> str | None:
        """The sequence number that it ended with; None as long as it takes records."""
        return None if self.closed is None else str(sequence.end(self.created, self.number, self.closed))

    def sequence_number(self, number: int, arrival_ms: int) -> str:
        """The sequence number of one of its records."""
        return str(SequenceNumber(self.created, self.number, number, arrival_ms // 1000))


@dataclass
class Settings:
    """What of a stream is not its shards."""

    mode: str
    retention_hours: int = DEFAULT_RETENTION_HOURS
    max_record_kib: int = DEFAULT_MAX_RECORD_KIB
    key_id: str | None = None
    """The KMS key that it is encrypted with; None where it is not."""
    tags: dict[str, str] = field(default_factory=dict)


class Stream:
    """A stream that takes and keeps records. Safe for several threads. `clock` gives epoch seconds."""

    def __init__(
        self,
        name: str,
        region: str,
        shard_count: int,
        settings: Settings,
        metrics: ResourceMetrics,
        clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.arn = f"arn:aws:kinesis:{region}:{ACCOUNT_ID}:stream/{name}"
        self.settings = settings
        self.metrics = metrics
        self.created = clock()
        self._clock = clock
        self._shards: list[Shard] = []
        self._open: list[Shard] = []
        self._resizes: list[float] = []
        self._lock = threading.RLock()
        self._trimmed_at = self.created
        for start, end in _uniform(shard_count):
            self._add((start, end), ())

    def put(self, partition_key: str, hash_key: int | None, data: bytes) -> Written:
        """Keep a record. Raises ServiceError if its shard takes no more now."""
        size = len(partition_key.encode()) + len(data)
        self.trim()
        with self._lock:
            shard = self._shard_for(_hash_key(partition_key) if hash_key is None else hash_key)
            if not shard.limits.admits_write(size):
                raise throttled(shard.id, self.name)
            now_ms = int(self._clock() * 1000)
            number, arrival_ms = shard.log.append(
                partition_key, data, now_ms, is_encrypted=self.settings.key_id is not None
            )
        return Written(shard.id, shard.sequence_number(number, arrival_ms))

    def shard(self, shard_id: str) -> Shard:
        """A shard by its id. Raises ServiceError if there is none, or none any more."""
        for shard in self.shards():
            if shard.id == shard_id:
                return shard
        raise no_shard(shard_id, self.name)

    def shards(self) -> list[Shard]:
        """All shards that take records or may have some, the oldest first."""
        self.trim()
        with self._lock:
            return list(self._shards)

    def open_shards(self) -> list[Shard]:
        """The shards that take records, by their hash keys."""
        with self._lock:
            return list(self._open)

    def trim(self) -> None:
        """Let go of records that are older than the retention period, and of closed shards that can have none."""
        now = self._clock()
        with self._lock:
            if now - self._trimmed_at < 1:
                return
            self._trimmed_at = now
            kept_since = now - self.settings.retention_hours * _HOUR_SECONDS
            for shard in self._shards:
                shard.log.trim(int(kept_since * 1000))
            self._shards = [shard for shard in self._shards if shard.closed is None or shard.closed >= kept_since]

    def split(self, shard_id: str, hash_key: int) -> None:
        """Part an open shard in two, the second of which begins with a hash key. Raises ServiceError."""
        with self._lock:
            shard = self._open_shard(shard_id)
            first, last = shard.hash_keys
            if not first + 1 < hash_key < last:
                raise invalid_argument(
                    f"NewStartingHashKey {hash_key} used in SplitShard() on shard {shard_id} in stream {self.name} "
                    f"under account {ACCOUNT_ID} is not both greater than one plus the shard's StartingHashKey {first} "
                    f"and less than the shard's EndingHashKey {last - 1}."
                )
            self._split(shard, hash_key)

    def merge(self, shard_id: str, adjacent_id: str) -> None:
        """Make one of two open shards that lie side by side. Raises ServiceError."""
        with self._lock:
            shard, adjacent = self._open_shard(shard_id), self._open_shard(adjacent_id)
            lower, upper = sorted((shard, adjacent), key=lambda each: each.hash_keys)
            if lower.hash_keys[1] + 1 != upper.hash_keys[0]:
                raise invalid_argument(
                    f"Shards {shard_id} and {adjacent_id} in stream {self.name} under account {ACCOUNT_ID} are not an "
                    "adjacent pair of shards eligible for merging"
                )
            self._merge(shard, adjacent)

    def resize(self, target: int) -> int:
        """Split and merge until so many shards share the hash keys evenly; how many there were. Raises ServiceError.

        https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
        """
        with self._lock:
            count, now = len(self._open), self._clock()
            counts = f"Current open shard count: {count}, Target shard count: {target}"
            self._resizes = [moment for moment in self._resizes if now - moment < _DAY_SECONDS]
            if len(self._resizes) >= _MAX_RESIZES:
                raise limit_exceeded(
                    f"Stream {self.name} under account {ACCOUNT_ID} can be scaled {_MAX_RESIZES} times in 24 hours."
                )
            if target > MAX_SHARDS:
                raise limit_exceeded(
                    f"Target shard count or number of open shards cannot be greater than {MAX_SHARDS}. {counts}"
                )
            if target > 2 * count:
                raise limit_exceeded(
                    f"UpdateShardCount cannot scale up over double your current open shard count. {counts}"
                )
            if target < count / 2:
                raise limit_exceeded(
                    f"UpdateShardCount cannot scale down below half your current open shard count. {counts}"
                )
            self._resizes.append(now)
            self._share_evenly(target)
        return count

    def delete(self) -> None:
        """Count what the open shards cost; no more records come."""
        with self._lock:
            self._bill(self._open)

    def _share_evenly(self, target: int) -> None:
        for first, last in _uniform(target):
            covering = next(shard for shard in self._open if shard.hash_keys[0] <= first <= shard.hash_keys[1])
            if covering.hash_keys[0] < first:
                self._split(covering, first)
            covering = next(shard for shard in self._open if shard.hash_keys[0] == first)
            while covering.hash_keys[1] < last:
                covering = self._merge(covering, self._after(covering))
            if covering.hash_keys[1] > last:
                self._split(covering, last + 1)

    def _after(self, shard: Shard) -> Shard:
        return next(each for each in self._open if each.hash_keys[0] == shard.hash_keys[1] + 1)

    def _split(self, shard: Shard, hash_key: int) -> None:
        first, last = shard.hash_keys
        self._close(shard)
        for hash_keys in ((first, hash_key - 1), (hash_key, last)):
            shard.children.append(self._add(hash_keys, (shard.id,), shard.created))

    def _merge(self, shard: Shard, adjacent: Shard) -> Shard:
        for each in (shard, adjacent):
            self._close(each)
        hash_keys = min(shard.hash_keys[0], adjacent.hash_keys[0]), max(shard.hash_keys[1], adjacent.hash_keys[1])
        merged = self._add(hash_keys, (shard.id, adjacent.id), max(shard.created, adjacent.created))
        shard.children.append(merged)
        adjacent.children.append(merged)
        return merged

    def _add(self, hash_keys: tuple[int, int], parents: tuple[str, ...], after: int = 0) -> Shard:
        number = self._shards[-1].number + 1 if self._shards else 0
        created = max(int(self._clock()), after + 1)
        shard = Shard(number, hash_keys, parents, created, self._clock)
        self._shards.append(shard)
        self._open = sorted([*self._open, shard], key=lambda each: each.hash_keys)
        return shard

    def _close(self, shard: Shard) -> None:
        self._open.remove(shard)
        shard.closed = max(int(self._clock()), shard.created)
        if self.settings.mode == billing.PROVISIONED:
            self._bill([shard])

    def _bill(self, shards: list[Shard]) -> None:
        """Count the hours of what ends; those of what is there are counted when somebody asks: billing/standing.py."""
        now = self._clock()
        shard_hours = sum(max(0.0, now - shard.created) for shard in shards) / _HOUR_SECONDS
        price_id, quantity = billing.hours(self.settings.mode, (now - self.created) / _HOUR_SECONDS, shard_hours)
        METER.count(price_id, Resource("kinesis", self.name), quantity)

    def _open_shard(self, shard_id: str) -> Shard:
        shard = self.shard(shard_id)
        if shard.closed is not None:
            raise invalid_argument(
                f"Shard {shard_id} in stream {self.name} under account {ACCOUNT_ID} has already been merged or split, "
                "and thus is not eligible for merging or splitting."
            )
        return shard

    def _shard_for(self, hash_key: int) -> Shard:
        return next(shard for shard in self._open if hash_key <= shard.hash_keys[1])


def _uniform(count: int) -> list[tuple[int, int]]:
    """Ranges of hash keys that share them evenly."""
    starts = [HASH_KEYS * index // count for index in range(count)]
    return list(zip(starts, [start - 1 for start in [*starts[1:], HASH_KEYS]], strict=True))


def _hash_key(partition_key: str) -> int:
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest(), "big")
