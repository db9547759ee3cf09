"""The thread that reads a data stream into a delivery stream.

AWS reads each shard once a second. Here that is done when something was put since, and once a minute else, so that a
stream in which nothing happens costs nothing.
"""

import logging
import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from rapid.local.billing.meter import METER
from rapid.local.cloudwatch.metrics import ResourceMetrics

from ..delivery import FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS
from ..error_log import source_error
from ..framing import Record
from ..worker import STOP_TIMEOUT_SECONDS, Worker
from .data_streams import DataStreams
from .shards import Page, Shard, Shards

SECONDS_BETWEEN_READS = 1.0
IDLE_SECONDS = 60.0
FLUSH_SECONDS = 30.0
AGGREGATE = b"\xf3\x89\x9a\xc2"
"""What a record begins with in which the Kinesis Producer Library has put several."""
_THROTTLED = {"ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException"}
_THROTTLE_METRICS = {
    "DescribeStream": "ThrottledDescribeStream",
    "GetRecords": "ThrottledGetRecords",
    "GetShardIterator": "ThrottledGetShardIterator",
}
_LOGGER = logging.getLogger(__name__)


class SourceReader:
    """Reads `shards` for the pipeline of `worker` until stopped; `clock` gives epoch seconds.

    What cannot be read is tried again, with growing pauses, for as long as the reader runs: a record is read no later
    than the data stream gives it up.
    """

    def __init__(
        self,
        shards: Shards,
        worker: Worker,
        data_streams: DataStreams,
        metrics: ResourceMetrics,
        clock: Callable[[], float],
    ) -> None:
        self._shards = shards
        self._worker = worker
        self._pipeline = worker.pipeline
        self._data_streams = data_streams
        self._metrics = metrics
        self._clock = clock
        self._reading = threading.Lock()
        self._positions = threading.Lock()
        self._not_taken: list[Record] = []
        self._failures = 0
        self._described_at: float | None = None
        self._stopped = threading.Event()
        self._arrived = threading.Event()
        self._unwatch = data_streams.watch(shards.source.stream_arn, self._arrived.set)
        self._thread = threading.Thread(target=self._run, name=f"firehose-{self._name}-source", daemon=True)
        self._thread.start()

    def unread(self) -> int:
        """How many records the data stream holds that the delivery stream has not taken yet."""
        with self._positions:
            return len(self._not_taken) + self._data_streams.unread(self._shards.iterators())

    def read_all(self) -> bool:
        """Reads until nothing is unread; answers whether it ended before that because the buffers are full.

        Gives up at what cannot be read, and at what is throttled for long.
        """
        give_up_at = time.monotonic() + FLUSH_SECONDS
        while self._shards.has_unopened or self.unread():
            error = self.read()
            if error and (error not in _THROTTLED or time.monotonic() > give_up_at):
                return False
            if error:
                self._stopped.wait(SECONDS_BETWEEN_READS)
            if self._not_taken:
                return True
        return False

    def read(self) -> str:
        """Reads each shard once; answers the code of the error that ended it early, if one did."""
        with self._reading:
            try:
                self._read()
            except (BotoCoreError, ClientError) as error:
                self._failures += 1
                return self._tell(error)
            self._failures = 0
        return ""

    def stop(self) -> None:
        """Ends the thread after its present read."""
        self._stopped.set()
        self._arrived.set()
        self._unwatch()
        self._thread.join(STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        last_read_at = time.monotonic()
        while not self._stopped.is_set():
            self._arrived.wait(0 if self._is_behind else IDLE_SECONDS)
            self._stopped.wait(max(0.0, last_read_at + self._pause - time.monotonic()))
            if self._stopped.is_set():
                return
            self._arrived.clear()
            last_read_at = time.monotonic()
            try:
                self.read()
            except Exception:
                # A fault of ours must not end the reading: nothing was passed over.
                self._failures += 1
                _LOGGER.exception("Firehose %s: reading its data stream failed", self._name)

    @property
    def _name(self) -> str:
        return self._pipeline.stream.name

    @property
    def _is_behind(self) -> bool:
        return self._failures > 0 or self._shards.has_unopened or self.unread() > 0

    @property
    def _pause(self) -> float:
        if not self._failures:
            return SECONDS_BETWEEN_READS
        return min(FIRST_BACKOFF_SECONDS * 2.0 ** min(self._failures - 1, 16), MAX_BACKOFF_SECONDS)

    def _read(self) -> None:
        if self._described_at is None or time.monotonic() - self._described_at >= IDLE_SECONDS or self._failures:
            self._pipeline.retention_seconds = self._shards.describe()
            self._described_at = time.monotonic()
        if self._not_taken and not self._take([]):
            return
        for shard in self._shards.readable():
            page = self._shards.read(shard, int(self._clock() * 1000))
            self._count(page)
            self._look_for_aggregates(page)
            if not self._take(page.records, shard, page):
                return

    def _take(self, records: list[Record], shard: Shard | None = None, page: Page | None = None) -> bool:
        """Whether the pipeline took all; what it did not is offered again before anything else is read."""
        with self._positions:
            offered = [*self._not_taken, *records]
            taken = self._pipeline.take(offered)
            self._not_taken = offered[taken:]
            if shard and page:
                self._shards.advance(shard, page)
        if taken:
            stream = self._pipeline.stream
            METER.count_records(stream.name, [len(r.data) for r in offered[:taken]], converted=bool(stream.schema))
            self._worker.wake()
        return not self._not_taken

    def _look_for_aggregates(self, page: Page) -> None:
        """AWS takes them apart: https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html."""
        aggregates = sum(record.data.startswith(AGGREGATE) for record in page.records)
        if aggregates:
            message = "records of the Kinesis Producer Library are taken as they are: the local cloud does not"
            self._pipeline.log_source_error("NotImplemented", f"{aggregates} {message} support its aggregation.")

    def _count(self, page: Page) -> None:
        self._metrics.add(
            {
                "DataReadFromKinesisStream.Records": len(page.records),
                "DataReadFromKinesisStream.Bytes": sum(len(record.data) for record in page.records),
                "KinesisMillisBehindLatest": page.millis_behind_latest,
            }
        )

    def _tell(self, error: Exception) -> str:
        answered = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        operation = error.operation_name if isinstance(error, ClientError) else ""
        if answered in _THROTTLED and operation in _THROTTLE_METRICS:
            self._metrics.add({_THROTTLE_METRICS[operation]: 1})
        if answered == "ResourceNotFoundException":
            self._shards.look_again()
        code, message = source_error(error)
        self._pipeline.log_source_error(code, f"{message} ({type(error).__name__}: {error})")
        return answered or type(error).__name__
