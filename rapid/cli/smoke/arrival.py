"""Waiting for events: the object that holds each in the processed zone, then the row that a view returns."""

import datetime
import io
import time
from collections.abc import Callable, Iterator

import pyarrow.parquet as pq

from .. import athena, s3_objects, source_streams
from ..errors import CommandError
from ..target import LocalStack, Target
from .sending import Sent

_CLOCKS_APART = datetime.timedelta(minutes=5)
"""So far may this machine's clock be ahead of S3's."""
_BEYOND_BUFFERS_SECONDS = 300
"""The transform's own buffer is a minute; the rest is for its work and for what is tried again."""
_FIRST_POLL_SECONDS = 0.2
_MAX_POLL_SECONDS = 5.0


class Arrivals:
    """Looks for events in the processed zone of a stack. Objects are read once each."""

    def __init__(self, stack: Target, sent: list[Sent]) -> None:
        self._stack, self._s3 = stack, stack.client("s3")
        self._bucket = stack.masked_outputs["processed_bucket"]
        self.waiting = list(sent)
        """Events whose object was not found yet."""
        self._read: set[str] = set()

    def found(self, timeout_seconds: float) -> Iterator[tuple[Sent, str]]:
        """Each event with its object's address, as they arrive, until all are there or the time is up."""
        deadline, delay_seconds = time.monotonic() + timeout_seconds, _FIRST_POLL_SECONDS
        if isinstance(self._stack, LocalStack):
            # A local stream holds events back as long as AWS's does; nobody wants to wait for it.
            self._stack.flush()
        while True:
            for key, ids in self._new_objects():
                for one in [it for it in self.waiting if it.event_id in ids.get(it.contract.source, ())]:
                    self.waiting.remove(one)
                    yield one, f"s3://{self._bucket}/{key}"
            if not self.waiting or time.monotonic() + delay_seconds > deadline:
                return
            time.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 1.5, _MAX_POLL_SECONDS)

    def _new_objects(self) -> Iterator[tuple[str, dict[str, set[str]]]]:
        """Keys of objects that were not looked into yet, and the primary keys in them by source."""
        now = datetime.datetime.now(datetime.UTC)
        for source, accepted_at in {one.contract.source: one.accepted_at for one in self.waiting}.items():
            [key, *_] = [one.contract.primary_key.column for one in self.waiting if one.contract.source == source]
            new = [
                item
                for hour in _hours(accepted_at - _CLOCKS_APART, now)
                for item in s3_objects.listing(self._s3, self._bucket, f"{source}/{hour:%Y/%m/%d/%H}/")
                if item.modified >= accepted_at - _CLOCKS_APART and item.key not in self._read
            ]
            for item, body in s3_objects.contents(self._s3, self._bucket, new):
                self._read.add(item.key)
                yield item.key, {source: set(pq.read_table(io.BytesIO(body), columns=[key])[key].to_pylist())}


def longest_wait_seconds(stack: Target, sent: list[Sent]) -> int:
    """How long delivery may take by the buffers of the streams. Raises botocore's errors."""
    firehose = stack.client("firehose")
    sources = {one.contract.source for one in sent if one.contract.streamed}
    names = {name for source in sources for name in source_streams.delivering(stack, source)}
    buffers = [0]
    for name in sorted(names):
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        [destination] = described["Destinations"]
        hints = destination["ExtendedS3DestinationDescription"]["BufferingHints"]
        buffers.append(int(hints["IntervalInSeconds"]))
    return max(buffers) + _BEYOND_BUFFERS_SECONDS


def _rows_in(stack: Target, sent: list[Sent], view: str) -> int:
    """How many rows a view has of some events of one source. Raises CommandError with Athena's own message."""
    contract = sent[0].contract
    ids = ", ".join(f"'{one.event_id}'" for one in sent)
    # Of a partitioned table only these days are read.
    since = min(one.accepted_at for one in sent) - datetime.timedelta(days=1)
    sql = f"""\
SELECT count(*) FROM {view}
WHERE "{contract.primary_key.column}" IN ({ids})
  AND "{contract.event_time.column}" >= TIMESTAMP '{since:%Y-%m-%d %H:%M:%S}'"""
    [(count,)] = athena.run(stack, sql).rows
    return int(count or 0)


def require_once(stack: Target, sent: list[Sent], view: str, deadline: float, tell: Callable[[str], None]) -> str:
    """What to say where a view has each event once. Raises CommandError where it has not.

    A run of the curate job that makes the view answer is waited for until a moment of `time.monotonic`.
    """
    while True:
        try:
            count = _rows_in(stack, sent, view)
            break
        except athena.NotCuratedError:
            left_seconds = deadline - time.monotonic()
            if left_seconds < _MAX_POLL_SECONDS:
                raise
            tell(
                f"{view} waits for a run of the curate job, as a deployment calls for one: at most {left_seconds:.0f} s"
            )
            time.sleep(_MAX_POLL_SECONDS)
    if count != len(sent):
        raise CommandError(f"{len(sent)} sent, {count} rows in {view}")
    return f"{len(sent)} sent, {count} in {view}"


def _hours(start: datetime.datetime, end: datetime.datetime) -> Iterator[datetime.datetime]:
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour <= end:
        yield hour
        hour += datetime.timedelta(hours=1)
