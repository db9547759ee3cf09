"""What Glue tells EventBridge: how runs ended.

https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
"""

from collections.abc import Callable
from typing import Any

from ..events.clock import utc_text
from .runs import JobRun, RunState

Publish = Callable[[dict[str, Any]], None]
_SEVERITIES = {RunState.SUCCEEDED: "INFO", RunState.FAILED: "ERROR", RunState.TIMEOUT: "WARN"}


def event(run: JobRun) -> dict[str, Any]:
    """The event of a run that ended, without what the bus adds."""
    message = "Job run succeeded" if run.state is RunState.SUCCEEDED else run.error_message or "Job run timed out"
    detail = {
        "jobName": run.job.name,
        "severity": _SEVERITIES[run.state],
        "state": run.state.value,
        "jobRunId": run.id,
        "message": message,
    }
    time = utc_text(run.completed_on or run.modified_on)
    return {
        "detail-type": "Glue Job State Change",
        "source": "aws.glue",
        "time": time,
        "resources": [],
        "detail": detail,
    }
