"""Which events have reached the end of their way after all: the processed table, or the contract's filter."""

import datetime
from collections.abc import Iterable, Iterator

from contracts import Contract

from .. import athena
from ..counts import side_places
from ..counts.lines import is_text
from ..target import Target
from .failed_event import FailedEvent

_CHUNK_EVENTS = 3000
_CHUNK_BYTES = 16 * 1024 * 1024
"""Of events in memory at once."""
_CHUNK_ID_BYTES = 200_000
"""Keeps a statement under Athena's 262,144 bytes (https://docs.aws.amazon.com/athena/latest/ug/service-limits.html)."""


def looked_up(
    stack: Target, contract: Contract, failed: Iterable[FailedEvent]
) -> Iterator[tuple[list[FailedEvent], frozenset[str]]]:
    """The events in chunks, each with the ids that are open no longer. Raises CommandError."""
    for chunk in _chunks(failed):
        yield chunk, _delivered(stack, contract, chunk)


def _delivered(stack: Target, contract: Contract, chunk: list[FailedEvent]) -> frozenset[str]:
    ids = sorted({event.envelope_id for event in chunk if is_text(event.envelope_id)} - {""})
    if not ids:
        return frozenset()
    # A day earlier, for buffers and clocks: what was delivered at last lies under a later hour.
    since = min(event.since for event in chunk) - datetime.timedelta(days=1)
    listed = ", ".join("'" + event.replace("'", "''") + "'" for event in ids)
    sql = (
        f"SELECT DISTINCT ingest_id FROM {contract.table} "
        f"WHERE datehour >= '{since:%Y/%m/%d}/00' AND ingest_id IN ({listed})"
    )
    found = frozenset(str(event) for (event,) in athena.run(stack, sql).rows)
    return found | _filtered(stack, contract, since) & set(ids)


def _filtered(stack: Target, contract: Contract, since: datetime.date) -> frozenset[str]:
    """The ids that the transform has noted since a day as kept out by the contract's filter (functions/transform)."""
    bucket = stack.masked_outputs["quarantine_bucket"]
    return side_places.filtered(stack.client("s3"), bucket, contract.source, since).ids


def _chunks(failed: Iterable[FailedEvent]) -> Iterator[list[FailedEvent]]:
    chunk: list[FailedEvent] = []
    size = id_bytes = 0
    for event in failed:
        full = len(chunk) >= _CHUNK_EVENTS or size > _CHUNK_BYTES
        if chunk and (full or id_bytes + 4 * len(event.envelope_id) > _CHUNK_ID_BYTES):
            yield chunk
            chunk, size, id_bytes = [], 0, 0
        chunk.append(event)
        size += event.size_bytes
        id_bytes += 4 * len(event.envelope_id) + 4
    if chunk:
        yield chunk
