"""`rapid etl` against a Glue and an S3 of the test's own."""

import datetime
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from rapid.cli import job_run, target
from rapid.cli.app import app

STARTED = datetime.datetime(2026, 3, 14, 18, 30, 5, 700_000, tzinfo=datetime.UTC)
EARLIER = "reports/orders/2026/03/14/18-30-04-0000.json"
NOW = "reports/orders/2026/03/14/18-30-07-0000.json"
REPORT = {
    "task": "curate",
    "source": "orders",
    "inputs": 2,
    "rows_read": 1500,
    "rows_added": 1490,
    "repeats": 10,
    "commits": 1,
    "conflicts": 0,
    "unreadable": [],
    "seconds": 1.5,
}


class Glue:
    """A job whose run goes through the states it is given."""

    class exceptions:
        """As a client of boto3 has them."""

        class ConcurrentRunsExceededException(ClientError):
            """One run is under way."""

    def __init__(self) -> None:
        self.states = ["STARTING", "RUNNING", "SUCCEEDED"]
        self.error: str | None = None
        self.refusal: str | None = None
        self.runs_under_way = 0
        self.started: list[dict[str, Any]] = []
        self.default_arguments = {"--custom-logGroup-prefix": "/aws-glue/rapid-dev-curation"}

    def start_job_run(self, **asked: Any) -> dict[str, Any]:
        if self.runs_under_way:
            self.runs_under_way -= 1
            raise self.exceptions.ConcurrentRunsExceededException({"Error": {"Code": "it"}}, "StartJobRun")
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "it says no"}}, "StartJobRun")
        self.started.append(asked)
        return {"JobRunId": "jr_1"}

    def get_job_run(self, JobName: str, RunId: str) -> dict[str, Any]:
        state = self.states.pop(0)
        failed = {"ErrorMessage": self.error} if self.error else {}
        return {"JobRun": {"JobRunState": state, "StartedOn": STARTED, "LogGroupName": "/aws-glue/jobs", **failed}}

    def get_job(self, JobName: str) -> dict[str, Any]:
        return {"Job": {"Name": JobName, "DefaultArguments": self.default_arguments}}


class S3:
    """A bucket as a dictionary, as much of it as reports need."""

    def __init__(self) -> None:
        self.reports: dict[str, dict[str, Any]] = {}

    def get_paginator(self, _name: str) -> "S3":
        return self

    def paginate(self, Bucket: str, Prefix: str, StartAfter: str) -> list[dict[str, Any]]:
        assert Bucket == "curated"
        keys = sorted(key for key in self.reports if key.startswith(Prefix) and key > StartAfter)
        return [{"Contents": [{"Key": key} for key in keys]}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(json.dumps(self.reports[Key]).encode())}


class Stack:
    """A deployed stack with these two services."""

    buffered_records: Callable[[], dict[str, int]]

    def __init__(self) -> None:
        self.glue, self.s3 = Glue(), S3()
        self.masked_outputs: dict[str, Any] = {
            "curate_job": "curation-job-1",
            "curated_bucket": "curated",
            "sources": ["clickstream", "orders"],
        }

    def client(self, service: str) -> Any:
        return {"glue": self.glue, "s3": self.s3}[service]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    made = Stack()
    monkeypatch.setattr(target, "find", lambda: made)
    monkeypatch.setattr(job_run, "_FIRST_POLL_SECONDS", 0.0)
    made.s3.reports = {EARLIER: {**REPORT, "rows_added": 7}, NOW: REPORT}
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["etl", *arguments])


def cells(result: Result) -> list[list[str]]:
    return [line.split() for line in result.stdout.splitlines() if line.strip()]


def test_the_job_is_started_for_one_source_and_its_report_is_shown(stack: Stack) -> None:
    result = run("run", "orders")
    assert result.exit_code == 0
    assert stack.glue.started == [
        {"JobName": "curation-job-1", "Arguments": {"--task": "curate", "--source": "orders"}}
    ]
    assert cells(result)[2] == ["orders", "2", "1,500", "1,490", "10", "1", "0", "1.5"]


@pytest.mark.parametrize(
    ("source", "told"), [("orders", "2 records of one event or more still in"), ("", "3 records"), ("clickstream", "")]
)
def test_what_a_local_stream_still_holds_is_told(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, source: str, told: str
) -> None:
    stack.masked_outputs["streams"] = {"orders": "stream-1", "users": "stream-2", "clickstream": "stream-3"}
    stack.buffered_records = lambda: {"stream-1": 2, "stream-2": 1, "stream-3": 0}
    monkeypatch.setattr(target, "LocalStack", Stack)
    shown = run("run", *([source] if source else [])).stdout
    assert told in shown
    assert ("delivery streams" in shown) == bool(told)


