"""The way into a delivery stream: held to its throughput, buffered, and counted.

What a Direct PUT stream takes in a second: https://docs.aws.amazon.com/firehose/latest/dev/limits.html. AWS raises the
limits of a stream that it goes on throttling, in its own time; here they stay.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapid.local.billing.meter import METER
from rapid.local.cloudwatch.metrics import ResourceMetrics

from .errors import slow_down
from .worker import Worker


@dataclass(frozen=True)
class Quota:
    """The most that a stream takes in a second, by PutRecord and PutRecordBatch together."""

    records: int
    requests: int
    data_bytes: int


LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
LARGE_REGION_QUOTA = Quota(records=500_000, requests=2_000, data_bytes=5 * 1024 * 1024)
OTHER_REGION_QUOTA = Quota(records=100_000, requests=1_000, data_bytes=1024 * 1024)


def quota_of(region: str) -> Quota:
    """The quota of each stream of a region, before any increase."""
    return LARGE_REGION_QUOTA if region in LARGE_REGIONS else OTHER_REGION_QUOTA


class Throughput:
    """Token buckets, each of which holds what its quota allows in a second. `clock` gives seconds."""

    def __init__(self, quota: Quota, clock: Callable[[], float]) -> None:
        self.quota = quota
        self._clock = clock
        self._lock = threading.Lock()
        self._filled_at = clock()
        self._records = float(quota.records)
        self._requests = float(quota.requests)
        self._data_bytes = float(quota.data_bytes)

    def admit(self, data: Sequence[bytes]) -> int:
        """How many records of a request may pass, from the first. Raises ServiceError if the request may not."""
        with self._lock:
            self._fill()
            if self._requests < 1:
                raise slow_down()
            self._requests -= 1
            admitted = len(data)
            data_bytes = sum(map(len, data))
            while admitted > self._records or data_bytes > self._data_bytes:
                admitted -= 1
                data_bytes -= len(data[admitted])
            self._records -= admitted
            self._data_bytes -= data_bytes
        return admitted

    def _fill(self) -> None:
        now = self._clock()
        seconds = max(0.0, now - self._filled_at)
        self._filled_at = now
        self._records = min(self.quota.records, self._records + seconds * self.quota.records)
        self._requests = min(self.quota.requests, self._requests + seconds * self.quota.requests)
        self._data_bytes = min(self.quota.data_bytes, self._data_bytes + seconds * self.quota.data_bytes)


class Intake:
    """Takes the records of PutRecord and PutRecordBatch in. `clock` gives seconds."""

    def __init__(self, worker: Worker, quota: Quota, metrics: ResourceMetrics, clock: Callable[[], float]) -> None:
        self.worker = worker
        self._throughput = Throughput(quota, clock)
        self._metrics = metrics
        self._limits = {
            "BytesPerSecondLimit": quota.data_bytes,
            "RecordsPerSecondLimit": quota.records,
            "PutRequestsPerSecondLimit": quota.requests,
        }

    def put(self, operation: str, data: Sequence[bytes], began: float) -> int:
        """How many records were taken, from the first. Raises ServiceError if the request was one too many.

        `began` is when the operation did, by `time.perf_counter`.
        """
        accepted = 0
        try:
            accepted = self.worker.pipeline.accept(data[: self._throughput.admit(data)])
            self.worker.wake()
        finally:
            self._count(operation, data, accepted, began)
        return accepted

    def _count(self, operation: str, data: Sequence[bytes], accepted: int, began: float) -> None:
        data_bytes = sum(map(len, data[:accepted]))
        values: dict[str, float] = {
            **self._limits,
            f"{operation}.Requests": 1,
            f"{operation}.Bytes": data_bytes,
            f"{operation}.Latency": (time.perf_counter() - began) * 1000,
        }
        if operation == "PutRecordBatch":
            values["PutRecordBatch.Records"] = len(data)
        if accepted:
            stream = self.worker.pipeline.stream
            METER.count_records(stream.name, [len(record) for record in data[:accepted]], converted=bool(stream.schema))
            values |= {"IncomingPutRequests": 1, "IncomingRecords": accepted, "IncomingBytes": data_bytes}
        if accepted < len(data):
            values["ThrottledRecords"] = len(data) - accepted
        self._metrics.add(values)
