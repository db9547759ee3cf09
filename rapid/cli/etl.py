"""`rapid etl`: runs the Glue job that keeps the curated tables, and shows what it did."""

from typing import Any

from . import job_run, target
from .athena import Column, Result
from .console import activity, say, say_error
from .errors import CommandError
from .job_run import Ended, Task
from .rows import print_table

_COLUMNS = {
    Task.CURATE: {
        "inputs": "inputs",
        "rows_read": "rows read",
        "rows_added": "added",
        "repeats": "repeats",
        "commits": "commits",
        "conflicts": "conflicts",
        "seconds": "seconds",
    },
    Task.MAINTAIN: {
        "expired_snapshots": "expired snapshots",
        "deleted_objects": "deleted objects",
        "seconds": "seconds",
    },
}
"""What is shown of a report: member and title."""


def run(task: Task, source: str | None) -> int:
    """Run the job for a source, or for all (None), and print its reports; returns the exit status."""
    stack = target.find()
    known = sorted(stack.masked_outputs.get("sources") or ())
    if source and source not in known:
        raise CommandError(f"the deployed stack has no source {source!r}; it has: {', '.join(known) or 'none'}")
    return report(task, followed(stack, task, source))


def followed(stack: target.Target, task: Task, source: str | None) -> Ended:
    """Run the job, telling its states."""
    with activity(f"Glue job {stack.masked_outputs.get('curate_job', '')}, {task.value} {source or 'all'}:") as tell:
        return job_run.run(stack, task, source, tell)


def report(task: Task, ended: Ended) -> int:
    """Print what a run did, and why it failed if it did; returns the exit status."""
    if ended.reports:
        print_table(_table(task, ended.reports))
    for found in ended.reports:
        for problem in (found.get("error"), *found.get("unreadable", ())):
            if problem:
                say_error(f"error: {found['source']}: {problem}")
    if ended.succeeded:
        if not ended.reports:
            say("The run left no report.")
        return 0
    say_error(f"error: the job run ended in state {ended.state}: {ended.error}\n  log group {ended.log}")
    return 1


def _table(task: Task, reports: list[dict[str, Any]]) -> Result:
    titles = _COLUMNS[task]
    columns = [Column("source", "varchar"), *(Column(title, "bigint") for title in titles.values())]
    # A run that failed for a source says no more than that.
    rows: list[tuple[str | None, ...]] = [
        (found["source"], *(f"{found[name]:,}" if name in found else None for name in titles)) for found in reports
    ]
    return Result(tuple(columns), rows, 0)