def test_an_engine_is_passed_to_the_job(stack: Stack) -> None:
    assert run("run", "orders", "--engine", "spark").exit_code == 0
    assert stack.glue.started[0]["Arguments"]["--engine"] == "spark"


def test_a_full_run_looks_back_without_end(stack: Stack) -> None:
    assert run("run", "--full").exit_code == 0
    assert stack.glue.started[0]["Arguments"]["--lookback_days"] == "0"


def test_the_states_of_the_run_are_told(stack: Stack) -> None:
    assert run("run", "orders").stderr.split("\n")[1:4] == ["  starting", "  running", "  succeeded"]


def test_without_a_source_all_are_curated_and_each_report_is_shown(stack: Stack) -> None:
    stack.s3.reports[NOW.replace("orders", "clickstream")] = {**REPORT, "source": "clickstream"}
    result = run("run")
    assert stack.glue.started[0]["Arguments"]["--source"] == "all"
    assert [line[0] for line in cells(result)[2:4]] == ["clickstream", "orders"]


def test_maintenance_shows_what_it_compacted_expired_and_deleted(stack: Stack) -> None:
    compacted = {
        "compacted_days": 2,
        "compacted_files": 48,
        "written_files": 2,
        "bytes_before": 9000,
        "bytes_after": 5000,
    }
    report = {"task": "maintain", "source": "orders", "expired_snapshots": 3, "deleted_objects": 12, "seconds": 0.5}
    stack.s3.reports[NOW] = report | compacted
    result = run("maintain", "orders")
    assert stack.glue.started[0]["Arguments"]["--task"] == "maintain"
    assert cells(result)[2] == ["orders", "2", "48", "2", "9,000", "5,000", "3", "12", "0.5"]


def test_a_report_of_an_earlier_run_is_not_shown(stack: Stack) -> None:
    del stack.s3.reports[NOW]
    result = run("run", "orders")
    assert result.exit_code == 0
    assert "The run left no report." in result.stdout


def test_a_run_that_fails_says_why_and_where_its_log_is(stack: Stack) -> None:
    stack.glue.states, stack.glue.error = ["RUNNING", "FAILED"], "SystemExit: 1"
    stack.s3.reports[NOW] = {"task": "curate", "source": "orders", "error": "column 'price' is string", "seconds": 0.1}
    result = run("run", "orders")
    assert result.exit_code == 1
    assert "error: orders: column 'price' is string\n" in result.stderr
    assert "error: the job run ended in state FAILED: SystemExit: 1\n" in result.stderr
    assert "log group /aws-glue/rapid-dev-curation/error, stream jr_1" in result.stderr


def test_objects_that_could_not_be_read_are_named(stack: Stack) -> None:
    stack.glue.states, stack.glue.error = ["FAILED"], "SystemExit: 1"
    stack.s3.reports[NOW] = {**REPORT, "unreadable": ["s3://processed/orders/x: not Parquet"]}
    assert "error: orders: s3://processed/orders/x: not Parquet\n" in run("run", "orders").stderr


def test_a_run_without_a_message_is_told_by_its_state(stack: Stack) -> None:
    stack.glue.states = ["TIMEOUT"]
    stack.glue.default_arguments = {}
    result = run("run", "orders")
    assert result.exit_code == 1
    assert "ended in state TIMEOUT: Glue gives no reason\n  log group /aws-glue/jobs/error" in result.stderr


def test_a_second_run_waits_for_the_one_that_is_under_way(stack: Stack) -> None:
    stack.glue.runs_under_way = 2
    result = run("run", "orders")
    assert (result.exit_code, stack.glue.runs_under_way, len(stack.glue.started)) == (0, 0, 1)
    assert result.stderr.count("waiting for the run that is under way") == 1


def test_what_glue_says_no_to_is_passed_on(stack: Stack) -> None:
    stack.glue.refusal = "AccessDeniedException"
    assert "error: Glue: it says no" in run("run").stderr


def test_an_unknown_source_is_refused_naming_the_known_ones(stack: Stack) -> None:
    result = run("run", "oders")
    assert result.exit_code == 1
    assert "the deployed stack has no source 'oders'; it has: clickstream, orders" in result.stderr
    assert stack.glue.started == []


def test_a_stack_without_the_job_is_refused(stack: Stack) -> None:
    del stack.masked_outputs["curate_job"]
    assert "the stack has no output curate_job; deploy it again" in run("run").stderr
