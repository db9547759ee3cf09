"""The saved queries over all sources, derived from their contracts: is every source fresh, whole and unrepeated?

Each reads of a table only what it must: the hours of arrival, or the days of events, that it answers for.
"""

from collections.abc import Sequence

from .model import Contract
from .saved_queries import SavedQuery

_NOW = "CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)"
_NEXT = "\n    UNION ALL\n"


def of(contracts: Sequence[Contract]) -> tuple[SavedQuery, ...]:
    """The queries that all sources share, by name; none where there is no source."""
    if not contracts:
        return ()
    found = [_freshness(contracts), _repeats_by_day(contracts), _rows_by_day(contracts)]
    optional = [contract for contract in contracts if _optional(contract)]
    if optional:
        found.append(_empty_fields(optional))
    return tuple(sorted(found, key=lambda query: query.name))


def _freshness(contracts: Sequence[Contract]) -> SavedQuery:
    parts = _NEXT.join(
        f"""\
    SELECT '{contract.source}' AS source, newest_event, curated_until, delivered_until
    FROM (
        SELECT MAX({_time(contract)}) AS newest_event, MAX(received_at) AS curated_until
        FROM {contract.source}
        WHERE received_at >= current_date - INTERVAL '7' DAY
    )
    CROSS JOIN (
        SELECT MAX(received_at) AS delivered_until
        FROM {contract.table}
        WHERE datehour >= date_format(current_date - INTERVAL '7' DAY, '%Y/%m/%d/%H')
    )"""
        for contract in contracts
    )
    return SavedQuery(
        "freshness",
        "When did the last event of each source come (UTC, last 7 days), and how far is curation behind?",
        f"""\
SELECT
    source,
    date_format(newest_event, '%Y-%m-%d %H:%i') AS newest_event,
    date_format(delivered_until, '%Y-%m-%d %H:%i') AS delivered_until,
    date_format(curated_until, '%Y-%m-%d %H:%i') AS curated_until,
    date_diff('minute', delivered_until, {_NOW}) AS minutes_without_events,
    date_diff('minute', curated_until, delivered_until) AS minutes_not_curated
FROM (
{parts}
)
ORDER BY source""",
    )


def _rows_by_day(contracts: Sequence[Contract]) -> SavedQuery:
    sources = ", ".join(f"'{contract.source}'" for contract in contracts)
    parts = _NEXT.join(
        f"""\
    SELECT
        '{contract.source}' AS source,
        CAST({_time(contract)} AS DATE) AS day,
        COUNT(*) AS row_count,
        COUNT_IF(received_at > {_time(contract)} + INTERVAL '1' DAY) AS late_count,
        COUNT_IF({_time(contract)} > received_at + INTERVAL '5' MINUTE) AS ahead_count,
        COUNT(extra) AS extra_count
    FROM {contract.source}
    WHERE {_time(contract)} >= current_date - INTERVAL '35' DAY
        AND {_time(contract)} < current_date
    GROUP BY CAST({_time(contract)} AS DATE)"""
        for contract in contracts
    )
    return SavedQuery(
        "rows_by_day",
        "Did each source bring as many events as usual on each of the last seven days? How many came late?",
        f"""\
WITH counted AS (
{parts}
), days AS (
    -- Every day of every source: a day without events is the one to be seen.
    SELECT source, day, COALESCE(row_count, 0) AS row_count, late_count, ahead_count, extra_count
    FROM UNNEST(ARRAY[{sources}]) AS sources (source)
    CROSS JOIN UNNEST(
        sequence(current_date - INTERVAL '35' DAY, current_date - INTERVAL '1' DAY, INTERVAL '1' DAY)
    ) AS calendar (day)
    LEFT JOIN counted USING (source, day)
), compared AS (
    SELECT
        source,
        day,
        row_count,
        (
            LAG(row_count, 7) OVER (PARTITION BY source ORDER BY day)
            + LAG(row_count, 14) OVER (PARTITION BY source ORDER BY day)
            + LAG(row_count, 21) OVER (PARTITION BY source ORDER BY day)
            + LAG(row_count, 28) OVER (PARTITION BY source ORDER BY day)
        ) / 4e0 AS usual_row_count,
        late_count,
        ahead_count,
        extra_count
    FROM days
)
SELECT
    source,
    day,
    row_count,
    usual_row_count,
    ROUND(100 * row_count / NULLIF(usual_row_count, 0), 1) AS percent_of_usual,
    ROUND(100e0 * late_count / NULLIF(row_count, 0), 1) AS late_percent,
    ROUND(100e0 * ahead_count / NULLIF(row_count, 0), 1) AS ahead_of_clock_percent,
    ROUND(100e0 * extra_count / NULLIF(row_count, 0), 1) AS unnamed_fields_percent
FROM compared
WHERE day >= current_date - INTERVAL '7' DAY
ORDER BY source, day""",
    )


def _empty_fields(contracts: Sequence[Contract]) -> SavedQuery:
    parts = _NEXT.join(
        f"""\
    SELECT
        '{contract.source}' AS source,
        COUNT(*) AS row_count,
        ARRAY[{", ".join(f"'{column}'" for column in _optional(contract))}] AS fields,
        ARRAY[{", ".join(f'COUNT("{column}")' for column in _optional(contract))}] AS filled
    FROM {contract.source}
    WHERE {_time(contract)} >= current_date - INTERVAL '7' DAY
        AND {_time(contract)} < current_date + INTERVAL '1' DAY"""
        for contract in contracts
    )
    return SavedQuery(
        "empty_fields",
        "Which fields that senders may leave out were empty in the last seven days, and in which part of the events?",
        f"""\
SELECT
    source,
    field,
    row_count,
    row_count - filled_count AS empty_count,
    ROUND(100e0 * (row_count - filled_count) / row_count, 1) AS empty_percent
FROM (
{parts}
)
CROSS JOIN UNNEST(fields, filled) AS field (field, filled_count)
WHERE row_count > 0
ORDER BY source, field""",
    )


def _repeats_by_day(contracts: Sequence[Contract]) -> SavedQuery:
    parts = _NEXT.join(
        f"""\
    SELECT
        '{contract.source}' AS source,
        substr(datehour, 1, 10) AS day_of_arrival,
        COUNT(*) AS delivered_count,
        COUNT(DISTINCT "{contract.primary_key.column}") AS event_count
    FROM {contract.table}
    WHERE datehour >= date_format(current_date - INTERVAL '7' DAY, '%Y/%m/%d/%H')
    GROUP BY substr(datehour, 1, 10)"""
        for contract in contracts
    )
    return SavedQuery(
        "repeats_by_day",
        "How many events of each source came more than once on a day, today and on the seven days before (UTC)?",
        f"""\
SELECT
    source,
    day_of_arrival,
    delivered_count,
    event_count,
    delivered_count - event_count AS repeat_count,
    ROUND(100e0 * (delivered_count - event_count) / delivered_count, 1) AS repeat_percent
FROM (
{parts}
)
ORDER BY source, day_of_arrival""",
    )


def _time(contract: Contract) -> str:
    return f'"{contract.event_time.column}"'


def _optional(contract: Contract) -> list[str]:
    """Columns that may be empty: the id and the time of an event are given by the API where a sender gives none."""
    always = (contract.primary_key.column, contract.event_time.column)
    return [field.column for field in contract.fields if not field.required and field.column not in always]
