"""`rapid files`, `rapid etl files`, and `rapid send` of a whole file: files on their way into the tables."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contracts import file_door, unknown_names
from etl.files.places import REPORTS, LandedFile, landed

from . import credentials, job_run, s3_objects, target
from .athena import Column, Result
from .console import activity, bytes_bar, number_of, say, say_error
from .errors import CommandError
from .file_upload import FileUpload
from .rows import print_table

MAX_EVENTS_BYTES = 32 * 1024 * 1024
"""A file of JSON that is longer goes as a file, even to a source that takes events."""
SHOWN_FILES = 50
_COLUMNS = (
    Column("landed", "varchar"),
    Column("source", "varchar"),
    Column("file id", "varchar"),
    Column("file", "varchar"),
    Column("bytes", "bigint"),
    Column("state", "varchar"),
    Column("rows", "bigint"),
    Column("processed", "bigint"),
    Column("quarantined", "bigint"),
    Column("filtered", "bigint"),
)


def holds_events(path: Path) -> bool:
    """Whether a file is JSON of a size to send event by event. Raises CommandError if it cannot be read."""
    try:
        with path.open("rb") as file:
            first = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
            return first in (b"{", b"[") and path.stat().st_size <= MAX_EVENTS_BYTES
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None


def send(source: str, path: Path) -> int:
    """Upload a file for a source; returns the exit status."""
    stack = target.find()
    url = str(_output(stack, "ingest_url")).rstrip("/") + file_door.PATH
    _output(stack, "files_bucket")
    _tell_unknown(source, stack)
    upload = FileUpload(url, credentials.signature(stack, file_door.PATH))
    try:
        with bytes_bar(f"Uploading {path} to {url}", path.stat().st_size) as advanced:
            uploaded = upload.send(source, path, advanced)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    finally:
        upload.close()
    if uploaded.was_stored:
        say(f"Stored as file {uploaded.file_id} of {source} before; nothing was sent.")
        say(f"`rapid files {uploaded.file_id}` shows what became of it.")
        return 0
    say(f"Stored as file {uploaded.file_id} of {source}, {number_of(uploaded.repeats, 'request')} sent again.")
    say(f"Its rows come with the next run of the files job. `rapid files {uploaded.file_id}` shows what became of it.")
    return 0


def _tell_unknown(source: str, stack: target.Target) -> None:
    """Say what becomes of a file for a source that there is not, which may be a slip."""
    known = stack.masked_outputs.get("sources") or ()
    if source not in known:
        reason = unknown_names.reason(source, known)
        say_error(f"The source {source!r} {reason}. The file will wait, and a contract is proposed for it.")


def show_all() -> int:
    """Print the newest files and what became of them."""
    stack = target.find()
    s3, bucket = stack.client("s3"), _output(stack, "files_bucket")
    files = landed(s3, bucket)
    newest = files[-SHOWN_FILES:]
    reports = _reports(s3, bucket, newest)
    known = set(stack.masked_outputs.get("sources") or ())
    print_table(Result(_COLUMNS, [_row(file, reports.get(file.report_key), known) for file in newest], 0))
    if any("reason" in report or "detected" in report for report in reports.values()):
        say("`rapid files FILE_ID` says why a file was refused, and where the contract lies that is proposed for one.")
    if len(files) > len(newest):
        say(f"The newest {len(newest)} of {len(files)} files.")
    return 0


def show(file_id: str) -> int:
    """Print all that is known of a file."""
    stack = target.find()
    s3, bucket = stack.client("s3"), _output(stack, "files_bucket")
    found = [file for file in landed(s3, bucket) if file_id in (file.id, file.file_id)]
    if not found:
        raise CommandError(f"there is no file {file_id!r} in {bucket}; `rapid files` lists them")
    reports = _reports(s3, bucket, found)
    known = set(stack.masked_outputs.get("sources") or ())
    for file in found:
        report = reports.get(file.report_key) or {}
        say(
            json.dumps(
                report or {"key": file.key, "bytes": file.size_bytes, "state": _state(file, None, known)}, indent=1
            )
        )
        if "detected" in report:
            say(f"The contract that is proposed for it: s3://{bucket}/{report['detected']}")
        _point_to_errors([report])
    return 0


def run_job() -> int:
    """Run the files job now, and print what became of the files that it took in; returns the exit status."""
    stack = target.find()
    s3, bucket = stack.client("s3"), _output(stack, "files_bucket")
    before = {item.key for item in s3_objects.listing(s3, bucket, REPORTS)}
    with activity(f"Glue job {stack.masked_outputs.get('files_job', '')}:") as tell:
        ended = job_run.run_files(stack, tell)
    files = [file for file in landed(s3, bucket) if file.report_key not in before]
    reports = _reports(s3, bucket, files)
    known = set(stack.masked_outputs.get("sources") or ())
    if files:
        print_table(Result(_COLUMNS, [_row(file, reports.get(file.report_key), known) for file in files], 0))
    else:
        say("No file was waiting; `rapid files` lists those that were taken in.")
    for report in reports.values():
        if report.get("reason"):
            say_error(f"error: {report['key']}: {report['reason']}")
    _point_to_errors(reports.values())
    if ended.succeeded:
        return 0
    say_error(f"error: the job run ended in state {ended.state}: {ended.error}\n  log group {ended.log}")
    return 1


def _point_to_errors(reports: Iterable[dict[str, Any]]) -> None:
    """Say where the reasons are, if rows went to quarantine."""
    for source in sorted({report["source"] for report in reports if report.get("quarantined")}):
        say(f"Some rows of {source} did not keep its contract: `rapid errors list {source}` says why.")


def _reports(s3: Any, bucket: str, files: list[LandedFile]) -> dict[str, dict[str, Any]]:
    """The reports of files, by key; a file without one has not been taken in."""
    wanted = {file.report_key for file in files}
    listed = (item for item in s3_objects.listing(s3, bucket, REPORTS) if item.key in wanted)
    return {item.key: json.loads(body) for item, body in s3_objects.contents(s3, bucket, listed)}


def _row(file: LandedFile, report: dict[str, Any] | None, known: set[str]) -> tuple[str | None, ...]:
    counts = (
        f"{report[name]:,}" if report and name in report else None
        for name in ("rows", "processed", "quarantined", "filtered")
    )
    moment = f"{file.received_at:%Y-%m-%d %H:%M:%S}"
    return (moment, file.source, file.id, file.name, f"{file.size_bytes:,}", _state(file, report, known), *counts)


def _state(file: LandedFile, report: dict[str, Any] | None, known: set[str]) -> str:
    if report:
        return str(report["state"])
    return "waiting" if file.source in known else "waiting for a contract"


def _output(stack: target.Target, name: str) -> str:
    value = stack.masked_outputs.get(name)
    if not value:
        raise CommandError(f"the stack has no output {name}; deploy it again")
    return str(value)
