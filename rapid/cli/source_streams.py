"""The streams of a stack's sources, by the stack's outputs: what takes events, and what delivers them to its lake.

While a stack moves to a streaming lake (docs/migration.md), a source has several: a delivery stream that events are put
onto, a data stream of Kinesis, and a delivery stream that reads that one for each lake.
"""

from collections.abc import Mapping
from typing import Any

from .errors import CommandError
from .failed_events.stream import DataStream, DeliveryStream, EventStream
from .target import Target


def taking(stack: Target, source: str) -> EventStream:
    """What takes lines of a source now: the stream that its doors put onto. Raises CommandError if there is none."""
    outputs = stack.masked_outputs
    data_streams, delivery_streams = outputs.get("data_streams") or {}, outputs.get("streams") or {}
    if source in data_streams:
        return DataStream(stack.client("kinesis"), data_streams[source])
    if source in delivery_streams:
        return DeliveryStream(stack.client("firehose"), delivery_streams[source])
    raise CommandError(f"the stack has no stream for {source!r}; deploy it again")


def of_guests(stack: Target, source: str) -> str:
    """Name of the delivery stream that guests put events of a source onto."""
    outputs = stack.masked_outputs
    return str({**outputs["streams"], **(outputs.get("guest_streams") or {})}[source])


def delivering(stack: Target, source: str) -> tuple[str, ...]:
    """Names of the delivery streams that bring events of a source into the lake of the stack's outputs."""
    outputs = stack.masked_outputs
    first = (outputs.get("streams") or {}).get(source)
    return tuple(name for name in (first, _second(outputs, source)) if name)


def is_mirrored(stack: Target, source: str) -> bool:
    """Whether what is put onto one of them goes onto the data stream, too, which the other one reads.

    Then it lies in the raw zone twice, as Firehose keeps there what it gets, also what the transform drops.
    """
    return len(delivering(stack, source)) > 1


def _second(outputs: Mapping[str, Any], source: str) -> str | None:
    """The lake's other delivery stream: the first lake's follower, or what takes guests' puts of the streaming one."""
    migration = _migration(outputs)
    streaming = (migration.get("streaming") or {}).get("streams") or {}
    is_streaming = bool(streaming) and (outputs.get("streams") or {}).get(source) == streaming.get(source)
    found = (migration.get("guest_streams" if is_streaming else "followers") or {}).get(source)
    return None if found is None else str(found)


def _migration(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = outputs.get("migration") or {}
    return found
