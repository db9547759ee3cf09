"""One run of a job through the Glue API: started, followed to its end, and what it reported."""

import datetime
import json
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from contracts import folders

from .errors import CommandError
from .target import Target

_FIRST_POLL_SECONDS = 0.2
_MAX_POLL_SECONDS = 5.0
UNDER_WAY = ("STARTING", "RUNNING", "STOPPING", "WAITING")
"""https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html"""


class Task(Enum):
    """What a job is to do."""

    CURATE = "curate"
    MAINTAIN = "maintain"
    EXPORT = "export"


class Job(NamedTuple):
    """The outputs that name a job and the bucket of its reports, and the prefix of a source's reports."""

    name_output: str
    bucket_output: str
    reports: str


_CURATION = Job("curate_job", "curated_bucket", "reports/{}/")
JOBS = {
    Task.CURATE: _CURATION,
    Task.MAINTAIN: _CURATION,
    Task.EXPORT: Job("exports_job", "files_bucket", "exports/{}/reports/"),
}
"""What does each task."""


class Ended(NamedTuple):
    """A run that has ended, and its reports, one a source."""

    state: str
    error: str
    """Why it did not succeed; empty if it did."""
    log: str
    """Log group and stream of its standard error."""
    reports: list[dict[str, Any]]

    @property
    def succeeded(self) -> bool:
        """Whether Glue says so."""
        return self.state == "SUCCEEDED"


def run(
    stack: Target, task: Task, source: str | None, told: Callable[[str], None], options: Mapping[str, str] | None = None
) -> Ended:
    """Run a task's job for a source, or all (None); `told` is given each state.

    Raises CommandError if it cannot start.
    """
    outputs = stack.masked_outputs
    sources = [source] if source else sorted(outputs.get("sources") or ())
    arguments = {"--task": task.value, "--source": source or "all", **(options or {})}
    return _run(
        stack,
        (JOBS[task].name_output, JOBS[task].bucket_output),
        arguments,
        lambda ended: _reports(stack, task, sources, ended["StartedOn"]),
        told,
    )


def run_files(stack: Target, told: Callable[[str], None]) -> Ended:
    """Run the files job, whose reports are those of the files. Raises CommandError if it cannot start."""
    return _run(stack, ("files_job",), {}, lambda _ended: [], told)


def run_erasure(stack: Target, task: str, source: str, request_id: str, told: Callable[[str], None]) -> Ended:
    """Run the erasure job for a request; `task` is forget or verify. Raises CommandError if it cannot start."""
    arguments = {"--task": task, "--source": source, "--request": request_id}

    def reports(ended: dict[str, Any]) -> list[dict[str, Any]]:
        s3, bucket = stack.client("s3"), stack.masked_outputs["curated_bucket"]
        try:
            body = s3.get_object(Bucket=bucket, Key=f"{folders.ERASURES}/{source}/{request_id}.json")["Body"].read()
        except s3.exceptions.NoSuchKey:
            return []
        report = json.loads(body)
        # An earlier run of the same request may have left it.
        return [report] if datetime.datetime.fromisoformat(report["started"]) >= ended["StartedOn"] else []

    return _run(stack, ("erasure_job", "curated_bucket"), arguments, reports, told)


def _run(
    stack: Target,
    needed: tuple[str, ...],
    arguments: dict[str, str],
    reports: Callable[[dict[str, Any]], list[dict[str, Any]]],
    told: Callable[[str], None],
) -> Ended:
    """Run the job that the first of the needed outputs names."""
    from botocore.exceptions import BotoCoreError, ClientError

    outputs = stack.masked_outputs
    missing = [name for name in needed if name not in outputs]
    if missing:
        raise CommandError(f"the stack has no output {' or '.join(missing)}; deploy it again")
    job = outputs[needed[0]]
    try:
        glue = stack.client("glue")
        run_id = _started(glue, job, arguments, told)
        ended = _followed(glue, job, run_id, told)
        log = f"{_log_group(glue, job, ended)}, stream {run_id}"
        return Ended(ended["JobRunState"], _reason(ended), log, reports(ended))
    except ClientError as error:
        raise CommandError(f"Glue: {error.response['Error'].get('Message') or error}") from None
    except BotoCoreError as error:
        raise CommandError(f"Glue cannot be asked: {error}") from None


def _started(glue: Any, job: str, arguments: dict[str, str], told: Callable[[str], None]) -> str:
    """Start a run, after the one that is under way: what arrives starts runs as well, and a job runs once at a time."""
    delay_seconds, waits = _FIRST_POLL_SECONDS, False
    while True:
        try:
            return str(glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"])
        except glue.exceptions.ConcurrentRunsExceededException:
            if not waits:
                told("waiting for the run that is under way")
                waits = True
            time.sleep(delay_seconds)
            delay_seconds = min(delay_seconds * 1.5, _MAX_POLL_SECONDS)


def _followed(glue: Any, job: str, run_id: str, told: Callable[[str], None]) -> dict[str, Any]:
    delay_seconds, shown = _FIRST_POLL_SECONDS, ""
    while True:
        found: dict[str, Any] = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        state = found["JobRunState"]
        if state != shown:
            told(state.lower())
            shown = state
        if state not in UNDER_WAY:
            return found
        time.sleep(delay_seconds)
        delay_seconds = min(delay_seconds * 1.5, _MAX_POLL_SECONDS)


def _reason(ended: dict[str, Any]) -> str:
    state = ended["JobRunState"]
    return "" if state == "SUCCEEDED" else ended.get("ErrorMessage") or "Glue gives no reason"


def _log_group(glue: Any, job: str, ended: dict[str, Any]) -> str:
    """https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html."""
    defaults = glue.get_job(JobName=job)["Job"].get("DefaultArguments", {})
    prefix = defaults.get("--custom-logGroup-prefix") or ended.get("LogGroupName") or "/aws-glue/jobs"
    return f"{prefix.rstrip('/')}/error"


def _reports(stack: Target, task: Task, sources: list[str], started: datetime.datetime) -> list[dict[str, Any]]:
    """The run's reports: the newest of each source since it was started. Runs never overlap, so it is this one's."""
    s3, bucket = stack.client("s3"), stack.masked_outputs[JOBS[task].bucket_output]
    reports = []
    for source in sources:
        # A report's key begins with the second in which its script started, after the run itself.
        prefix = JOBS[task].reports.format(source)
        after = f"{prefix}{started.astimezone(datetime.UTC):%Y/%m/%d/%H-%M-%S}"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=after)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        if keys:
            report = json.loads(s3.get_object(Bucket=bucket, Key=max(keys))["Body"].read())
            reports += [report] if report["task"] == task.value else []
    return reports
