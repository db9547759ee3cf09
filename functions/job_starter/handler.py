"""Starts a Glue job soon after objects arrive: once for all that arrive in one interval of time.

An event makes a schedule for the end of its interval. The schedule's name says which interval that is, so the second
event of an interval finds it taken. A schedule is never made for a run that may have listed its inputs already.
"""

import datetime
import json
import os
import time
from typing import Any

import boto3

LEAD_SECONDS = 30
"""A schedule is made for no moment nearer than this: one that is past when it is made would never come."""

_JOB = os.environ["JOB_NAME"]
_INTERVAL_SECONDS = int(os.environ["INTERVAL_SECONDS"])
_START = "start"

_scheduler = boto3.client("scheduler")
_glue = boto3.client("glue")


def handler(event: dict[str, Any], context: Any) -> None:
    """Handle an event, which calls for a run, or what a schedule sends, which starts it."""
    if _START not in event:
        _schedule(context.invoked_function_arn)
        return
    try:
        run_id = _glue.start_job_run(JobName=_JOB)["JobRunId"]
    except _glue.exceptions.ConcurrentRunsExceededException:
        # That run may have listed its inputs before the newest of them came, so another must follow it.
        _schedule(context.invoked_function_arn)
        return
    print(json.dumps({"level": "INFO", "message": "started", "job": _JOB, "run": run_id}))


def _schedule(function_arn: str) -> None:
    """Make the schedule for the end of the interval, unless it is there."""
    due = int((time.time() + LEAD_SECONDS) // _INTERVAL_SECONDS + 1) * _INTERVAL_SECONDS
    moment = datetime.datetime.fromtimestamp(due, datetime.UTC)
    try:
        _scheduler.create_schedule(
            Name=f"start-{due}",
            GroupName=os.environ["SCHEDULE_GROUP"],
            ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": function_arn,
                "RoleArn": os.environ["SCHEDULE_ROLE_ARN"],
                "Input": json.dumps({_START: _JOB}),
            },
        )
    except _scheduler.exceptions.ConflictException:
        return
    print(json.dumps({"level": "INFO", "message": "scheduled", "job": _JOB, "at": moment.isoformat()}))
