"""Which events an id means: asked of the tables, which know the event's own id and that of its envelope."""

import datetime
import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts import Contract

from .. import athena
from ..target import Target
from .timeline import from_epoch, moment

MOST_EVENTS = 20
"""So many events of one request are followed."""
_NONE = "''"
_OF_A_REQUEST = re.compile(r"(?P<request>[A-Za-z0-9+/_-]+=)-[0-9]{1,3}")
"""API Gateway's extended request id, and the event's index in the request."""


class Seen(NamedTuple):
    """A row of a zone."""

    source: str
    zone: str
    """`raw`, `processed` or `curated`."""
    envelope_id: str
    event_id: str
    """Empty in the raw zone, which does not know it."""
    received_at: datetime.datetime
    datehour: str
    """Hour of arrival, yyyy/MM/dd/HH; empty in the curated zone."""
    event_time: datetime.datetime | None = None


def request_of(envelope_id: str) -> str:
    """The request that an envelope came by; empty where it came by none."""
    match = _OF_A_REQUEST.fullmatch(envelope_id)
    return match["request"] if match else ""


def is_request(wanted: str) -> bool:
    """Whether an id looks like that of a request."""
    return bool(_OF_A_REQUEST.fullmatch(f"{wanted}-0"))


def in_tables(
    stack: Target, contracts: Iterable[Contract], curated: set[str], wanted: str, since: datetime.datetime
) -> list[Seen]:
    """The processed and curated rows that an id means; `curated` names the curated tables that there are."""
    parts = []
    for contract in contracts:
        key, time = contract.primary_key.column, contract.event_time.column
        meant = f'("{key}" = {_text(wanted)} OR {_envelope("ingest_id", wanted)})'
        columns = f"'{contract.source}' AS source, '{{zone}}' AS zone, ingest_id, \"{key}\" AS event_id, " + (
            f'CAST(received_at AS varchar) AS received, {{hour}} AS hour, CAST("{time}" AS varchar) AS event_time'
        )
        parts.append(
            f"SELECT {columns.format(zone='processed', hour='datehour')} FROM {contract.table} "
            f"WHERE datehour >= '{since:%Y/%m/%d/%H}' AND {meant}"
        )
        if contract.curated_table in curated:
            parts.append(
                f"SELECT {columns.format(zone='curated', hour=_NONE)} FROM {contract.curated_table} "
                f"WHERE received_at >= TIMESTAMP '{since:%Y-%m-%d %H:%M:%S}' AND {meant}"
            )
    return _asked(stack, parts)


def with_key(stack: Target, contract: Contract, event_id: str) -> list[Seen]:
    """The curated rows with a primary key."""
    sql = (
        f"SELECT '{contract.source}', 'curated', ingest_id, \"{contract.primary_key.column}\", "
        f"CAST(received_at AS varchar), '', CAST(\"{contract.event_time.column}\" AS varchar) "
        f'FROM {contract.curated_table} WHERE "{contract.primary_key.column}" = {_text(event_id)}'
    )
    return _asked(stack, [sql])


def in_raw(stack: Target, contracts: Iterable[Contract], wanted: str, since: datetime.datetime) -> list[Seen]:
    """The events in the raw zone that an id means, which reads all that arrived since: JSON, with the events."""
    quoted = _text(json.dumps(wanted, ensure_ascii=False))
    parts = [
        f"SELECT '{contract.source}', 'raw', id, '', receivedat, datehour, '' FROM {contract.raw_table} "
        f"WHERE datehour >= '{since:%Y/%m/%d/%H}' AND ({_envelope('id', wanted)} OR strpos(body, {quoted}) > 0)"
        for contract in contracts
        if contract.streamed
    ]
    return _asked(stack, parts)


def _asked(stack: Target, parts: Sequence[str]) -> list[Seen]:
    if not parts:
        return []
    sql = "\nUNION ALL\n".join(parts) + "\nLIMIT 200"
    return [_seen(*row) for row in athena.run(stack, sql).rows]


def _seen(*values: str | None) -> Seen:
    source, zone, envelope_id, event_id, received_at, hour, event_time = (value or "" for value in values)
    received = from_epoch(int(received_at)) if received_at.isdigit() else moment(received_at)
    return Seen(source, zone, envelope_id, event_id, received, hour, moment(event_time) if event_time else None)


def _envelope(column: str, wanted: str) -> str:
    """Whether an envelope's id is the wanted one, or that of an event of the wanted request."""
    if not is_request(wanted):
        return f"{column} = {_text(wanted)}"
    return f"substr({column}, 1, {len(wanted) + 1}) = {_text(wanted + '-')}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
