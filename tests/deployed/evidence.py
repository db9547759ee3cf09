"""Looking at what became of events: rows in the table, objects in the zones, refusals at the door."""

import contextlib
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import urllib3

from etl.jobs import curate_job
from rapid.cli import athena, job_run
from rapid.cli.job_run import Task
from rapid.cli.target import LocalStack


def rows(stack: LocalStack, sql: str) -> list[tuple[str | None, ...]]:
    """The rows of a query, in Athena's text."""
    return athena.run(stack, sql).rows


def number(stack: LocalStack, sql: str) -> int:
    """The one number that a query returns."""
    [(value,)] = rows(stack, sql)
    return int(value or 0)


def curate(stack: LocalStack, source: str) -> dict[str, Any]:
    """Deliver what is buffered and run the deployed job for a source; its report."""
    stack.flush()
    ended = job_run.run(stack, Task.CURATE, source, lambda _state: None)
    assert ended.succeeded, (ended, list(error_log(stack, ended.log)))
    [report] = ended.reports
    return report


def curate_here(stack: LocalStack, source: str, job: str | None = None) -> dict[str, Any]:
    """The same by the job's code in this process: where a test is about something else, its start takes too long.

    `job` is another than the stack's own, such as that of the streaming lake.
    """
    stack.flush()
    job_name = job or stack.outputs["curate_job"]
    arguments = stack.client("glue").get_job(JobName=job_name)["Job"]["DefaultArguments"]
    words = [word for name, value in arguments.items() for word in (name, value)]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as told:
        for name, value in _caller(stack).items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        assert curate_job.main([*words, "--source", source]) == 0, told.getvalue()
    report: dict[str, Any] = json.loads(told.getvalue().splitlines()[-1])
    return report


def _caller(stack: LocalStack) -> dict[str, str]:
    keys, region = stack.credentials, stack.region
    return {
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def error_log(stack: LocalStack, where: str) -> Iterator[str]:
    """The lines of a log, given as `GROUP, stream STREAM`."""
    group, _, stream = where.partition(", stream ")
    events = stack.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    yield from (event["message"] for event in events)


def objects(stack: LocalStack, bucket: str, prefix: str = "") -> Iterator[bytes]:
    """The content of every object under a prefix of one of the stack's buckets, such as `raw_bucket`."""
    s3, name = stack.client("s3"), stack.outputs[bucket]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix):
        for found in page.get("Contents", []):
            yield s3.get_object(Bucket=name, Key=found["Key"])["Body"].read()


def raw_lines(stack: LocalStack) -> int:
    """Number of envelopes in the raw zone."""
    return sum(len(gzip.decompress(content).splitlines()) for content in objects(stack, "raw_bucket", "orders/"))


def quarantined(stack: LocalStack) -> list[dict[str, Any]]:
    """The events in quarantine, with their errors."""
    return [json.loads(content) for content in objects(stack, "quarantine_bucket", "orders/")]


def post(stack: LocalStack, body: str | bytes, **headers: str) -> urllib3.BaseHTTPResponse:
    """Post a body to the orders' path, with the API key unless a header says otherwise."""
    sent = {"x-api-key": stack.outputs["api_key"], "content-type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    url = stack.outputs["ingest_url"] + stack.outputs["paths"]["orders"]
    return urllib3.request("POST", url, body=body, headers=sent, retries=False)
