"""Copies reports and logs of the Glue jobs to a file system that the function mounts, for Glue cannot.

A copy is there whole or not at all, and a second run over the same days writes nothing again. Copies are deleted when
they are as old as logs may become. An event `{"days": 30}` copies more than the last two days.
"""

import datetime
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from botocore.config import Config

LOOKBACK_DAYS = 2
"""Days whose reports and logs are looked at, today among them; the time of a log's last line comes late to AWS itself:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html."""
_DAY_SECONDS = 24 * 60 * 60

_config = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
_s3, _logs = boto3.client("s3", config=_config), boto3.client("logs", config=_config)
_root = Path(os.environ["DIRECTORY"])
_keep_days = int(os.environ["KEEP_DAYS"])
_reports: list[dict[str, Any]] = json.loads(os.environ["REPORTS"])
_log_groups: list[str] = json.loads(os.environ["LOG_GROUPS"])


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Copy what is new, delete what is old; how many files of each kind."""
    days, now = int(event.get("days", LOOKBACK_DAYS)), time.time()
    done = {
        "reports": sum(_copy_report(bucket, item) for bucket, item in _listed(now, days)),
        "logs": sum(_copy_log(group, stream) for group in _log_groups for stream in _streams(group, now, days)),
        "deleted": _expire(now - _keep_days * _DAY_SECONDS),
    }
    print(json.dumps(done))
    return done


def _listed(now: float, days: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The reports of the last days, which lie under a prefix a day."""
    today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
    for place in _reports:
        for prefix in place["prefixes"]:
            for ago in range(days):
                day = f"{prefix}{today - datetime.timedelta(days=ago):%Y/%m/%d}/"
                for page in _s3.get_paginator("list_objects_v2").paginate(Bucket=place["bucket"], Prefix=day):
                    for item in page.get("Contents", ()):
                        yield place["bucket"], item


def _copy_report(bucket: str, item: dict[str, Any]) -> bool:
    """Copy a report unless it is there; whether it was not. A report is written once and never changed."""
    target = _target(item["Key"])
    if target.exists() and target.stat().st_size == item["Size"]:
        return False
    body = _s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
    _write(target, lambda file: file.write(body))
    return True


def _streams(group: str, now: float, days: int) -> Iterator[dict[str, Any]]:
    """The streams of a log group that were written to in the last days; the latest come first."""
    since_ms = (now - days * _DAY_SECONDS) * 1000
    pages = _logs.get_paginator("describe_log_streams").paginate(
        logGroupName=group, orderBy="LastEventTime", descending=True
    )
    for page in pages:
        for stream in page["logStreams"]:
            if stream.get("lastEventTimestamp", 0) < since_ms:
                return
            yield stream


def _copy_log(group: str, stream: dict[str, Any]) -> bool:
    """Copy a stream anew if it has gained lines; whether it had. The file has the time of the last line."""
    target = _target(f"logs/{group.strip('/')}/{stream['logStreamName']}.log")
    last = stream["lastEventTimestamp"] / 1000
    if target.exists() and target.stat().st_mtime >= last:
        return False
    _write(target, lambda file: file.writelines(_lines(group, stream["logStreamName"])), last)
    return True


def _lines(group: str, stream: str) -> Iterator[bytes]:
    token: dict[str, str] = {}
    while True:
        page = _logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
        for event in page["events"]:
            yield event["message"].rstrip("\n").encode() + b"\n"
        # The same token again says that there is no more:
        # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
        if page["nextForwardToken"] == token.get("nextToken"):
            return
        token = {"nextToken": page["nextForwardToken"]}


def _target(name: str) -> Path:
    """The file of a copy. Raises ValueError for a name that leads out of the directory."""
    target = _root / name
    if ".." in target.parts or not target.is_relative_to(_root):
        raise ValueError(f"{name!r} is not a name of a file below {_root}")
    return target


def _write(target: Path, fill: Callable[[BinaryIO], object], modified: float | None = None) -> None:
    """Write a file beside its place, wait until it is stored, then put it there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{uuid.uuid4().hex}.partial"
    try:
        with partial.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        if modified is not None:
            os.utime(partial, (modified, modified))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _expire(before: float) -> int:
    """Delete copies from before a time, what ended runs left, and directories that became empty; how many files."""
    deleted = 0
    for folder, names, files in os.walk(_root, topdown=False):
        deleted += sum(_delete_if_old(Path(folder, file), before) for file in files)
        for name in names:
            _remove_if_empty(Path(folder, name))
    return deleted


def _delete_if_old(file: Path, before: float) -> bool:
    if file.stat().st_mtime >= before:
        return False
    file.unlink(missing_ok=True)
    return True


def _remove_if_empty(directory: Path) -> None:
    if not any(directory.iterdir()):
        directory.rmdir()
