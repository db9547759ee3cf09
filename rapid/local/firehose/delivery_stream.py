"""One delivery stream: its way in, and what works behind it."""

from collections.abc import Sequence

from .definition import StreamDefinition
from .errors import not_permitted
from .intake import Intake
from .source import SourceReader
from .worker import Worker


class DeliveryStream:
    """A delivery stream at work. Records are put onto it by `way_in`, or read from a data stream."""

    def __init__(self, worker: Worker, way_in: Intake | SourceReader) -> None:
        self._worker = worker
        self._intake = way_in if isinstance(way_in, Intake) else None
        self._reader = way_in if isinstance(way_in, SourceReader) else None

    @property
    def name(self) -> str:
        """The stream's name."""
        return self._worker.pipeline.stream.name

    @property
    def is_encrypted(self) -> bool:
        """Whether it encrypts what it keeps."""
        return self._worker.pipeline.stream.encrypted

    @property
    def reads_a_data_stream(self) -> bool:
        """Whether records come from a data stream."""
        return self._reader is not None

    def put(self, operation: str, data: Sequence[bytes], began: float) -> int:
        """As `Intake.put`. Raises ServiceError, too, if records come from a data stream."""
        if self._intake is None:
            raise not_permitted()
        return self._intake.put(operation, data, began)

    def redefine(self, stream: StreamDefinition) -> None:
        """Goes on with another definition; what is read, and from where on, stays."""
        if self._worker.pipeline.stream != stream:
            self._worker.pipeline.redefine(stream)
            self._worker.wake()

    def flush(self) -> int:
        """Delivers what is buffered, and what lies unread in the data stream; answers as `Pipeline.flush`."""
        delivered = 0
        while self._reader and self._reader.read_all():
            written = self._worker.pipeline.flush()
            if not written:
                return delivered
            delivered += written
        return delivered + self._worker.pipeline.flush()

    def counts(self) -> dict[str, int]:
        """As `Pipeline.counts`; what lies unread in the data stream is on its way, too."""
        # In this order: what is taken meanwhile is counted twice rather than not at all.
        unread = self._reader.unread() if self._reader else 0
        counted = self._worker.pipeline.counts()
        return {**counted, "buffered_records": counted["buffered_records"] + unread}

    def stop(self) -> None:
        """Ends the work; what is buffered is gone."""
        if self._reader:
            self._reader.stop()
        self._worker.stop()
