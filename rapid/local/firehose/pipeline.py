"""A delivery stream at work: what becomes of a record between its arrival and S3.

arrival -> source-record backup (S3)
        -> transform (Lambda) -> conversion -> destination (S3)
        -> error prefix, where a step fails
https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from rapid.local.clients import Clients
from rapid.local.cloudwatch.metrics import ResourceMetrics

from .definition import BufferingHints, S3Target, StreamDefinition, Transform
from .delivery import RETENTION_SECONDS, Attempt, Delivery, DeliveryQueue, Outcome, S3Object
from .error_log import ErrorLog
from .failures import processing_failure
from .framing import ArrivalBuffer, FramedSpool, Record, Spool
from .objects import concatenated, converted, errors
from .prefix import ErrorOutputType
from .transform import Fate, Transformed, Transformer, Verdict

MAX_ARRIVAL_BYTES = 128 * 1024 * 1024
MAX_WAITING_BYTES = 1024 * 1024 * 1024
"""Past these a stream takes no more records: the first wait for the transform, the second for S3."""


class Pipeline:
    """The buffers of one delivery stream and the work on them.

    `accept` and `take` may be called at any time; `run_due` and `flush` do one thing at a time. `clock` gives epoch
    seconds.
    """

    def __init__(
        self,
        stream: StreamDefinition,
        clients: Clients,
        transformer: Transformer,
        metrics: ResourceMetrics,
        clock: Callable[[], float],
    ) -> None:
        self._stream = stream
        self._clients = clients
        self._transformer = transformer
        self._metrics = metrics
        self._clock = clock
        self._log = ErrorLog(clients, clock)
        self._buffers_lock = threading.Lock()
        self._work_lock = threading.Lock()
        self._arrivals = ArrivalBuffer()
        self._destination = _destination_spool(stream)
        self._backup = Spool()
        self._failures = Spool()
        self.retention_seconds = float(RETENTION_SECONDS)
        """For how long after its arrival a record is kept."""
        common = (clock, lambda: self.retention_seconds, self._written, self._delivery_failed)
        self._to_destination = DeliveryQueue(clients, metrics, "DeliveryToS3", *common, self._lost)
        self._to_backup = DeliveryQueue(clients, metrics, "BackupToS3", *common, lambda records: None)
        self._accepted_records = 0
        self._delivered_records = 0
        self._failed_records = 0
        self._dropped_records = 0

    @property
    def stream(self) -> StreamDefinition:
        """The definition in force."""
        return self._stream

    def redefine(self, stream: StreamDefinition) -> None:
        """Goes on with another definition; what is buffered leaves under the old one."""
        with self._work_lock:
            self._transform_arrivals()
            with self._buffers_lock:
                old, self._stream = self._stream, stream
                failures, destination, backup = self._failures, self._destination, self._backup
                self._failures, self._destination, self._backup = Spool(), _destination_spool(stream), Spool()
                if not stream.transform:
                    # What has come in since the arrivals were transformed would wait for ever.
                    for record in self._arrivals.drained():
                        self._destination.append(record)
            self._queue_failures(old, failures)
            self._queue_destination(old, destination)
            self._queue_backup(old, backup)

    def accept(self, data: Sequence[bytes]) -> int:
        """Takes records in that arrive now; answers as `take`."""
        now_ms = int(self._clock() * 1000)
        return self.take([Record(now_ms, now_ms, datum, len(datum)) for datum in data])

    def take(self, records: Sequence[Record]) -> int:
        """Takes records in; answers how many, from the first: fewer than all when the buffers are full."""
        waiting_bytes = self._to_destination.data_bytes + self._to_backup.data_bytes
        with self._buffers_lock:
            for index, record in enumerate(records):
                if self._arrivals.data_bytes > MAX_ARRIVAL_BYTES or waiting_bytes > MAX_WAITING_BYTES:
                    return index
                self._take(record)
                waiting_bytes += len(record.data)
        return len(records)

    def counts(self) -> dict[str, int]:
        """Source records so far, by fate; `buffered_records` are those still on their way."""
        with self._buffers_lock:
            settled = self._delivered_records + self._failed_records + self._dropped_records
            return {
                "accepted_records": self._accepted_records,
                "delivered_records": self._delivered_records,
                "buffered_records": self._accepted_records - settled,
                "failed_records": self._failed_records,
                "dropped_records": self._dropped_records,
            }

    def seconds_until_due(self) -> float | None:
        """How long until `run_due` has something to do: 0 for now, None for nothing in sight."""
        with self._buffers_lock:
            stream = self._stream
            due = [self._to_destination.next_attempt_at, self._to_backup.next_attempt_at]
            if stream.transform:
                due.append(_due_at(self._arrivals, stream.transform.buffering))
            due.append(_due_at(self._destination, stream.destination.buffering))
            due.append(_due_at(self._failures, stream.destination.buffering))
            if stream.backup:
                due.append(_due_at(self._backup, stream.backup.buffering))
        times = [at for at in due if at is not None]
        return max(0.0, min(times) - self._clock()) if times else None

    def run_due(self) -> None:
        """Does what is due by size or by age."""
        with self._work_lock:
            transform = self._stream.transform
            while transform and self._is_due(self._arrivals, transform.buffering):
                self._transform_batch(transform)
            self._close_buffers(Attempt.WHEN_DUE)
            self._attempt(Attempt.WHEN_DUE)

    def flush(self) -> int:
        """Delivers everything that was accepted before the call; answers how many source records reached S3 meanwhile.

        What S3 refuses stays buffered.
        """
        before = self._delivered_records
        with self._work_lock:
            self._transform_arrivals()
            self._close_buffers(Attempt.NOW)
            self._attempt(Attempt.NOW)
        return self._delivered_records - before

    def log_source_error(self, code: str, message: str) -> None:
        """Tells that the data stream could not be read."""
        self._log.write(self._stream, self._stream.destination, code, message)

    def close(self) -> None:
        """Gives up what is buffered, and its memory and disk."""
        with self._work_lock, self._buffers_lock:
            for spool in (self._destination, self._backup, self._failures):
                spool.close()
            self._arrivals.close()
            self._to_destination.close()
            self._to_backup.close()

    def _take(self, record: Record) -> None:
        self._accepted_records += 1
        if self._stream.backup:
            self._backup.append(record)
        if self._stream.transform:
            self._arrivals.append(record, self._stream.transform.buffering.size_bytes)
        else:
            self._destination.append(record)

    def _transform_arrivals(self) -> None:
        transform = self._stream.transform
        remaining = self._arrivals.record_count
        while transform and remaining > 0:
            remaining -= self._transform_batch(transform)

    def _transform_batch(self, transform: Transform) -> int:
        with self._buffers_lock:
            batch, first_position = self._arrivals.first_batch(), self._arrivals.first_position
        transformed = self._transformer.transform(batch, first_position, self._stream, transform)
        self._log_failure(transformed, transform)
        ended_ms = int(self._clock() * 1000)
        with self._buffers_lock:
            for record, verdict in zip(batch, transformed.verdicts, strict=True):
                self._route(record, verdict, transformed.attempts, ended_ms, transform)
            self._arrivals.remove_first_batch()
        return len(batch)

    def _route(self, record: Record, verdict: Verdict, attempts: int, ended_ms: int, transform: Transform) -> None:
        if verdict.fate is Fate.OK:
            self._destination.append(replace(record, data=verdict.data))
        elif verdict.fate is Fate.DROPPED:
            self._dropped_records += 1
        else:
            line = processing_failure(
                record, verdict.error_code, verdict.error_message, attempts, ended_ms, transform.function_arn
            )
            self._failures.append(replace(record, data=line))

    def _log_failure(self, transformed: Transformed, transform: Transform) -> None:
        # One entry for each kind of error, since AWS samples them too.
        kinds = {(v.error_code, v.error_message) for v in transformed.verdicts if v.fate is Fate.FAILED}
        for code, message in sorted(kinds):
            self._log.write(self._stream, self._stream.destination, code, message, transform.function_arn)

    def _is_due(self, buffer: ArrivalBuffer | Spool, hints: BufferingHints) -> bool:
        with self._buffers_lock:
            at = _due_at(buffer, hints)
        return at is not None and at <= self._clock()

    def _close_buffers(self, attempt: Attempt) -> None:
        """Queues the buffers for delivery, those that are due or all of them."""
        stream = self._stream
        if self._closes(self._failures, stream.destination, attempt):
            with self._buffers_lock:
                failures, self._failures = self._failures, Spool()
            self._queue_failures(stream, failures)
        if self._closes(self._destination, stream.destination, attempt):
            with self._buffers_lock:
                destination, self._destination = self._destination, _destination_spool(stream)
            self._queue_destination(stream, destination)
        if stream.backup and self._closes(self._backup, stream.backup, attempt):
            with self._buffers_lock:
                backup, self._backup = self._backup, Spool()
            self._queue_backup(stream, backup)

    def _closes(self, buffer: Spool, target: S3Target, attempt: Attempt) -> bool:
        return attempt is Attempt.NOW or self._is_due(buffer, target.buffering)

    def _queue_failures(self, stream: StreamDefinition, spool: Spool) -> None:
        kind = ErrorOutputType.PROCESSING_FAILED
        self._queue(self._to_destination, stream.destination, spool, lambda: [errors(stream, spool, kind)])

    def _queue_destination(self, stream: StreamDefinition, spool: Spool) -> None:
        def prepare() -> list[S3Object]:
            if stream.schema and isinstance(spool, FramedSpool):
                now_ms = int(self._clock() * 1000)
                return converted(stream, stream.schema, spool, self._clients, self._metrics, now_ms)
            return concatenated(stream, stream.destination, spool, Outcome.DELIVERED)

        self._queue(self._to_destination, stream.destination, spool, prepare)

    def _queue_backup(self, stream: StreamDefinition, spool: Spool) -> None:
        target = stream.backup
        if target is None:
            spool.close()
        else:
            self._queue(self._to_backup, target, spool, lambda: concatenated(stream, target, spool, Outcome.BACKED_UP))

    def _queue(
        self, queue: DeliveryQueue, target: S3Target, spool: Spool, prepare: Callable[[], list[S3Object]]
    ) -> None:
        if spool.oldest_arrival_ms is None or spool.oldest_taken_ms is None:
            spool.close()
            return
        oldest = spool.oldest_arrival_ms, spool.oldest_taken_ms
        queue.add(Delivery(target, *oldest, spool.record_count, spool.data_bytes, prepare, spool.close))

    def _attempt(self, attempt: Attempt) -> None:
        self._to_backup.attempt(attempt)
        self._to_destination.attempt(attempt)

    def _written(self, obj: S3Object) -> None:
        with self._buffers_lock:
            if obj.outcome is Outcome.DELIVERED:
                self._delivered_records += obj.record_count
            elif obj.outcome is Outcome.FAILED:
                self._failed_records += obj.record_count

    def _lost(self, records: int) -> None:
        with self._buffers_lock:
            self._failed_records += records

    def _delivery_failed(self, target: S3Target, code: str, message: str) -> None:
        self._log.write(self._stream, target, code, message)


def _destination_spool(stream: StreamDefinition) -> Spool:
    return FramedSpool() if stream.schema else Spool()


def _due_at(buffer: ArrivalBuffer | Spool, hints: BufferingHints) -> float | None:
    """When a buffer is due, epoch seconds: long ago if it is full, None if it is empty."""
    oldest_taken_ms = buffer.oldest_taken_ms
    if oldest_taken_ms is None:
        return None
    if buffer.data_bytes >= hints.size_bytes:
        return 0.0
    return oldest_taken_ms / 1000 + hints.interval_seconds
