"""Waiting for runs of Glue jobs, which write to buckets and tables."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..job_run import UNDER_WAY
from ..target import Target
from .state import StackResource

TYPE = "aws:glue/job:Job"
_MAX_POLL_SECONDS = 5.0


def wait(stack: Target, resources: Sequence[StackResource], tell: Callable[[str], None]) -> None:
    """Wait until no run is under way; nothing may start one any more."""
    glue = stack.client("glue")
    names = [item.id for item in resources if item.type == TYPE]
    pause = 0.2
    while running := [name for name in names if _is_running(glue, name)]:
        tell(f"{', '.join(running)}: a run is under way")
        time.sleep(pause)
        pause = min(pause * 2, _MAX_POLL_SECONDS)


def _is_running(glue: Any, job: str) -> bool:
    try:
        runs = glue.get_job_runs(JobName=job, MaxResults=10)["JobRuns"]
    except glue.exceptions.EntityNotFoundException:
        return False
    return any(run["JobRunState"] in UNDER_WAY for run in runs)
