"""What the raw, processed and curated tables hold, asked of Athena."""

import datetime
from collections.abc import Iterable, Iterator, Mapping

from contracts import Contract
from contracts.limits import MAX_ID_CHARACTERS

from .. import athena, source_streams
from ..target import Target
from .fates import Zones
from .lines import is_text

_IDS_A_QUERY = 1000
"""Keeps a statement well under Athena's 262,144 bytes (https://docs.aws.amazon.com/athena/latest/ug/service-limits.html)."""

_RAW = "SELECT id, min(receivedat) AS received_at FROM {table} WHERE {since} AND id <> '' GROUP BY id"
_NO_RAW = "SELECT ingest_id AS id, '' AS received_at FROM {table} WHERE false"
"""A source that takes no events by HTTP has no raw table."""
_CURATED = """\
  curated AS (
    SELECT ingest_id AS id, count(*) AS copies, count(DISTINCT "{key}") AS events FROM {curated} GROUP BY ingest_id
  ),
  keys AS (SELECT "{key}" AS event_key FROM {curated} GROUP BY "{key}"),"""
_NOTHING_CURATED = """\
  curated AS (SELECT id, 0 AS copies, 0 AS events FROM raw WHERE false),
  keys AS (SELECT id AS event_key FROM raw WHERE false),"""

_PLACES = """\
WITH
  raw AS ({raw}),
  processed AS (SELECT ingest_id AS id, min("{key}") AS event_key FROM {processed} GROUP BY ingest_id),
{curated_parts}
  seen AS (
    SELECT
      coalesce(raw.id, processed.id, curated.id) AS id,
      raw.received_at,
      raw.id IS NOT NULL AS in_raw,
      curated.copies,
      curated.events,
      CASE
        WHEN curated.id IS NOT NULL THEN 'curated'
        WHEN keys.event_key IS NOT NULL THEN 'duplicate'
        WHEN processed.id IS NOT NULL THEN 'processed'
        ELSE 'raw'
      END AS place
    FROM raw
    FULL JOIN processed ON processed.id = raw.id
    FULL JOIN curated ON curated.id = coalesce(raw.id, processed.id)
    LEFT JOIN keys ON keys.event_key = processed.event_key
  )
SELECT
  place,
  in_raw,
  CASE WHEN place IN ('processed', 'raw') THEN id END,
  CASE WHEN place = 'raw' THEN received_at END,
  count(*),
  sum(copies),
  sum(events)
FROM seen
GROUP BY 1, 2, 3, 4"""

_LINES_WITHOUT_ID = "SELECT datehour, count(*) FROM {raw} WHERE {since} AND (id IS NULL OR id = '') GROUP BY datehour"

_SINCE = """\
datehour >=
  date_format(CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '{days}' DAY, '%Y/%m/%d/%H')"""
"""What an event that is older became of cannot be told: its processed object has expired by contract."""


def read(stack: Target, contract: Contract, *, curated: bool) -> Zones:
    """What the tables hold; `curated` says whether there is a curated table yet. Raises CommandError."""
    parts = (_CURATED if curated else _NOTHING_CURATED).format(
        curated=contract.curated_table, key=contract.primary_key.column
    )
    since = _SINCE.format(days=contract.processed_retention_days)
    raw_events = (
        _RAW.format(table=contract.raw_table, since=since)
        if contract.streamed
        else _NO_RAW.format(table=contract.table)
    )
    sql = _PLACES.format(raw=raw_events, processed=contract.table, key=contract.primary_key.column, curated_parts=parts)
    counts = {"curated": 0, "duplicate": 0}
    processed, raw, not_in_raw, rows = set(), {}, 0, 0
    for place, in_raw, event, received_at, events, copies, curated_events in athena.run(stack, sql).rows:
        rows += int(copies or 0)
        not_in_raw += int(events or 0) if in_raw == "false" else 0
        if place in counts:
            # Whoever bypasses the API may give one id to several events, each with a primary key of its own.
            counts[place] += int((curated_events if place == "curated" else events) or 0)
        elif place == "processed":
            processed.add(str(event))
        else:
            raw[str(event)] = epoch_seconds(received_at)
    hours: list[tuple[str | None, ...]] = []
    if contract.streamed:
        hours = athena.run(stack, _LINES_WITHOUT_ID.format(raw=contract.raw_table, since=since)).rows
    lines = {str(hour): int(count or 0) for hour, count in hours}
    return Zones(
        curated=counts["curated"],
        curated_rows=rows,
        duplicate=counts["duplicate"],
        processed=frozenset(processed),
        raw=raw,
        not_in_raw=not_in_raw if contract.streamed else 0,
        raw_lines_without_id=_once(lines) if source_streams.is_mirrored(stack, contract.source) else lines,
    )


def _once(lines: Mapping[str, int]) -> dict[str, int]:
    """Of lines by hour that all lie there twice, as they came and as they came back, the first half."""
    left, found = (sum(lines.values()) + 1) // 2, {}
    for hour in sorted(lines):
        found[hour] = min(lines[hour], left)
        left -= found[hour]
    return found


def holding(stack: Target, contract: Contract, ids: Iterable[str]) -> frozenset[str]:
    """Those of some ids that the raw or the processed table holds. Raises CommandError."""
    held = set()
    since = _SINCE.format(days=contract.processed_retention_days)
    tables = [(contract.raw_table, "id", since)] if contract.streamed else []
    # No longer id is in a table, and none that is no text: functions/shared/envelope.py.
    for chunk in _chunks(sorted(event for event in ids if len(event) <= MAX_ID_CHARACTERS and is_text(event))):
        listed = ", ".join("'" + event.replace("'", "''") + "'" for event in chunk)
        for table, column, within in (*tables, (contract.table, "ingest_id", "true")):
            sql = f"SELECT DISTINCT {column} FROM {table} WHERE {within} AND {column} IN ({listed})"
            rows = athena.run(stack, sql).rows
            held |= {str(event) for (event,) in rows}
    return frozenset(held)


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    yield from (ids[start : start + _IDS_A_QUERY] for start in range(0, len(ids), _IDS_A_QUERY))


def epoch_seconds(received_at: str | None) -> float:
    """`receivedAt` as the API writes it, ISO 8601 or epoch milliseconds; 0 for what it did not write."""
    text = received_at or ""
    try:
        return int(text) / 1000 if text.isdigit() else datetime.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
