"""The way into a delivery stream: held to its throughput, buffered, and counted."""

import time
from collections.abc import Callable, Sequence

from rapid.local.cloudwatch.metrics import ResourceMetrics

from .throughput import Quota, Throughput
from .worker import Worker


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
            values |= {"IncomingPutRequests": 1, "IncomingRecords": accepted, "IncomingBytes": data_bytes}
        if accepted < len(data):
            values["ThrottledRecords"] = len(data) - accepted
        self._metrics.add(values)
