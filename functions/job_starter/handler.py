"""Starts a Glue job soon after it is called for: once for all calls of one interval of time.

A call makes a schedule for the end of its interval. The schedule's name says which interval that is, so the second
call of an interval finds it taken. A schedule is never made for a run that may have listed its inputs already.
"""

import datetime
import json
import os
import time
from typing import Any

import boto3

LEAD_SECONDS = 30
"""A schedule is made for no moment nearer than this: one that is past when it is made would never come."""
FIRST_END_SECONDS = (2 * 60 + 2) * 60
"""An interval ends at this time of the first day of 1970, and hence at any multiple of its length from there: two
minutes past two, so that the call of the daily schedule, which may come a minute late, is soon followed by its run."""

_JOB = os.environ["JOB_NAME"]
_INTERVAL_SECONDS = int(os.environ["INTERVAL_SECONDS"])
_CALL, _DEPLOYED, _START = "call", "deployed", "start"
_SOON_SECONDS = 60
"""The interval at whose end the run begins that a deployment calls for: all that it calls twice is one run, too."""

_scheduler = boto3.client("scheduler")
_glue = boto3.client("glue")


def handler(event: dict[str, Any], context: Any) -> None:
    """Handle what a schedule of this function's sends, which starts a run, or anything else, which calls for one.

    The daily schedule's call has the arguments of the run; that of an event of S3 has none. A deployment's call does
    not wait for the end of an interval.
    """
    if _START not in event:
        interval_seconds = _SOON_SECONDS if _DEPLOYED in event else _INTERVAL_SECONDS
        _schedule(event.get(_CALL, {}), context.invoked_function_arn, interval_seconds)
        return
    arguments = event[_START]
    try:
        run_id = _glue.start_job_run(JobName=_JOB, Arguments=arguments)["JobRunId"]
    except _glue.exceptions.ConcurrentRunsExceededException:
        # That run may have listed its inputs before the newest of them came, so another must follow it.
        _schedule(arguments, context.invoked_function_arn, _INTERVAL_SECONDS)
        return
    print(json.dumps({"level": "INFO", "message": "started", "job": _JOB, "run": run_id, "arguments": arguments}))


def _schedule(arguments: dict[str, str], function_arn: str, interval_seconds: int) -> None:
    """Make the schedule for the end of an interval of this length, unless it is there.

    Arguments are of a run that does all that one without them does, and more: they take the place of none.
    """
    intervals = (time.time() + LEAD_SECONDS - FIRST_END_SECONDS) // interval_seconds + 1
    due = int(intervals) * interval_seconds + FIRST_END_SECONDS
    moment = datetime.datetime.fromtimestamp(due, datetime.UTC)
    schedule = {
        "Name": f"start-{due}",
        "GroupName": os.environ["SCHEDULE_GROUP"],
        "ScheduleExpression": f"at({moment:%Y-%m-%dT%H:%M:%S})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": function_arn,
            "RoleArn": os.environ["SCHEDULE_ROLE_ARN"],
            "Input": json.dumps({_START: arguments}),
        },
    }
    try:
        _scheduler.create_schedule(**schedule)
    except _scheduler.exceptions.ConflictException:
        if arguments:
            _scheduler.update_schedule(**schedule)
        return
    print(json.dumps({"level": "INFO", "message": "scheduled", "job": _JOB, "at": moment.isoformat()}))
