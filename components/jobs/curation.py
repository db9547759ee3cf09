"""From processed events to curated tables: the Glue job that adds each event once, its code and its role."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components import arn, job_code
from components.glue_job import GlueJob
from components.job_code import JobCode
from components.job_starter import JobStarter
from components.jobs.curation_statements import curation_statements
from components.jobs.table_optimizers import TableMaintenance, TableOptimizers
from components.lakehouse.lakehouse import LakehouseArns
from components.network.report_copies import Reports
from components.runtime import RuntimeArgs
from contracts import Contract, folders

REPORTS = "reports/"
"""First part of the keys of the job's reports."""
TIMEOUT_MINUTES = 60
"""A run that is ended goes on, at the next one, from its last commit."""
MAX_WORKERS = 10
"""A driver and nine executors; pyarrow, and maintenance, need the driver alone."""
LOOKBACK_DAYS = 3
"""Days of arrival that a run looks through; Firehose retries a delivery for one."""

DAILY_ARGUMENTS = {"--task": "daily"}
"""Of the daily run, which looks through all that was ever delivered, and maintains the tables."""

DEFAULT_INTERVAL_MINUTES = 60


class CurationPlan(TypedDict):
    """When tables are curated, and who maintains them."""

    interval_minutes: NotRequired[int]
    """Least time between the starts of two runs that nobody started by hand; DEFAULT_INTERVAL_MINUTES unless given."""
    table_maintenance: NotRequired[TableMaintenance]
    """Who maintains the tables day by day; JOB unless it is given."""


class CurationArgs(CurationPlan, RuntimeArgs):
    """Inputs of Curation."""

    contracts: Sequence[Contract]
    """The sources to curate."""
    lakehouse: LakehouseArns
    """Where the events lie and the tables are kept: a Lakehouse's `arns`."""


class Curation(pulumi.ComponentResource):
    """A Glue job that curates or maintains the tables of all sources, and what starts it; the job makes and evolves
    the tables itself.
    """

    job_name: pulumi.Output[str]
    """Name of the job."""
    job_arn: pulumi.Output[str]
    """ARN of the job."""
    log_group: pulumi.Output[str]
    """Name of the log group in which its runs tell what they did."""
    interval_minutes: int
    """Least time between the starts of two runs that nobody started by hand."""
    code: JobCode
    """What the job runs, with which other jobs can run as well."""
    reports: Reports
    """Where the job stores what a run did for each source."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: CurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Curation", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.code = JobCode(name, args["contracts"], args.get("runtime", {}), self._child)
        optimizers, script = self._optimizers(name, args), job_code.script("curate_job.py")
        job = GlueJob(
            name,
            {
                "description": "Curates or maintains the tables of all sources, or of one",
                "script_uri": self.code.store(f"{name}-job.py", "job.py", script, self._child),
                "arguments": {
                    **self.code.arguments,
                    **_places(args["lakehouse"]),
                    **({"--optimizer_role_arn": optimizers.role_arn} if optimizers else {}),
                },
                "max_workers": MAX_WORKERS,
                "timeout_minutes": TIMEOUT_MINUTES,
                "runtime": args.get("runtime", {}),
                "statements": [
                    *curation_statements(args["contracts"], args["lakehouse"], self.code),
                    *(optimizers.statements if optimizers else ()),
                ],
            },
            self._child,
        )
        self.job_name, self.job_arn = job.job_name, job.arn
        self.log_group = job.log_groups[0].name
        self.reports = {
            "bucket_arn": args["lakehouse"]["curated_bucket"],
            "prefixes": [f"{REPORTS}{contract.source}/" for contract in args["contracts"]],
        }
        self.interval_minutes = args.get("interval_minutes", DEFAULT_INTERVAL_MINUTES)
        JobStarter(
            f"{name}-starter",
            {
                "job_arn": job.arn,
                "bucket_arn": args["lakehouse"]["processed_bucket"],
                # What could not be delivered lies there too, and is nothing to curate.
                "keys": {"anything-but": {"prefix": f"{folders.ERRORS}/"}},
                "interval_seconds": self.interval_minutes * 60,
                "daily_arguments": DAILY_ARGUMENTS,
                # The tables follow their contracts, from which the views are, in a run of the job.
                "deployed": self.code.contracts_digest,
                "runtime": args.get("runtime", {}),
            },
            self._child,
        )
        self.outputs = {"curate_job": self.job_name, "artifacts_bucket": self.code.bucket.bucket}
        self.register_outputs(self.outputs)

    def _optimizers(self, name: str, args: CurationArgs) -> TableOptimizers | None:
        if args.get("table_maintenance", TableMaintenance.JOB) is TableMaintenance.JOB:
            return None
        return TableOptimizers(
            f"{name}-optimizers",
            {"contracts": args["contracts"], "lakehouse": args["lakehouse"]},
            self._child,
        )


def _places(lakehouse: LakehouseArns) -> dict[str, pulumi.Input[str]]:
    """Arguments of the job's script: what to do unless a run says otherwise, and where."""
    return {
        "--task": "curate",
        "--source": "all",
        "--lookback_days": str(LOOKBACK_DAYS),
        "--database": arn.resource_name(lakehouse["database"]),
        "--processed_bucket": arn.resource_name(lakehouse["processed_bucket"]),
        "--curated_bucket": arn.resource_name(lakehouse["curated_bucket"]),
    }
