"""The Glue job: curates or maintains the tables of all sources, or of one. Prints and stores a report a source."""

import argparse
import dataclasses
import datetime
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Before anything that loads pyarrow.
from etl.jobs import frugal_memory  # noqa: F401

# isort: split
import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException

from etl import contract, objects
from etl.aggregates.refresh import Aggregated, refresh
from etl.curation.curate import ContractReplaced, Report, curate
from etl.engines import choice
from etl.engines.engine import Engine
from etl.engines.spark.session import NoSpark
from etl.iceberg import catalog
from etl.iceberg.table import IncompatibleContract
from etl.jobs import metrics, runs
from etl.lake import Lake
from etl.maintenance.compact import RowsDiffer
from etl.maintenance.maintain import Upkeep, leave_to_glue, maintain
from etl.maintenance.optimizers import NotOptimized
from etl.objects import NotDeleted


@dataclass(frozen=True)
class Run:
    """What a task is given for one source."""

    s3: Any
    catalog: Catalog
    lake: Lake
    contract: contract.CompiledContract
    is_current: Callable[[], bool]
    """Whether the contract is still the one that is deployed."""
    arguments: argparse.Namespace
    started: datetime.datetime


def _curate(run: Run) -> Report:
    days = run.arguments.lookback_days
    since = run.started.date() - datetime.timedelta(days=days) if days else None
    return curate(run.catalog, run.s3, run.lake, run.contract, since, _engine(run), run.is_current)


def _reconcile(run: Run) -> Report:
    """Curate everything that was ever delivered, were it missed as often as it may be."""
    return curate(run.catalog, run.s3, run.lake, run.contract, None, _engine(run), run.is_current)


def _engine(run: Run) -> Engine:
    return choice.chosen(run.arguments.engine, run.s3, run.lake.processed_bucket, run.contract)


def _aggregate(run: Run) -> Aggregated:
    return Aggregated(refresh(run.catalog, run.lake, run.contract))


def _maintain(run: Run) -> Upkeep:
    keep = datetime.timedelta(hours=run.arguments.keep_hours)
    return maintain(run.catalog, run.s3, run.lake, run.contract, keep)


def _maintain_daily(run: Run) -> Upkeep:
    """Maintain, unless Glue's optimizers do."""
    role_arn = run.arguments.optimizer_role_arn
    if not role_arn:
        return _maintain(run)
    keep = datetime.timedelta(hours=run.arguments.keep_hours)
    return leave_to_glue(boto3.client("glue"), role_arn, run.catalog, run.s3, run.lake, run.contract, keep)


TASKS: dict[str, tuple[Callable[[Run], Any], ...]] = {
    "curate": (_curate, _aggregate),
    "maintain": (_maintain,),
    "daily": (_reconcile, _aggregate, _maintain_daily),
}
"""What the job can do for a source, by the value of `--task`: steps, each of which returns a dataclass; together they
make the report."""


def main(argv: list[str]) -> int:
    """Run; returns the exit status, 1 if any source needs a person. Raises what AWS refused, after all sources."""
    arguments = _arguments(argv)
    s3 = boto3.client("s3")
    contracts, _ = _contracts(s3, arguments)
    chosen = [item.source for item in contracts if arguments.source in ("all", item.source)]
    if not chosen:
        known = ", ".join(item.source for item in contracts)
        print(f"error: --source {arguments.source}: there is no such source; known are all, {known}", file=sys.stderr)
        return 1
    lake = Lake(arguments.database, arguments.processed_bucket, arguments.curated_bucket)
    refusals: list[Exception] = []
    status = max(_run(arguments, s3, lake, source, refusals) for source in chosen)
    if refusals:
        # The run's own message then says why.
        raise refusals[0]
    return status


def _run(arguments: argparse.Namespace, s3: Any, lake: Lake, source: str, refusals: list[Exception]) -> int:
    started = datetime.datetime.now(datetime.UTC)
    report: dict[str, Any] = {"task": arguments.task, "source": source, "started": started.isoformat()}
    try:
        while not _done(arguments, s3, lake, started, report):
            print(f"{source}: its contract was replaced; the run goes on by the new one", flush=True)
        if errors := [item["error"] for item in report.get("aggregates", ()) if item["error"]]:
            report["error"] = "; ".join(errors)
    except (IncompatibleContract, NoSpark, NotDeleted, NotOptimized, RowsDiffer) as error:
        report["error"] = str(error)
    except (BotoCoreError, ClientError, CommitFailedException, OSError) as error:
        report["error"] = str(error)
        refusals.append(error)
    except Exception as error:
        # One source must not keep the others waiting. An error's own words may hold a person's data.
        report["error"] = runs.place_of(error)
    report["seconds"] = runs.seconds_since(started)
    if metric := metrics.of_curation(arguments.stack, report, started):
        print(metric)
    runs.keep_report(s3, lake.curated_bucket, f"reports/{source}/", started, report)
    return 1 if report.get("error") or report.get("unreadable") else 0


def _done(
    arguments: argparse.Namespace, s3: Any, lake: Lake, started: datetime.datetime, report: dict[str, Any]
) -> bool:
    """Take the steps for a source by the contract that is deployed, and report; False if it was replaced meanwhile."""
    contracts, etag = _contracts(s3, arguments)

    def is_current() -> bool:
        bucket, key = objects.place(arguments.contracts_uri)
        return bool(s3.head_object(Bucket=bucket, Key=key)["ETag"] == etag)

    for item in contracts:
        if item.source == report["source"]:
            run = Run(s3, catalog.connect(), lake, item, is_current, arguments, started)
            try:
                for step in TASKS[arguments.task]:
                    report |= dataclasses.asdict(step(run))
            except ContractReplaced:
                return False
    return True


def _contracts(s3: Any, arguments: argparse.Namespace) -> tuple[tuple[contract.CompiledContract, ...], str]:
    """The contracts that are deployed, and the ETag of them."""
    bucket, key = objects.place(arguments.contracts_uri)
    found = s3.get_object(Bucket=bucket, Key=key)
    return contract.parse(found["Body"].read()), found["ETag"]


def _place(arguments: argparse.Namespace) -> tuple[str, str]:
    bucket, key = objects.place(arguments.contracts_uri)
    return bucket, key


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = runs.parser("curate_job.py")
    parser.add_argument("--task", choices=TASKS, default="curate")
    parser.add_argument("--source", default="all")
    parser.add_argument("--database", required=True)
    parser.add_argument("--processed_bucket", required=True)
    parser.add_argument("--curated_bucket", required=True)
    parser.add_argument("--contracts_uri", required=True)
    parser.add_argument("--lookback_days", type=int, default=3, help="0 looks at everything ever delivered")
    parser.add_argument("--engine", choices=choice.CHOICES, default="auto", help="what curates")
    parser.add_argument("--keep_hours", type=float, default=120.0, help="age of what maintenance may delete")
    parser.add_argument("--optimizer_role_arn", help="the daily run leaves maintenance to Glue, as this role")
    parser.add_argument("--stack", default="", help="metrics are told by it; without it none are")
    return runs.parsed(parser, argv)


if __name__ == "__main__":
    runs.end(main)
