"""Who keeps the curated tables small: the job, or Glue's table optimizers, with a role of theirs."""

from collections.abc import Sequence
from enum import Enum
from typing import TypedDict

import pulumi

from components import arn
from components.jobs.curation_statements import curated_tables
from components.lakehouse.lakehouse import LakehouseArns
from components.service_role import ServiceRole, Statement
from contracts import Contract

_LOG_GROUPS = ("iceberg-compaction", "iceberg-retention", "iceberg-orphan-file-deletion")


class TableMaintenance(Enum):
    """Who compacts the curated tables, expires their snapshots and deletes their orphans, day by day."""

    JOB = "job"
    """The job that curates."""
    GLUE = "glue"
    """The optimizers of AWS Glue, which bill by the DPU-hour; the job switches them on for the tables that it makes."""


class TableOptimizersArgs(TypedDict):
    """Inputs of TableOptimizers."""

    contracts: Sequence[Contract]
    """The sources whose tables are maintained."""
    lakehouse: LakehouseArns
    """Where the tables are kept."""


class TableOptimizers(pulumi.ComponentResource):
    """The role that Glue assumes to maintain the curated tables: these, nothing else in their bucket."""

    role_arn: pulumi.Output[str]
    """ARN of the role."""
    statements: Sequence[Statement]
    """What whoever switches the optimizers on must be allowed."""

    def __init__(self, name: str, args: TableOptimizersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:TableOptimizers", name, {}, opts)
        curated, tables = args["lakehouse"]["curated_bucket"], curated_tables(args["contracts"], args["lakehouse"])
        role = ServiceRole(
            name,
            {
                "service": "glue.amazonaws.com",
                # https://docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html
                "statements": [
                    {
                        "actions": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                        "resources": [arn.under(curated, path) for path in ("/tables/*", "/aggregates/*")],
                    },
                    {"actions": ["s3:ListBucket"], "resources": [curated]},
                    {"actions": ["glue:GetTable", "glue:UpdateTable"], "resources": tables},
                    {
                        "actions": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                        "resources": [
                            arn.of_service(args["lakehouse"]["database"], "logs", f"log-group:/aws-glue/{group}/logs:*")
                            for group in _LOG_GROUPS
                        ],
                    },
                ],
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.role_arn = role.arn
        self.statements = [
            {
                "actions": ["glue:CreateTableOptimizer", "glue:GetTableOptimizer", "glue:UpdateTableOptimizer"],
                "resources": tables,
            },
            {"actions": ["iam:PassRole"], "resources": [role.arn]},
        ]
        self.register_outputs({"role_arn": self.role_arn})
