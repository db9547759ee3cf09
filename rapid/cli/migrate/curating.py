"""The curate jobs of both lakes, where a step cannot go on unless they have added everything."""

from .. import etl, job_run
from ..console import activity
from ..errors import CommandError
from ..job_run import Ended, Task
from ..target import Target
from . import state
from .state import Side

EVERYTHING = {"--lookback_days": "0"}
"""Options of a run that looks at all that was ever delivered."""


def curate(stack: Target, side: Side, options: dict[str, str]) -> Ended:
    """Run a lake's curate job for all sources. Raises CommandError if it fails, or could not read something."""
    seen = state.seen_from(stack, side)
    with activity(f"Glue job {side.curate_job}, curate all:") as tell:
        ended = job_run.run(seen, Task.CURATE, None, tell, options)
    if not ended.succeeded or any(report.get("unreadable") for report in ended.reports):
        etl.report(Task.CURATE, ended)
        raise CommandError(
            f"the curate job {side.curate_job} did not add everything; mend what it names, then run this again"
        )
    return ended
