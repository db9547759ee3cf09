"""One erasure of one source: searched, removed in an order that can be interrupted, and searched again."""

import datetime
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pyiceberg.catalog import Catalog

from etl.contract import CompiledContract
from etl.curation import inputs
from etl.curation.ledger import Input
from etl.forget import dead_letters, places, reports_of_files, versions
from etl.forget.curated import CuratedTable, Rows
from etl.forget.dead_letters import DeadLetterQueue
from etl.forget.looks import Look
from etl.forget.person import Person
from etl.forget.places import Buckets, Found, Zone
from etl.forget.requests import Requests
from etl.forget.versions import Replaced, Version
from etl.lake import Lake

ROUNDS = 3
"""So often is what a search still finds removed: events arrive while an erasure runs."""
RESULTS = "query results"
_NAMED = 100
"""So many objects a place are named in a report, should the person remain in them."""


@dataclass(frozen=True)
class Stack:
    """Where things are, and how they are reached."""

    s3: Any
    sqs: Any
    catalog: Catalog
    lake: Lake
    buckets: Buckets
    queue_url: str


@dataclass
class Searched:
    """One search of all places."""

    places: list[Found]
    rows: Rows
    rewritten: list[Input]
    """Processed objects as they will be: key, and the ETag of what is left of them."""
    pending: list[str]
    """Processed objects with the person that the curated table does not hold yet."""
    repeats: list[str]
    """Keys of processed objects in which another's row has the primary key of one of the person's."""

    def of(self, place: str) -> Found:
        """What was found in one place."""
        return next(found for found in self.places if found.place == place)

    @property
    def ids(self) -> set[str]:
        """The ids of all events found."""
        return set().union(*(found.ids for found in self.places))

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not any(found.names for found in self.places)


