"""The Glue job that erases a person from a source, or looks whether anything is left. Stores a report, prints figures.

The value that a person is known by is in the request, an object that only this job and operators read: arguments of a
run are shown in the console. Neither it nor names of objects go to the log.
"""

import argparse
import datetime
import json
import sys
import time
from typing import Any

import boto3

from etl import contract, objects
from etl.forget import contract as key_contract
from etl.forget import pseudonym
from etl.forget.erase import Erasure, Stack, forget, report
from etl.forget.person import Person
from etl.forget.places import Buckets
from etl.forget.requests import Request, Requests
from etl.iceberg import catalog
from etl.jobs import runs
from etl.lake import Lake

_UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")
"""https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html"""
_POLL_SECONDS = 5.0


def main(argv: list[str]) -> int:
    """Run; returns the exit status, 1 if the person is still somewhere."""
    arguments = _arguments(argv)
    started = datetime.datetime.now(datetime.UTC)
    s3 = boto3.client("s3")
    requests = Requests(s3, arguments.curated_bucket, arguments.source)
    requests.tidy()
    request = requests.read(arguments.request)
    if request is None:
        print(f"error: there is no request {arguments.request} for {arguments.source}, or it is done", file=sys.stderr)
        return 1
    try:
        erasure = _erasure(arguments, s3, request)
    except key_contract.UnfitKey as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.task == "verify":
        searched = erasure.search()
        found = report(searched, searched, 0)
        found["state"] = "found" if found["state"] == "remains" else "nothing found"
    else:
        found = forget(erasure, requests, request.id)
    seconds = runs.seconds_since(started)
    about = {"task": arguments.task, "source": request.source, "request": request.id, "field": request.field}
    requests.report(request.id, {**about, "started": started.isoformat(), "seconds": seconds, **found})
    if found["state"] != "remains":
        requests.done(request.id)
    print(f"{found['state']}; {found['erased']} events erased, {seconds} s")
    return 1 if found["state"] in ("remains", "found") else 0


def _erasure(arguments: argparse.Namespace, s3: Any, request: Request) -> Erasure:
    """Raises UnfitKey."""
    bucket, key = objects.place(arguments.contracts_uri)
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    document = next((item for item in json.loads(text) if item["source"] == request.source), None)
    compiled = next((item for item in contract.parse(text) if item.source == request.source), None)
    if document is None or compiled is None:
        raise key_contract.UnfitKey(f"there is no source {request.source!r}")
    field = key_contract.key_field(document, request.field)
    hashed = None
    if field.is_hashed:
        hashed = pseudonym.of(boto3.client("kms"), arguments.pseudonym_key_arn, request.value)
    buckets = Buckets(
        arguments.raw_bucket,
        arguments.processed_bucket,
        arguments.curated_bucket,
        arguments.quarantine_bucket,
        arguments.files_bucket,
        arguments.results_bucket,
    )
    lake = Lake(arguments.database, arguments.processed_bucket, arguments.curated_bucket)
    stack = Stack(s3, boto3.client("sqs"), catalog.connect(), lake, buckets, arguments.dead_letter_queue_url)
    known = tuple(name for item in document["fields"] for name in (item["name"], *item["aliases"]))
    person = Person(field, request.value, hashed)
    return Erasure(stack, compiled, known, person, lambda: _settle(arguments.curate_job), _tell)


def _settle(job: str) -> None:
    """Wait for the runs of the curate job that are under way now. Those that begin later need not be waited for."""
    glue, now = boto3.client("glue"), datetime.datetime.now(datetime.UTC)
    while any(
        run["JobRunState"] in _UNDER_WAY and run["StartedOn"] <= now
        for run in glue.get_job_runs(JobName=job)["JobRuns"]
    ):
        _tell("waiting for the run of the curate job that is under way")
        time.sleep(_POLL_SECONDS)


def _tell(line: str) -> None:
    print(line, flush=True)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = runs.parser("forget_job.py")
    parser.add_argument("--task", choices=("forget", "verify"), default="forget")
    parser.add_argument("--source", required=True)
    parser.add_argument("--request", required=True, help="id of the request")
    parser.add_argument("--database", required=True)
    for name in ("raw", "processed", "curated", "quarantine", "files", "results"):
        parser.add_argument(f"--{name}_bucket", required=True)
    parser.add_argument("--dead_letter_queue_url", required=True)
    parser.add_argument("--curate_job", required=True)
    parser.add_argument("--pseudonym_key_arn", default="")
    parser.add_argument("--contracts_uri", required=True)
    return runs.parsed(parser, argv)


if __name__ == "__main__":
    runs.end(main)
