"""What earlier runs brought so long ago that the same ids would count as new events."""

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts import Contract

from .. import athena
from ..target import Target

_MARGIN_DAYS = 1
"""What an event may take from its acceptance here to the stack's clock, and more."""


class Brought(NamedTuple):
    """Between these moments, in UTC, all that happened is there."""

    since: datetime.datetime
    until: datetime.datetime

    def has(self, moment: datetime.datetime) -> bool:
        """Whether what happened at a moment is there."""
        return self.since <= moment <= self.until


def found(stack: Target, contracts: Sequence[Contract], seed: int) -> Mapping[str, Brought]:
    """By source, what a run brought before the contract's horizon; what came since then is found by its ids.

    Raises CommandError with Athena's own message.
    """
    try:
        rows = athena.run(stack, "\nUNION ALL\n".join(_query(contract, seed) for contract in contracts)).rows
    except athena.NotCuratedError:
        # A source without a table yet has nothing in it; the others may.
        alone = [found(stack, [contract], seed) for contract in contracts] if len(contracts) > 1 else []
        return {source: brought for one in alone for source, brought in one.items()}
    return {source: Brought(_moment(first), _moment(last)) for source, first, last in rows if source and first and last}


def _query(contract: Contract, seed: int) -> str:
    days = max(contract.repeat_horizon_days - _MARGIN_DAYS, 0)
    key, event_time = contract.primary_key.column, contract.event_time.column
    return (
        f"SELECT '{contract.source}' AS source, min(\"{event_time}\") AS first, max(received_at) AS last\n"
        f"FROM {contract.source}\n"
        f"WHERE \"{key}\" LIKE 'demo-{seed}-%' "
        f"AND received_at < CAST(current_timestamp AS timestamp) - INTERVAL '{days}' DAY"
    )


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
