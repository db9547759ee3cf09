"""One file from beginning to end: recognised, checked, stored, and reported last."""

import datetime
import json
import re
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from etl import ahead, objects
from etl.files import detect
from etl.files.check import Checker
from etl.files.contract import FileContract
from etl.files.parts import Parts
from etl.files.places import Buckets, LandedFile
from etl.files.recognise import Recognised, recognise
from etl.files.records import Refused

MAX_FILE_BYTES = 5 * 1024**3
"""The largest object that one request can put; the doors allow less (docs/files.md)."""
_OLD = datetime.timedelta(days=1)
"""Rows of an older file go under the hour in which it is taken in: curation looks at the last days alone."""


class Gone(Exception):
    """A file that is not there any more, or not the one that was listed."""


def take_in(
    s3: Any, buckets: Buckets, file: LandedFile, contract: FileContract, now: datetime.datetime
) -> dict[str, Any]:
    """Make processed and quarantined rows of a file, and its report. `now` is in UTC, without time zone.

    Nothing is lost and nothing counted twice if the run is killed anywhere in it: without a report the file is taken in
    again, under the same keys. Raises Gone.
    """
    started = time.monotonic()
    report = about(file)
    with tempfile.TemporaryDirectory(prefix="rapid-file-") as name:
        try:
            found, checker = _looked_at(s3, buckets, file, contract, Path(name))
        except Refused as refused:
            report |= {"state": "refused", "reason": str(refused), "rows": 0, "processed": 0, "quarantined": 0}
        else:
            report |= _rows(s3, buckets, file, contract, (found, checker), now)
    return _ended(s3, buckets, file, report, started)


def keep(s3: Any, buckets: Buckets, file: LandedFile) -> dict[str, Any]:
    """Leave a file without contract as it is, store a contract that would do, and report. Raises Gone."""
    started = time.monotonic()
    report: dict[str, Any] = {**about(file), "state": "no contract", "processed": 0, "quarantined": 0}
    with tempfile.TemporaryDirectory(prefix="rapid-file-") as name:
        try:
            found = _recognised(s3, buckets, file, Path(name), ())
            made = detect.contract_for(found, file.source, file.name)
            report |= {"format": found.document(), "rows": made.rows, "detected": file.detected_key}
            text = made.text
        except Refused as refused:
            report |= {"rows": 0, "reason": str(refused)}
            text = f"# No contract could be detected: the file {refused}\n"
    body = text.encode()
    s3.put_object(Bucket=buckets.files, Key=file.detected_key, Body=body, ContentType="application/yaml")
    return _ended(s3, buckets, file, report, started)


def about(file: LandedFile) -> dict[str, Any]:
    """What every report says of its file."""
    return {
        "source": file.source,
        "fileId": file.id,
        "file": file.name,
        "key": file.key,
        "etag": file.etag,
        "bytes": file.size_bytes,
        "receivedAt": file.received_at.isoformat(timespec="milliseconds") + "Z",
    }


def _ended(s3: Any, buckets: Buckets, file: LandedFile, report: dict[str, Any], started: float) -> dict[str, Any]:
    """Store a report; from then on the file is done. `started` is of the monotonic clock."""
    report["seconds"] = round(time.monotonic() - started, 3)
    report["peakMemoryBytes"] = _peak_memory_bytes()
    body = json.dumps(report, indent=1).encode()
    s3.put_object(Bucket=buckets.files, Key=file.report_key, Body=body, ContentType="application/json")
    return report


def _peak_memory_bytes() -> int | None:
    """The most that this process ever held, as Linux says; None elsewhere.

    Not by getrusage, whose figure a process inherits from the one that started it.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def fetch(s3: Any, bucket: str, file: LandedFile, target: Path) -> Path:
    """Copy a file to the disk. Raises Gone, and Refused for one that is too large."""
    if file.size_bytes > MAX_FILE_BYTES:
        raise Refused(f"has {file.size_bytes} bytes; {MAX_FILE_BYTES} are allowed")
    try:
        body = s3.get_object(Bucket=bucket, Key=file.key, IfMatch=file.etag)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "PreconditionFailed", "404", "412"):
            raise Gone("it is gone, or was replaced while this run began") from None
        raise
    with target.open("wb") as stream:
        for block in body.iter_chunks(1024 * 1024):
            stream.write(block)
    return target


def _looked_at(
    s3: Any, buckets: Buckets, file: LandedFile, contract: FileContract, folder: Path
) -> tuple[Recognised, Checker]:
    """The file on the disk, and what checks its records. Raises Refused: all that a file can be refused for is here."""
    if contract.hashes:
        raise Refused(
            f"is of the source {contract.source}, whose contract hashes a field; the files job cannot do that yet, "
            "so send its events by HTTP"
        )
    checker = Checker(contract, file.id, file.received_at)
    found = _recognised(s3, buckets, file, folder, contract.known)
    if found.names is not None:
        checker.require_columns(found.names)
    return found, checker


def _recognised(s3: Any, buckets: Buckets, file: LandedFile, folder: Path, known: Collection[str]) -> Recognised:
    landed = fetch(s3, buckets.files, file, folder / "landed")
    try:
        return recognise(landed, folder, known)
    except (
        ArithmeticError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
        pa.ArrowException,
    ) as error:
        # No reader promises what it raises for bytes that somebody made up.
        raise Refused(f"cannot be read: {type(error).__name__}: {error}") from error


def _rows(
    s3: Any,
    buckets: Buckets,
    file: LandedFile,
    contract: FileContract,
    read: tuple[Recognised, Checker],
    now: datetime.datetime,
) -> dict[str, Any]:
    found, checker = read
    parts = Parts(s3, buckets, file, contract, _hour(s3, buckets, file, now))
    rows = 0
    for batch, checked in ahead.results(checker.check, found.batches()):
        records = len(batch.numbers) + len(batch.bad)
        parts.add(checked, records, batch.size_bytes)
        rows += records
    parts.close()
    return {
        "state": "done",
        "format": found.document(),
        "contract": contract.version,
        "rows": rows,
        "processed": parts.processed,
        "quarantined": parts.quarantined,
        "filtered": parts.filtered,
        "parts": parts.keys,
        "notes": checker.notes(),
    }


def _hour(s3: Any, buckets: Buckets, file: LandedFile, now: datetime.datetime) -> datetime.datetime:
    """The hour under which the rows go: that in which the file landed, or for an old one, that of its first run.

    Of several runs, should the first be as old itself: rows that an earlier one left come again, and are repeats.
    """
    if now - file.received_at < _OLD:
        return file.received_at
    if noted := objects.read(s3, buckets.files, file.started_key):
        hour = datetime.datetime.fromisoformat(json.loads(noted)["hour"])
        if now - hour < _OLD:
            return hour
    s3.put_object(Bucket=buckets.files, Key=file.started_key, Body=json.dumps({"hour": now.isoformat()}).encode())
    return now
