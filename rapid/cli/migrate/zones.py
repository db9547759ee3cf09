"""The zones raw, quarantine and reports: what the streaming lake lacks is copied, what must not stay is deleted."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..console import activity, number_of, say
from ..errors import CommandError
from . import inventory
from .alone import Turn
from .comparing import Compared, Kind, compared
from .copying import Copier, Copy, Outcome
from .inventory import Part
from .progress import Progress
from .state import Migration
from .vanished import Fate, Vanished

MAX_PASSES = 10
"""So often is what changed meanwhile copied again."""
_PAUSE_SECONDS = 0.2
"""Of which there are so many that the second in which a sync began is over before it gives up."""
MAX_HELD = 10_000
"""Copies that are kept in memory from the comparison on; of more the listings are read once more."""
MAX_NAMED = 20
_PARTS_AT_ONCE = 4


@dataclass
class Carried:
    """What came of a zone, or of all."""

    there: int = 0
    """Objects that the target had already when they were looked at first."""
    copied: int = 0
    bytes: int = 0
    again: int = 0
    """Of those copied: in place of another, since the source had changed or the copy was damaged."""
    expired: int = 0
    erased: int = 0
    kept: list[str] = field(default_factory=list)
    """URIs of up to MAX_NAMED of the copies whose source is gone, nobody knows why."""
    kept_count: int = 0
    seconds: float = 0.0
    """In which they were copied."""


@dataclass
class _Survey:
    """One look at everything."""

    counts: Counter[Kind] = field(default_factory=Counter)
    copies: list[Copy] = field(default_factory=list)
    bytes: int = 0
    unsettled: int = 0
    """Copies of what was there when the sync began, or has changed: whether they are right is looked at again."""

    @property
    def total(self) -> int:
        """Objects to copy."""
        return self.counts[Kind.MISSING] + self.counts[Kind.CHANGED]


def carry(s3: Any, migration: Migration, turn: Turn) -> dict[str, Carried]:
    """Copy until everything that was there when the sync began is in the target as it is in the source; by zone.

    What arrives meanwhile is copied as far as it is seen. Raises CommandError.
    """
    carried = {zone: Carried() for zone in (inventory.RAW, inventory.QUARANTINE, inventory.REPORTS)}
    vanished = Vanished(s3, migration)
    for number in range(MAX_PASSES):
        if number > 1:
            # S3 says in which second an object came: what arrives in the second of the beginning may have been there.
            time.sleep(_PAUSE_SECONDS)
        parts = inventory.parts(s3, migration)
        survey = _survey(s3, parts, vanished, turn, carried, is_first=number == 0)
        lost = _copy(s3, parts, survey, turn, carried) if survey.total else 0
        if not survey.unsettled and not lost:
            return carried
    raise CommandError(
        f"{number_of(survey.unsettled or lost, 'object')} changed again each of {MAX_PASSES} times that copies were "
        f"made, such as s3://{survey.copies[0].bucket}/{survey.copies[0].source.key}; find out what writes there, then "
        "run this again"
    )


def _survey(
    s3: Any, parts: list[Part], vanished: Vanished, turn: Turn, carried: dict[str, Carried], *, is_first: bool
) -> _Survey:
    survey = _Survey()
    for zone in carried.values():
        zone.kept, zone.kept_count = [], 0

    def look(part: Part) -> tuple[Part, _Survey, Counter[Fate], list[str]]:
        found, fates, kept = _Survey(), Counter[Fate](), list[str]()
        for pair in compared(s3, part):
            turn.check()
            found.counts[pair.kind] += 1
            if pair.kind is Kind.EXTRA and pair.target:
                fate = vanished.settle(part, pair.target)
                fates[fate] += 1
                if fate is Fate.KEPT and len(kept) < MAX_NAMED:
                    kept.append(f"s3://{part.target_bucket}/{pair.target.key}")
            elif pair.kind is not Kind.SAME:
                copy = _copy_of(part, pair)
                found.bytes += copy.source.size_bytes
                found.unsettled += copy.replaces or copy.source.modified <= turn.started
                if len(found.copies) <= MAX_HELD // len(parts):
                    found.copies.append(copy)
        return part, found, fates, kept

    with activity("Comparing the listings of both lakes:") as tell, turn.pool(_PARTS_AT_ONCE) as pool:
        for part, found, fates, kept in pool.map(look, parts):
            survey.counts += found.counts
            survey.copies += found.copies
            survey.bytes += found.bytes
            survey.unsettled += found.unsettled
            zone = carried[part.zone]
            zone.there += found.counts[Kind.SAME] if is_first else 0
            zone.expired += fates[Fate.EXPIRED]
            zone.erased += fates[Fate.ERASED]
            zone.kept_count += fates[Fate.KEPT]
            zone.kept = [*zone.kept, *kept][:MAX_NAMED]
            tell(f"{part.zone} {part.prefix}")
    return survey


def _copy(s3: Any, parts: list[Part], survey: _Survey, turn: Turn, carried: dict[str, Carried]) -> int:
    """Copy what a survey found; how many of these changed or went before they were copied."""
    lost = 0
    zones = {part.bucket: carried[part.zone] for part in parts}
    progress = Progress(survey.total, survey.bytes)

    def done(copy: Copy, outcome: Outcome) -> None:
        nonlocal lost
        turn.check()
        lost += outcome is not Outcome.COPIED
        if outcome is Outcome.COPIED:
            zone = zones[copy.bucket]
            zone.copied += 1
            zone.bytes += copy.source.size_bytes
            zone.again += copy.replaces
        progress.advance(copy.source.size_bytes)

    copies = iter(survey.copies) if len(survey.copies) == survey.total else copies_of(s3, parts)
    with progress.shown("Copying"), Copier(s3) as copier:
        copier.copy(copies, done)
    for zone in {id(zone): zone for zone in zones.values()}.values():
        zone.seconds += progress.seconds if zone.copied else 0
    return lost


def copies_of(s3: Any, parts: list[Part]) -> Iterator[Copy]:
    """What is to be done about all objects of parts that are missing or changed."""
    for part in parts:
        for pair in compared(s3, part):
            if pair.kind in (Kind.MISSING, Kind.CHANGED):
                yield _copy_of(part, pair)


def _copy_of(part: Part, pair: Compared) -> Copy:
    assert pair.source is not None
    source = pair.source._replace(key=part.source_key(pair.source.key))
    return Copy(part.bucket, source, part.target_bucket, pair.source.key, pair.kind is Kind.CHANGED)


def tell_kept(carried: dict[str, Carried]) -> None:
    """Say which copies stay though nobody knows why their source is gone."""
    for zone, found in carried.items():
        if found.kept_count:
            say(
                f"{number_of(found.kept_count, 'object')} of {zone} kept, which the streaming lake alone has, and no "
                "retention or erasure says why:"
            )
            for uri in found.kept:
                say(f"  {uri}")
            if found.kept_count > len(found.kept):
                say(f"  and {found.kept_count - len(found.kept):,} more")
