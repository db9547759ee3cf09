"""Counts how the runs of Glue jobs ended, of which EventBridge tells; what Glue says of the reason may hold data."""

import time
from typing import Any

from shared import metrics

SUCCEEDED = "SUCCEEDED"
_line = metrics.line(("JobFailed",), "JobName")


def handler(event: dict[str, Any], _context: Any) -> None:
    """Handle an event of the end of a run."""
    run = event["detail"]
    failed = run["state"] != SUCCEEDED
    about = {"JobName": run["jobName"], "run": run["jobRunId"], "state": run["state"], "JobFailed": int(failed)}
    level = {"level": "ERROR" if failed else "INFO"}
    print(_line(int(time.time() * 1000), {**level, **about}))
