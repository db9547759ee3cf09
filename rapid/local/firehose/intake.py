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
from rapid.local.quotas import LARGE_REGIONS, Tank

from .errors import slow_down
from .worker import Worker


@dataclass(frozen=True)
class Quota:
    """The most that a stream takes in a second, by PutRecord and PutRecordBatch together."""

    records: int
    requests: int
    data_bytes: int


LARGE_REGION_QUOTA = Quota(records=500_000, requests=2_000, data_bytes=5 * 1024 * 1024)
OTHER_REGION_QUOTA = Quota(records=100_000, requests=1_000, data_bytes=1024 * 1024)


def quota_of(region: str) -> Quota:
    """The quota of each stream of a region, before any increase."""
    return LARGE_REGION_QUOTA if region in LARGE_REGIONS else OTHER_REGION_QUOTA


class Throughput:
    """Holds callers to a quota; what is allowed at once is what is in a second. `clock` gives seconds."""

    def __init__(self, quota: Quota, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._records = Tank(quota.records, clock)
        self._requests = Tank(quota.requests, clock)
        self._data_bytes = Tank(quota.data_bytes, clock)

    def admit(self, data: Sequence[bytes]) -> int:
        """How many records of a request may pass, from the first. Raises ServiceError if the request may not."""
        with self._lock:
            if self._requests.level < 1:
                raise slow_down()
            self._requests.take(1)
            records, room = self._records.level, self._data_bytes.level
            admitted, data_bytes = len(data), sum(map(len, data))
            while admitted > records or data_bytes > room:
                admitted -= 1
                data_bytes -= len(data[admitted])
            self._records.take(admitted)
            self._data_bytes.take(data_bytes)
        return admitted


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
