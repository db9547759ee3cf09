"""Where files land and what becomes of them lies: every key that the job reads or writes."""

import dataclasses
import datetime
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from etl import objects

INCOMING, REPORTS, DETECTED, STARTED = "incoming/", "reports/", "detected/", "started/"
BAD_ROWS, FILTERED = "files/", "filtered/"
"""First parts of keys in the quarantine bucket: rows that broke their contract, and ids of those that
its filter keeps out."""


@dataclass(frozen=True)
class Buckets:
    """The buckets that the job works with."""

    files: str
    processed: str
    quarantine: str


@dataclass(frozen=True)
class LandedFile:
    """A file at `incoming/<source>/<file_id>/<name>`; `received_at` is when it landed, in UTC without time zone."""

    source: str
    file_id: str
    name: str
    id: str
    """What its rows and its report are called by: the file id, and more where several files share one."""
    etag: str
    size_bytes: int
    received_at: datetime.datetime

    @property
    def key(self) -> str:
        """Its key in the files bucket."""
        return f"{INCOMING}{self.source}/{self.file_id}/{self.name}"

    @property
    def report_key(self) -> str:
        """Key of its report in the files bucket; once that is written, the file is done."""
        return f"{REPORTS}{self.source}/{self.id}.json"

    @property
    def detected_key(self) -> str:
        """Key of the contract that was detected, in the files bucket."""
        return f"{DETECTED}{self.source}/{self.id}.yaml"

    @property
    def started_key(self) -> str:
        """Key of the note, in the files bucket, under which hour an old file's rows go."""
        return f"{STARTED}{self.source}/{self.id}.json"

    def part_prefix(self, hour: datetime.datetime) -> str:
        """First part of the keys of its rows in the processed bucket."""
        return f"{self.source}/{hour:%Y/%m/%d/%H}/file-{self.id}-"

    @property
    def quarantine_prefix(self) -> str:
        """First part of the keys of its bad rows in the quarantine bucket."""
        return f"{BAD_ROWS}{self.source}/{self.id}/"

    @property
    def filtered_prefix(self) -> str:
        """First part of the keys, in the quarantine bucket, of the ids of rows that the contract's filter keeps out."""
        return f"{FILTERED}{self.source}/{self.received_at:%Y/%m/%d}/file-{self.id}-"


def landed(s3: Any, bucket: str) -> list[LandedFile]:
    """All files that landed, the oldest first."""
    found = []
    for item in objects.listed(s3, bucket, INCOMING):
        parts = item["Key"].split("/", 3)
        # Whoever makes folders in the console leaves empty objects that end in a slash.
        if len(parts) == 4 and all(parts):
            moment = item["LastModified"].astimezone(datetime.UTC).replace(tzinfo=None)
            found.append((moment, *parts[1:], item["ETag"].strip('"'), item["Size"]))
    files = [
        LandedFile(source, file_id, name, _identity(file_id, name), etag, size_bytes, moment)
        for moment, source, file_id, name, etag, size_bytes in sorted(found)
    ]
    sharing: dict[str, list[LandedFile]] = defaultdict(list)
    for file in files:
        sharing[file.report_key].append(file)
    first = {key: _first(s3, bucket, shared) for key, shared in sharing.items()}
    return [file if first[file.report_key] == file else _told_apart(file) for file in files]


def _first(s3: Any, bucket: str, files: list[LandedFile]) -> LandedFile:
    """Which of the files that share an id has it: the one that was taken in under it, else the oldest.

    One that is uploaded again is the youngest then, and stays the file that it was.
    """
    if len(files) > 1:
        report = objects.read(s3, bucket, files[0].report_key)
        key = json.loads(report)["key"] if report else None
        return next((file for file in files if file.key == key), files[0])
    return files[0]


def _told_apart(file: LandedFile) -> LandedFile:
    return dataclasses.replace(file, id=f"{file.file_id}.{hashlib.sha256(file.name.encode()).hexdigest()[:8]}")


def _identity(file_id: str, name: str) -> str:
    """The files of an export share its id; all but the first have their number beside it."""
    part = re.match(r"part-0*([1-9][0-9]*)\.", name)
    return f"{file_id}.{part[1]}" if part else file_id