@dataclass
class Erasure:
    """A person, a source, and what is done about it."""

    stack: Stack
    contract: CompiledContract
    known: tuple[str, ...]
    """The names that files' columns may have."""
    person: Person
    settle: Callable[[], None] = lambda: None
    """Waits until no run of the curate job is under way that began before; see `erase`."""
    tell: Callable[[str], None] = lambda line: None
    _started: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def search(self, earlier: Iterable[str] = ()) -> Searched:
        """Look at every place, in all versions. `earlier`: ids that an earlier search found."""
        stack, source = self.stack, self.contract.source
        table = self._table()
        rows = table.rows()
        found = [rows.found]
        self._told(rows.found)
        ledger, rewritten, pending, repeats = table.ledger(), list[Input](), list[str](), list[str]()

        def seen(version: Version, look: Look) -> None:
            if version.is_latest and look.repeats:
                repeats.append(version.key)
            if version.is_latest and look.is_hit:
                day = version.key.removeprefix(f"{source}/")[:10]
                if any(ledger.new([Input(day, version.key, version.etag, version.size_bytes)])):
                    pending.append(version.key)
                elif look.rest is not None:
                    etag = hashlib.md5(look.rest, usedforsecurity=False).hexdigest()
                    rewritten.append(Input(day, version.key, etag, len(look.rest)))

        for zone in self._zones(rows.keys):
            found.append(zone.search(stack.s3, seen if zone.place == "processed" else lambda version, look: None))
            self._told(found[-1])
        found.append(self._queue().search())
        self._told(found[-1])
        ids = set(earlier).union(*(item.ids for item in found))
        found.append(self._filtered(ids).search(stack.s3))
        self._told(found[-1])
        for last in (table.files(), self._results()):
            found.append(last)
            self._told(last)
        return Searched(found, rows, rewritten, pending, repeats)

    def erase(self, searched: Searched, requests: Requests, request_id: str) -> None:
        """Remove what a search found. Killed anywhere, it is done again from a new search.

        An object of the processed zone is rewritten only when the table's ledger knows what it becomes, so that
        curation never takes it for a new one; a run of the curate job that began before has to end first, since it may
        have read an older ledger. What the ledger does not hold yet stays, for its other rows are not curated.
        """
        s3, table = self.stack.s3, self._table()
        ids = searched.ids | requests.ids(request_id)
        requests.note(request_id, ids)
        files = self.stack.buckets.files
        reports_of_files.count_without(s3, files, self.contract.source, request_id, ids)
        table.know(searched.rewritten)
        self.settle()
        for zone in [*self._zones(searched.rows.keys), self._filtered(ids)]:
            if zone.place != "processed":
                self._emptied(zone, searched)
        self._queue().erase(searched.of(dead_letters.PLACE).others)
        self._emptied(self._processed(searched.rows.keys), searched)
        table.erase(lambda: self._inputs(searched.repeats))
        table.expire()
        # A compaction that began before may have copied the rows meanwhile; its commit has been refused.
        self.settle()
        table.sweep(table.files())
        self._forget_results()

    def _emptied(self, zone: Zone, searched: Searched) -> None:
        hits = searched.of(zone.place).hits
        if zone.place == "processed":
            hits = [version for version in hits if not (version.is_latest and version.key in searched.pending)]
        if zone.place in ("uploaded files", "staged exports"):
            waiting = set(places.waiting(self.stack.s3, self.stack.buckets, self.contract.source, hits))
            hits = [version for version in hits if version not in waiting]
        if hits:
            zone.erase(self.stack.s3, hits)
            self.tell(f"{zone.place}: {len(hits)} emptied of it")

    def _zones(self, keys: set[Any]) -> list[Zone]:
        stack, source = self.stack, self.contract.source
        return [
            *places.streamed(self.person, stack.buckets, source),
            *places.files(stack.s3, self.person, stack.buckets, source, self.known),
            self._processed(keys),
        ]

    def _processed(self, keys: set[Any]) -> Zone:
        key = self.contract.primary_key
        return places.processed(self.person, self.stack.buckets, self.contract.source, key, keys)

    def _filtered(self, ids: set[str]) -> Zone:
        return places.filtered(self.person, self.stack.buckets, self.contract.source, ids)

    def _table(self) -> CuratedTable:
        return CuratedTable(self.stack.catalog, self.stack.s3, self.stack.lake, self.contract, self.person)

    def _queue(self) -> DeadLetterQueue:
        return DeadLetterQueue(self.stack.sqs, self.stack.queue_url, self.contract.source, self.person)

    def _inputs(self, keys: list[str]) -> list[Input]:
        """Some processed objects as they are now."""
        wanted = set(keys)
        if not wanted:
            return []
        found = inputs.listing(self.stack.s3, self.stack.buckets.processed, self.contract.source, None)
        return [item for item in found if item.key in wanted]

    def _results(self) -> Found:
        """Results of queries in which the value stands."""

        def look(_version: Version, body: bytes) -> Look:
            return Look(is_hit=self.person.is_in_text(body))

        return Zone(RESULTS, self.stack.buckets.results, "", look).search(self.stack.s3)

    def _forget_results(self) -> None:
        """Delete all results that were there when this run began: they can be had again by asking again."""
        s3, bucket = self.stack.s3, self.stack.buckets.results
        old = [version for version in versions.listed(s3, bucket, "") if version.modified <= self._started]
        versions.delete(s3, old)
        for key in sorted({version.key for version in old}):
            versions.remove_markers(s3, bucket, key)

    def _told(self, found: Found) -> None:
        self.tell(f"{found.place}: {found.objects} looked at, {len(found.names)} with the person")


def forget(erasure: Erasure, requests: Requests, request_id: str) -> dict[str, Any]:
    """Erase a person from a source; the report. What it says to remain is named in it."""
    first = searched = erasure.search(requests.ids(request_id))
    for number in range(ROUNDS):
        # Of an erasure that was killed, what is left to do may be found nowhere, such as results of queries.
        if searched.is_clean and (number or not requests.ids(request_id)):
            break
        try:
            erasure.erase(searched, requests, request_id)
        except Replaced as replaced:
            erasure.tell(f"{replaced}; searched again")
        searched = erasure.search(requests.ids(request_id))
    return report(first, searched, len(requests.ids(request_id)))


def report(first: Searched, last: Searched, erased: int) -> dict[str, Any]:
    """Counts, and the names of places and objects; no value."""
    listed = []
    for before, after in zip(first.places, last.places, strict=True):
        listed.append(
            {
                "place": before.place,
                "found": len(before.names),
                "events": len(before.ids),
                "lookedAt": after.objects,
                "bytes": after.bytes,
                "remaining": len(after.names),
                "names": after.names[:_NAMED],
                "unreadable": after.unreadable[:_NAMED],
            }
        )
    remaining = not last.is_clean or any(item["unreadable"] for item in listed)
    return {
        "state": "remains" if remaining else "erased",
        "erased": erased,
        "places": listed,
        "mentions": sum(found.mentions for found in last.places),
        "pending": len(last.pending),
    }
