"""Delivery to S3: in order, retried with backoff for as long as Firehose keeps data.

https://docs.aws.amazon.com/firehose/latest/dev/retry.html (24 hours, or what a data stream as the source keeps);
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html (error records block what
comes after them until they are written).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, BinaryIO

from rapid.local.clients import Clients
from rapid.local.cloudwatch.metrics import ResourceMetrics

from .definition import Compression, S3Target
from .error_log import delivery_error

RETENTION_SECONDS = 24 * 60 * 60
FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 60.0


class Outcome(Enum):
    """What it means for its records that an object is written."""

    DELIVERED = auto()
    FAILED = auto()
    BACKED_UP = auto()


class Attempt(Enum):
    """Whether failed deliveries wait until their next attempt is due."""

    WHEN_DUE = auto()
    NOW = auto()


@dataclass
class S3Object:
    """An object to write: `record_count` source records, `source_bytes` long when they arrived, end in it."""

    target: S3Target
    key: str
    body: BinaryIO
    record_count: int
    source_bytes: int
    outcome: Outcome


@dataclass
class Delivery:
    """Buffered data on its way: `prepare` makes its objects, and is called again if it fails."""

    target: S3Target
    oldest_arrival_ms: int
    oldest_taken_ms: int
    record_count: int
    data_bytes: int
    prepare: Callable[[], list[S3Object]]
    release: Callable[[], None]
    objects: deque[S3Object] | None = None
    attempts: int = 0
    next_attempt_at: float = field(default=0.0)

    @property
    def waiting_records(self) -> int:
        """How many of its records are not written yet."""
        return self.record_count if self.objects is None else sum(obj.record_count for obj in self.objects)

    @property
    def can_expire(self) -> bool:
        """Error records never do: they block what comes after them."""
        return not self.objects or self.objects[0].outcome is not Outcome.FAILED


class DeliveryQueue:
    """Deliveries to one place, first in, first out. `clock` gives epoch seconds, `place` begins the metrics' names.

    `retention` gives the seconds for which records are kept after they arrived. `written` is told of each object,
    `failed` of each attempt that failed (target, code, message), `lost` of how many records were given up.
    """

    def __init__(
        self,
        clients: Clients,
        metrics: ResourceMetrics,
        place: str,
        clock: Callable[[], float],
        retention: Callable[[], float],
        written: Callable[[S3Object], None],
        failed: Callable[[S3Target, str, str], None],
        lost: Callable[[int], None],
    ) -> None:
        self._clients = clients
        self._metrics = metrics
        self._place = place
        self._clock = clock
        self._retention = retention
        self._written = written
        self._failed = failed
        self._lost = lost
        self._waiting: deque[Delivery] = deque()

    def add(self, delivery: Delivery) -> None:
        """Queues a delivery; `attempt` writes it."""
        self._waiting.append(delivery)

    @property
    def data_bytes(self) -> int:
        """Bytes of the records that wait."""
        return sum(delivery.data_bytes for delivery in tuple(self._waiting))

    @property
    def next_attempt_at(self) -> float | None:
        """When the next attempt is due, epoch seconds; None when nothing waits."""
        first = tuple(self._waiting)[:1]
        return first[0].next_attempt_at if first else None

    def attempt(self, attempt: Attempt) -> None:
        """Writes what waits, up to the first failure."""
        while self._waiting:
            delivery = self._waiting[0]
            if attempt is Attempt.WHEN_DUE and delivery.next_attempt_at > self._clock():
                return
            try:
                self._write(delivery)
            except Exception as error:  # Whatever it is, the data stays and is tried again.
                self._postpone(delivery, error)
                return
            self._leave(delivery)

    def close(self) -> None:
        """Gives up what waits."""
        while self._waiting:
            self._leave(self._waiting[0])

    def _write(self, delivery: Delivery) -> None:
        if delivery.objects is None:
            delivery.objects = deque(delivery.prepare())
        age_seconds = self._metrics.age(delivery.oldest_taken_ms / 1000)
        while delivery.objects:
            obj = delivery.objects[0]
            self._metrics.add({f"{self._place}.DataFreshness": age_seconds})
            try:
                self._put(obj)
            except Exception:
                self._metrics.add({f"{self._place}.Success": 0})
                raise
            self._count(obj)
            obj.body.close()
            delivery.objects.popleft()
            self._written(obj)

    def _put(self, obj: S3Object) -> None:
        obj.body.seek(0)
        options: dict[str, Any] = {"ContentType": "application/octet-stream"}
        if obj.target.compression is Compression.GZIP and obj.outcome is not Outcome.FAILED:
            options["ContentEncoding"] = "gzip"
        s3 = self._clients.client("s3", role_arn=obj.target.role_arn)
        s3.put_object(Bucket=obj.target.bucket, Key=obj.key, Body=obj.body, **options)

    def _count(self, obj: S3Object) -> None:
        values: dict[str, float] = {f"{self._place}.Success": 1}
        if obj.outcome is not Outcome.FAILED:
            values |= {f"{self._place}.Records": obj.record_count, f"{self._place}.Bytes": obj.source_bytes}
        self._metrics.add(values)

    def _postpone(self, delivery: Delivery, error: Exception) -> None:
        now = self._clock()
        code, message = delivery_error(error)
        self._failed(delivery.target, code, f"{message} ({type(error).__name__}: {error})")
        retention_seconds = self._retention()
        if delivery.can_expire and now - delivery.oldest_arrival_ms / 1000 > retention_seconds:
            records, hours = delivery.waiting_records, f"{retention_seconds / 3600:g} hours"
            self._failed(delivery.target, code, f"{records} records are lost: not delivered within {hours}.")
            self._lost(records)
            self._leave(delivery)
            return
        backoff = min(FIRST_BACKOFF_SECONDS * 2**delivery.attempts, MAX_BACKOFF_SECONDS)
        delivery.attempts = min(delivery.attempts + 1, 16)
        delivery.next_attempt_at = now + backoff

    def _leave(self, delivery: Delivery) -> None:
        self._waiting.popleft()
        for obj in delivery.objects or ():
            obj.body.close()
        delivery.release()
