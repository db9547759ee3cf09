"""`rapid etl`: runs the Glue jobs that export tables of databases and keep the curated tables, shows what they did."""

from collections.abc import Mapping
from typing import Any

from . import job_run, source_streams, target
from .athena import Column, Result
from .chosen_sources import contracts_of
from .console import activity, number_of, say, say_error
from .errors import CommandError
from .job_run import Ended, Task
from .rows import print_table

_COLUMNS = {
    Task.CURATE: {
        "inputs": "inputs",
        "rows_read": "rows read",
        "rows_added": "added",
        "repeats": "repeats",
        "replaced": "replaced",
        "commits": "commits",
        "conflicts": "conflicts",
        "seconds": "seconds",
    },
    Task.MAINTAIN: {
        "compacted_days": "compacted days",
        "compacted_files": "files",
        "written_files": "files now",
        "bytes_before": "bytes",
        "bytes_after": "bytes now",
        "expired_snapshots": "expired snapshots",
        "deleted_objects": "deleted objects",
        "seconds": "seconds",
    },
    Task.EXPORT: {
        "export": "export",
        "rows": "rows",
        "unfit": "unfit",
        "waiting": "waiting",
        "files": "files",
        "bytes": "bytes",
        "seconds": "seconds",
    },
}
"""What is shown of a report: member and title."""


def run(task: Task, source: str | None, options: Mapping[str, str] | None = None) -> int:
    """Run the job for a source, or for all (None), and print its reports; returns the exit status."""
    stack = target.find()
    known = sorted(stack.masked_outputs.get("sources") or ())
    if source and source not in known:
        raise CommandError(f"the deployed stack has no source {source!r}; it has: {', '.join(known) or 'none'}")
    status = report(task, followed(stack, task, source, options))
    if task is Task.CURATE:
        _tell_buffered(stack, source)
    return status


def export(source: str | None, *, full: bool) -> int:
    """Export a source's table, or all (None), and print the reports; returns the exit status."""
    stack = target.find()
    known = [contract.source for contract in contracts_of(stack) if contract.database]
    if not known:
        raise CommandError("no source is exported from a database; docs/databases.md says how one is")
    if source and source not in known:
        raise CommandError(f"{source!r} is not exported from a database; the sources that are: {', '.join(known)}")
    options = {"--full": str(full).lower()}
    return report(Task.EXPORT, followed(stack, Task.EXPORT, source, options))


def followed(stack: target.Target, task: Task, source: str | None, options: Mapping[str, str] | None = None) -> Ended:
    """Run the job, telling its states."""
    name = stack.masked_outputs.get(job_run.JOBS[task].name_output, "")
    with activity(f"Glue job {name}, {task.value} {source or 'all'}:") as tell:
        return job_run.run(stack, task, source, tell, options)


def report(task: Task, ended: Ended) -> int:
    """Print what a run did, and why it failed if it did; returns the exit status."""
    if ended.reports:
        print_table(_table(task, ended.reports))
    for found in ended.reports:
        for problem in (found.get("error"), *found.get("unreadable", ())):
            if problem:
                say_error(f"error: {found['source']}: {problem}")
        for note in found.get("notes", ()):
            say(f"{found['source']}: {note}")
    if ended.succeeded:
        if not ended.reports:
            say("The run left no report.")
        return 0
    say_error(f"error: the job run ended in state {ended.state}: {ended.error}\n  log group {ended.log}")
    return 1


def curate_all(stack: target.Target) -> int:
    """Follow a run of the curate job in each lake, of which a stack that moves has two; the exit status."""
    from .migrate import state

    moving = state.find(stack)
    is_between = moving is not None and moving.phase in (state.Phase.SIDE_BY_SIDE, state.Phase.CUT_OVER)
    lakes = [stack, state.seen_from(stack, moving.streaming)] if moving and is_between else [stack]
    return max([report(Task.CURATE, followed(lake, Task.CURATE, None)) for lake in lakes])


def _tell_buffered(stack: target.Target, source: str | None) -> None:
    """Say what a local delivery stream still holds back, where a person looks for it in vain."""
    if not isinstance(stack, target.LocalStack):
        return
    sources = [of for of in stack.masked_outputs.get("streams", {}) if source in (None, of)]
    names = {name for of in sources for name in source_streams.delivering(stack, of)}
    waiting = sum(count for name, count in stack.buffered_records().items() if name in names)
    if waiting:
        say(
            f"{number_of(waiting, 'record')} of one event or more still in the delivery streams: `rapid local flush` "
            "delivers them, and the next run curates them."
        )


def _table(task: Task, reports: list[dict[str, Any]]) -> Result:
    titles = _COLUMNS[task]
    columns = [Column("source", "varchar")]
    columns += [Column(title, "varchar" if name == "export" else "bigint") for name, title in titles.items()]
    # A run that failed for a source says no more than that.
    rows: list[tuple[str | None, ...]] = [
        (found["source"], *(_shown(found.get(name)) for name in titles)) for found in reports
    ]
    return Result(tuple(columns), rows, 0)


def _shown(value: Any) -> str | None:
    return f"{value:,}" if isinstance(value, int | float) else value
