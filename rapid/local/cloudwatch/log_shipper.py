"""Log lines to CloudWatch Logs, in batches, so that no invocation waits for them."""

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..billing.meter import METER
from ..clients import Clients
from ..moto import services as moto_services
from . import embedded_metrics, metric_filters

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 0.5
NEWEST_EVENTS = 1_000
"""How many events of a log stream the local cloud keeps; AWS keeps all for the retention time of the group."""
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_MAX_BATCH_EVENTS = 10_000
_MAX_BATCH_BYTES = 1_048_576
_EVENT_OVERHEAD_BYTES = 26


@dataclass(frozen=True)
class LogStream:
    """A log stream and the role that may write to it."""

    group: str
    name: str
    role_arn: str


class LogShipper:
    """Takes lines at once, ships them every half second; the newest lines of each stream are kept."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._pending: dict[LogStream, list[tuple[int, str]]] = defaultdict(list)
        self._known: set[LogStream] = set()
        self._untrimmed: dict[LogStream, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._shipping = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-shipper", daemon=True)
        self._thread.start()

    def add(self, stream: LogStream, lines: list[str]) -> None:
        """Queue lines, all of this moment."""
        now = int(time.time() * 1000)
        with self._lock:
            self._pending[stream] += [(now, line) for line in lines]

    def ship(self) -> None:
        """Ship what is queued and wait for it."""
        with self._shipping:
            with self._lock:
                pending, self._pending = self._pending, defaultdict(list)
            for stream, lines in pending.items():
                try:
                    self._ship(stream, lines)
                except (ClientError, BotoCoreError) as error:
                    # As on AWS: what may not write logs still runs.
                    _log.warning("%d log lines of %s were not stored: %s", len(lines), stream.group, error)

    def stop(self) -> None:
        """Ship no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL_SECONDS):
            try:
                self.ship()
            except Exception:
                _log.exception("Shipping logs failed")

    def _ship(self, stream: LogStream, lines: list[tuple[int, str]]) -> None:
        logs = self._clients.client("logs", stream.role_arn)
        if stream not in self._known:
            _create(logs, stream)
            self._known.add(stream)
        for batch in _batches(lines):
            events = [{"timestamp": moment, "message": line} for moment, line in batch]
            logs.put_log_events(logGroupName=stream.group, logStreamName=stream.name, logEvents=events)
            METER.count_lines(stream.group, [line for _, line in batch])
        embedded = [datum for _, line in lines for datum in embedded_metrics.read(line)]
        for datum in (*embedded, *metric_filters.read(self._clients.region, stream.group, lines)):
            METER.count_metric(str((datum.namespace, datum.data["MetricName"], datum.data["Dimensions"])), stream.group)
            # CloudWatch itself counts, so that the role needs no permission.
            self._clients.client("cloudwatch").put_metric_data(Namespace=datum.namespace, MetricData=[datum.data])
        self._untrimmed[stream] += len(lines)
        if self._untrimmed[stream] >= NEWEST_EVENTS:
            moto_services.trim_log_stream(self._clients.region, stream.group, stream.name, NEWEST_EVENTS)
            self._untrimmed[stream] = 0


def _create(logs: Any, stream: LogStream) -> None:
    """Make the stream and, where there is none, its group."""
    names = {"logGroupName": stream.group, "logStreamName": stream.name}
    try:
        try:
            logs.create_log_stream(**names)
        except logs.exceptions.ResourceNotFoundException:
            logs.create_log_group(logGroupName=stream.group)
            logs.create_log_stream(**names)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass


def _batches(lines: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The lines in batches that PutLogEvents takes; a line that is longer than a batch is cut."""
    batches: list[list[tuple[int, str]]] = []
    room = 0
    for moment, line in lines:
        if not line:
            continue
        encoded = line.encode()
        if len(encoded) + _EVENT_OVERHEAD_BYTES > _MAX_BATCH_BYTES:
            encoded = encoded[: _MAX_BATCH_BYTES - _EVENT_OVERHEAD_BYTES]
            line = encoded.decode(errors="ignore")
        size = len(encoded) + _EVENT_OVERHEAD_BYTES
        if size > room or len(batches[-1]) == _MAX_BATCH_EVENTS:
            batches.append([])
            room = _MAX_BATCH_BYTES
        batches[-1].append((moment, line))
        room -= size
    return batches
