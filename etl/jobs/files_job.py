"""The Glue job that turns files which landed into processed events. Stores a report a file, and prints its figures."""

import argparse
import datetime
import json
import sys
from collections import Counter
from collections.abc import Collection
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from etl import objects
from etl.files import contract
from etl.files.places import DETECTED, REPORTS, Buckets, LandedFile, landed
from etl.files.take_in import Gone, keep, take_in
from etl.jobs import metrics, runs

_LOGGED = ("source", "fileId", "state", "rows", "processed", "quarantined", "filtered", "seconds", "peakMemoryBytes")
"""What the log has of a report: a file's name, and the reason that it was refused for, may hold a person's data."""


def main(argv: list[str]) -> int:
    """Take in every file that has no report; look again before leaving. Returns the exit status."""
    arguments, started = _arguments(argv), datetime.datetime.now(datetime.UTC)
    s3 = boto3.client("s3")
    bucket, key = objects.place(arguments.contracts_uri)
    contracts = contract.parse(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    buckets = Buckets(arguments.files_bucket, arguments.processed_bucket, arguments.quarantine_bucket)
    tried: set[LandedFile] = set()
    counts: Counter[str] = Counter()
    failed = 0
    while pending := [file for file in _pending(s3, buckets, contracts) if file not in tried]:
        for file in pending:
            tried.add(file)
            failed += not _take_in(s3, buckets, file, contracts, counts)
    if metric := metrics.of_files(arguments.stack, counts, started):
        print(metric)
    print(f"{len(tried)} without a report were looked at, {failed} of them failed; there are no more")
    return 1 if failed else 0


def _pending(s3: Any, buckets: Buckets, sources: Collection[str]) -> list[LandedFile]:
    """The files without a report, and those that waited for a contract which is there now; the oldest first."""
    reported = {item["Key"] for item in objects.listed(s3, buckets.files, REPORTS)}
    detected = {item["Key"] for item in objects.listed(s3, buckets.files, DETECTED)}
    return [
        file
        for file in landed(s3, buckets.files)
        if file.report_key not in reported
        or (file.source in sources and file.detected_key in detected and _is_waiting(s3, buckets, file))
    ]


def _is_waiting(s3: Any, buckets: Buckets, file: LandedFile) -> bool:
    report = json.loads(s3.get_object(Bucket=buckets.files, Key=file.report_key)["Body"].read())
    return bool(report["state"] == "no contract")


def _take_in(
    s3: Any, buckets: Buckets, file: LandedFile, contracts: dict[str, contract.FileContract], counts: Counter[str]
) -> bool:
    """Take one file in; whether that went well, be it accepted or refused. The next run tries it again if not.

    Adds to `counts` what became of its rows.
    """
    shown = f"{file.source}/{file.id}"
    print(f"{shown}: {file.size_bytes} bytes", flush=True)
    found = contracts.get(file.source)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    try:
        report = take_in(s3, buckets, file, found, now) if found else keep(s3, buckets, file)
        print(json.dumps({name: report[name] for name in _LOGGED if name in report}), flush=True)
        counts.update({name: report[name] for name in metrics.TAKEN_IN if name in report})
    except Gone as gone:
        print(f"{shown}: {gone}", flush=True)
    except (BotoCoreError, ClientError):
        raise
    except Exception as error:
        # One file must not keep the others waiting. An error's own words may hold a person's data.
        print(f"error: {shown}: {runs.place_of(error)}; the next run tries it again", file=sys.stderr, flush=True)
        return False
    return True


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = runs.parser("files_job.py")
    parser.add_argument("--files_bucket", required=True)
    parser.add_argument("--processed_bucket", required=True)
    parser.add_argument("--quarantine_bucket", required=True)
    parser.add_argument("--contracts_uri", required=True)
    parser.add_argument("--stack", default="", help="metrics are told by it; without it none are")
    return runs.parsed(parser, argv)


if __name__ == "__main__":
    runs.end(main)
