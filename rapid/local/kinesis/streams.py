"""The data streams of the account, by name."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError
from .errors import invalid_argument, no_stream
from .stream import Stream

Document = dict[str, Any]


class Streams:
    """Finds, adds and deletes streams. Safe for several threads."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._watchers: dict[str, list[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    def find(self, asked: Mapping[str, Any]) -> Stream:
        """The stream that a request names, by name, by ARN or by both. Raises ServiceError."""
        name, arn = asked.get("StreamName"), asked.get("StreamARN") or asked.get("ResourceARN")
        if not name and not arn:
            raise invalid_argument("Either StreamARN or StreamName must be specified.")
        stream = self.by_name(str(name or arn).rpartition("/")[2])
        if arn and stream.arn != arn:
            raise no_stream(str(arn))
        return stream

    def by_name(self, name: str) -> Stream:
        """The stream of a name. Raises ServiceError."""
        stream = self._streams.get(name)
        if stream is None:
            raise no_stream(name)
        return stream

    def add(self, stream: Stream) -> None:
        """Take in a new stream. Raises ServiceError if there is one of its name."""
        with self._lock:
            if stream.name in self._streams:
                message = f"Stream {stream.name} under account {ACCOUNT_ID} already exists."
                raise ServiceError("ResourceInUseException", message)
            self._streams[stream.name] = stream

    def delete(self, stream: Stream) -> None:
        """Forget a stream and its records."""
        with self._lock:
            self._streams.pop(stream.name, None)
        stream.delete()
        self.tell(stream)

    def watch(self, stream_arn: str, arrived: Callable[[], None]) -> Callable[[], None]:
        """Have `arrived` called after each put onto a stream, be it there yet or not, and when it is deleted.

        Answers what ends that.
        """
        with self._lock:
            # Never changed in place: a put goes through it without the lock.
            self._watchers[stream_arn] = [*self._watchers.get(stream_arn, ()), arrived]

        def end() -> None:
            with self._lock:
                self._watchers[stream_arn] = [each for each in self._watchers[stream_arn] if each is not arrived]

        return end

    def tell(self, stream: Stream) -> None:
        """Call who watches a stream."""
        for arrived in self._watchers.get(stream.arn, ()):
            arrived()

    def all(self) -> list[Stream]:
        """The streams, by name."""
        return sorted(self._streams.values(), key=lambda stream: stream.name)
