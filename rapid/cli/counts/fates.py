"""The arithmetic: what was found in each place, and the fates that follow from it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Stream(Protocol):
    """What is known of a delivery stream's buffers."""

    def may_hold(self, received_at: float) -> bool:
        """Whether an event received at that moment, in epoch seconds, may still be on its way to its zone."""


@dataclass(frozen=True)
class Zones:
    """What the tables hold, by the envelope's id. An id is counted in the last zone that it reached."""

    curated: int = 0
    """Events in the curated table: each id once for each primary key that it has there, which is one unless an id was
    given twice by whoever put lines onto the stream past the API."""
    curated_rows: int = 0
    duplicate: int = 0
    """Ids in the processed table, not in the curated one, whose primary key is."""
    processed: frozenset[str] = frozenset()
    """Other ids in the processed table."""
    raw: Mapping[str, float] = field(default_factory=dict)
    """Ids in the raw table alone, with the moment of receipt in epoch seconds."""
    not_in_raw: int = 0
    """How many of the ids in the other tables the raw table does not have."""
    raw_lines_without_id: Mapping[str, int] = field(default_factory=dict)
    """Lines in the raw table that have no id, by hour of arrival (yyyy/MM/dd/HH)."""


@dataclass(frozen=True)
class Side:
    """What a place beside the tables holds: ids, and lines that have none."""

    ids: frozenset[str] = frozenset()
    lines_without_id: int = 0
    unreadable: tuple[str, ...] = ()
    """Objects that the platform does not write so, as often as something in them cannot be read."""


@dataclass(frozen=True)
class Fates:
    """The events of one source by what became of them."""

    accepted: int
    curated: int
    duplicate: int
    quarantined: int
    filtered: int
    dead_lettered: int
    failed: int
    in_flight: int
    erased: int
    repeated_rows: int
    """Rows of the curated table that repeat an event which it holds already."""
    not_in_raw: int
    """Events with a fate that are not in the raw zone."""

    @property
    def unaccounted(self) -> int:
        """Accepted events without a fate; below 0, events with two."""
        return self.accepted - (
            self.curated
            + self.duplicate
            + self.quarantined
            + self.filtered
            + self.dead_lettered
            + self.failed
            + self.in_flight
            + self.erased
        )

    @property
    def adds_up(self) -> bool:
        """Whether every accepted event has one fate."""
        return self.unaccounted == 0 and self.repeated_rows == 0


def tally(
    zones: Zones,
    quarantine: Side,
    failures: Side,
    dead_letters: Side,
    *,
    filtered: frozenset[str] = frozenset(),
    pending: frozenset[str],
    held: frozenset[str],
    stream: Stream,
    of_files: int = 0,
    lost_of_files: int = 0,
    erased: int = 0,
) -> Fates:
    """The fates of one source's events.

    `filtered`: ids that the contract's filter kept out. `pending`: ids in processed objects that the ledger does not
    hold. `held`: ids out of quarantine, the filtered, failures and dead letters that a table holds. `of_files`: rows of
    files in any place, which never is the raw zone; `lost_of_files`: those in none, though a report counts them.
    `erased`: events of persons who were erased, which no place holds.
    """
    raw = set(zones.raw)
    beyond_raw = held - raw
    left_out = filtered - beyond_raw
    # An event that was mended and sent again may be filtered then; its object stays in quarantine.
    quarantined = quarantine.ids - beyond_raw - left_out
    failed = failures.ids - beyond_raw - quarantined - left_out
    elsewhere = quarantined | left_out | failed
    dead = dead_letters.ids - beyond_raw - elsewhere
    rest = raw - elsewhere - dead
    in_stream = {event for event in rest if stream.may_hold(zones.raw[event])}

    raw_lines = sum(zones.raw_lines_without_id.values())
    lines_with_fate = quarantine.lines_without_id + failures.lines_without_id
    lines_that_may = sum(lines for hour, lines in zones.raw_lines_without_id.items() if stream.may_hold(_end_of(hour)))
    lines_in_stream = min(max(0, raw_lines - lines_with_fate), lines_that_may)
    ids = zones.curated + zones.duplicate + len(zones.processed) + len(raw | elsewhere | dead)
    lines = max(raw_lines, lines_with_fate) + dead_letters.lines_without_id
    return Fates(
        accepted=ids + lines + lost_of_files + erased,
        curated=zones.curated_rows,
        duplicate=zones.duplicate,
        quarantined=len(quarantined) + quarantine.lines_without_id,
        filtered=len(left_out),
        dead_lettered=len(dead) + dead_letters.lines_without_id,
        failed=len(failed) + failures.lines_without_id,
        in_flight=len(zones.processed & pending) + len(in_stream) + lines_in_stream,
        erased=erased,
        repeated_rows=zones.curated_rows - zones.curated,
        not_in_raw=zones.not_in_raw + len(elsewhere - raw) + max(0, lines_with_fate - raw_lines) - of_files,
    )


def _end_of(datehour: str) -> float:
    """The end of an hour of arrival, in epoch seconds."""
    start = datetime.datetime.strptime(datehour, "%Y/%m/%d/%H").replace(tzinfo=datetime.UTC)
    return start.timestamp() + 3600
