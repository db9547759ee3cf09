"""Where a stack keeps the events of a source, beside the curated table: each place searched and emptied alike."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from etl.files.places import BAD_ROWS, DETECTED, FILTERED, INCOMING, REPORTS, landed
from etl.forget import landed as landed_files
from etl.forget import looks, versions
from etl.forget.looks import Look
from etl.forget.person import Person
from etl.forget.versions import Version

ERRORS = "errors/"
_FILE_ID = re.compile(r"[^/]+/[^/]+/([^/]+)/")

LookAt = Callable[[Version, bytes], Look]


@dataclass(frozen=True)
class Buckets:
    """The buckets of the stack."""

    raw: str
    processed: str
    curated: str
    quarantine: str
    files: str
    results: str


@dataclass
class Found:
    """What a search of one place came to."""

    place: str
    objects: int = 0
    """Versions of objects, or messages, that were looked at."""
    bytes: int = 0
    ids: set[str] = field(default_factory=set)
    hits: list[Version] = field(default_factory=list)
    """Where the person is; the other hits of a table or a queue are in `others`."""
    others: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    mentions: int = 0

    @property
    def names(self) -> list[str]:
        """All that holds the person, by name."""
        return [name_of(version) for version in self.hits] + self.others


def name_of(version: Version) -> str:
    """How a report names a version of an object."""
    old = "" if version.is_latest else f" (version {version.id})"
    return f"s3://{version.bucket}/{version.key}{old}"


@dataclass(frozen=True)
class Zone:
    """A part of a bucket whose objects hold events."""

    place: str
    bucket: str
    prefix: str
    look_at: LookAt

    def search(self, s3: Any, seen: Callable[[Version, Look], None] = lambda version, look: None) -> Found:
        """Look at every version of every object; `seen` is given each look."""
        found = Found(self.place)
        for version, body in versions.contents(s3, versions.listed(s3, self.bucket, self.prefix)):
            look = self.look_at(version, body)
            found.objects += 1
            found.bytes += len(body)
            found.mentions += look.mentions if version.is_latest else 0
            if look.is_hit:
                found.hits.append(version)
                found.ids |= look.ids
            if look.is_unreadable:
                found.unreadable.append(name_of(version))
            seen(version, look)
        return found

    def erase(self, s3: Any, hits: Iterable[Version]) -> None:
        """Remove the person from what a search found. Raises Replaced for an object that changed since."""
        for version, body in versions.contents(s3, hits):
            rest = self.look_at(version, body).rest
            if not version.is_latest:
                versions.delete(s3, [version])
                versions.remove_markers(s3, version.bucket, version.key)
            elif rest is None:
                versions.remove(s3, version)
            else:
                versions.replace(s3, version, rest)


def processed(person: Person, buckets: Buckets, source: str, primary_key: str, keys: Collection[Any]) -> Zone:
    """The processed zone; `keys` are the primary keys of the person's rows in the curated table."""

    def look(_version: Version, body: bytes) -> Look:
        return looks.in_processed(person, body, primary_key, keys)

    return Zone("processed", buckets.processed, f"{source}/", look)


def streamed(person: Person, buckets: Buckets, source: str) -> list[Zone]:
    """What came by a stream, as it came, and what became of it beside the tables; and bad rows of files."""

    def zone(place: str, bucket: str, prefix: str, look: Callable[[Person, bytes], Look]) -> Zone:
        return Zone(place, bucket, prefix, lambda _version, body: look(person, body))

    return [
        zone("raw", buckets.raw, f"{source}/", looks.in_raw),
        zone("error prefix", buckets.processed, f"{ERRORS}{source}/", looks.in_error_documents),
        zone("quarantine", buckets.quarantine, f"{source}/", looks.in_quarantined_event),
        zone("quarantined rows", buckets.quarantine, f"{BAD_ROWS}{source}/", looks.in_quarantined_rows),
    ]


def filtered(person: Person, buckets: Buckets, source: str, erased: Iterable[str]) -> Zone:
    """The ids of events that the contract's filter keeps out; the person's are known when the rest was searched."""
    look = looks.in_ids(erased)
    return Zone("filtered", buckets.quarantine, f"{FILTERED}{source}/", lambda _version, body: look(person, body))


def files(s3: Any, person: Person, buckets: Buckets, source: str, known: tuple[str, ...]) -> list[Zone]:
    """Files as they landed, copies of exports, and what the files job says of them."""
    ids = {file.key: file.id for file in landed(s3, buckets.files) if file.source == source}

    def look(version: Version, body: bytes) -> Look:
        found = _FILE_ID.match(version.key)
        seen = landed_files.in_file(person, body, ids.get(version.key, found[1] if found else ""), known)
        if person.is_in_text(version.key.encode()):
            seen.is_hit, seen.rest = True, None
        return seen

    def say(_version: Version, body: bytes) -> Look:
        return looks.in_text(person, body)

    return [
        Zone("uploaded files", buckets.files, f"{INCOMING}{source}/", look),
        Zone("staged exports", buckets.files, f"exports/{source}/staged/", look),
        Zone("reports of files", buckets.files, f"{REPORTS}{source}/", say),
        Zone("detected contracts", buckets.files, f"{DETECTED}{source}/", say),
    ]


def waiting(s3: Any, buckets: Buckets, source: str, hits: Iterable[Version]) -> Iterator[Version]:
    """Those of the files found that no report says anything of: their rows are nowhere else yet."""
    reported = {version.key for version in versions.listed(s3, buckets.files, f"{REPORTS}{source}/")}
    keys = {file.key: file.report_key for file in landed(s3, buckets.files) if file.source == source}
    for version in hits:
        if version.is_latest and keys.get(version.key, "") not in reported:
            yield version
