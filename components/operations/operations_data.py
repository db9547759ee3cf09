"""The figures of operations as tables: an hourly function reads them from CloudWatch and AWS Budgets, and writes rows.

QuickSight has no connection to CloudWatch, and CloudWatch no figures of a business beside its own: as rows on S3 both
are asked by the same SQL. A figure that CloudWatch keeps by source costs $0.30 for a month in which it is sent each
hour (https://aws.amazon.com/cloudwatch/pricing/), so these are counted only where such a function is.
"""

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code, names
from components.budget import Budget
from components.delivery.delivery_pipeline import DeliveryPipeline
from components.lakehouse.lakehouse import Lakehouse
from components.lambda_function import LambdaFunction
from components.operations.source_metrics import source_metrics
from components.operations.watched import Watched
from components.service_role import ServiceRole
from contracts import Delivery, folders, glue

MEMORY_MB = 256
TIMEOUT_SECONDS = 120
HOURLY = "cron(5 * * * ? *)"
"""Five minutes after an hour ends its figures have come, but for late ones, which the next runs write."""
SCHEDULED = {"time": "<aws.scheduler.scheduled-time>"}
"""https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""

_COUNTS = {
    "requests": "Requests that the API answered",
    "errors_4xx": "Requests answered 4xx: refused",
    "errors_5xx": "Requests answered 5xx: not accepted, though nothing was wrong with them",
    "throttled": "Requests answered 429, of those answered 4xx",
    "dead_letters": "The most messages that waited on the dead-letter queue",
    "rows_delivered": "Events that became rows, from streams and files",
    "rows_quarantined": "Events that broke their contract behind the door, from streams and files",
    "rows_filtered": "Events that their contract's filter kept out, from streams and files",
    "rows_curated": "Rows added to curated tables",
    "repeats": "Events of which a curated row had the primary key",
    "accepted": "Events that the function took, or of a direct path those that came to its stream",
    "refused": "Events that the function refused, alone or among others of a request",
    "dead_lettered": "Events that went to the dead-letter queue",
    "quarantined": "Events that broke their contract behind the stream",
    "not_converted": "Events that Firehose could not convert",
}
_MEASURES = {
    "latency_p50": "Milliseconds until an answer, half of the requests",
    "latency_p95": "Milliseconds until an answer, 19 in 20",
    "latency_p99": "Milliseconds until an answer, 99 in 100",
    "curation_lag_seconds": "The longest that an event waited for its commit",
    "delivery_age_seconds": "Age of the oldest event that the stream held",
}
HOURS_COLUMNS = (
    glue.Column("hour", "string", "The hour's beginning, UTC: yyyy-MM-dd HH:mm:ss"),
    glue.Column("source", "string", "Null where a row is of the platform as a whole"),
    *(glue.Column(name, "bigint", comment) for name, comment in _COUNTS.items()),
    *(glue.Column(name, "double", comment) for name, comment in _MEASURES.items()),
)
COSTS_COLUMNS = (
    glue.Column("day", "string", "The last day of the month on which it was looked at, UTC: yyyy-MM-dd"),
    glue.Column("budget", "double", "US dollars that a month may cost"),
    glue.Column("spent", "double", "US dollars that the month had cost until then"),
    glue.Column("forecast", "double", "What AWS forecast for the month; null as long as it does not"),
)


class OperationsDataArgs(Watched):
    """Inputs of OperationsData."""

    budget: Budget
    """What the stack may cost a month."""


class OperationsData(pulumi.ComponentResource):
    """A function that runs each hour, and the tables `operations_hours` and `operations_costs` over what it writes."""

    function_name: pulumi.Output[str]
    """Name of the function."""

    def __init__(self, name: str, args: OperationsDataArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:OperationsData", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        source_metrics(name, args["ingest"], args["pipelines"], self._child)
        for folder, columns, description in (
            (folders.OPERATIONS_HOURS, HOURS_COLUMNS, "Figures of operations by hour and source."),
            (folders.OPERATIONS_COSTS, COSTS_COLUMNS, "What each month cost."),
        ):
            self._table(f"{name}-{folder}", folder, columns, description, args["lakehouse"])
        self._collect(name, args)
        self.register_outputs({"function_name": self.function_name})

    def _table(
        self, name: str, folder: str, columns: Sequence[glue.Column], description: str, lakehouse: Lakehouse
    ) -> None:
        """A table of JSON lines in a few objects, without partitions: listing them would cost more than reading all.

        https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
        """
        aws.glue.CatalogTable(
            name,
            name=table_name(folder),
            database_name=lakehouse.database,
            description=description,
            table_type="EXTERNAL_TABLE",
            parameters={"EXTERNAL": "TRUE", "classification": "json"},
            storage_descriptor={
                "location": pulumi.Output.concat("s3://", lakehouse.buckets["curated"].bucket, f"/{folder}/"),
                "input_format": "org.apache.hadoop.mapred.TextInputFormat",
                "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "ser_de_info": {"serialization_library": "org.openx.data.jsonserde.JsonSerDe"},
                "columns": [{"name": it.name, "type": it.type, "comment": it.comment} for it in columns],
            },
            opts=self._child,
        )

    def _collect(self, name: str, args: OperationsDataArgs) -> None:
        """The function, and the schedule by which it runs."""
        ingest, lakehouse, budget = args["ingest"], args["lakehouse"], args["budget"]
        curated = lakehouse.buckets["curated"]
        function = LambdaFunction(
            f"{name}-collector",
            {
                "description": "Writes down each hour what CloudWatch and AWS Budgets know, for dashboards",
                "code": lambda_code.archive("operations_collector", []),
                "environment": {
                    "STACK": names.stack(),
                    "API_NAME": ingest.api_name,
                    "STAGE": ingest.stage,
                    "DEAD_LETTER_QUEUE": ingest.dead_letter_queue_name,
                    "SOURCES": pulumi.Output.json_dumps(
                        {source: _how(pipeline) for source, pipeline in args["pipelines"].items()}
                    ),
                    "ACCOUNT_ID": lakehouse.account_id,
                    "BUDGET": budget.name,
                    "BUCKET": curated.bucket,
                    "HOURS_PREFIX": f"{folders.OPERATIONS_HOURS}/",
                    "COSTS_PREFIX": f"{folders.OPERATIONS_COSTS}/",
                },
                "memory_mb": MEMORY_MB,
                "timeout_seconds": TIMEOUT_SECONDS,
                "runtime": args["curation"].code.runtime,
                "statements": [
                    # Metrics are no resources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
                    {"actions": ["cloudwatch:GetMetricData"], "resources": ["*"]},
                    {"actions": ["budgets:ViewBudget"], "resources": [budget.arn]},
                    {
                        "actions": ["s3:PutObject"],
                        "resources": [
                            arn.under(curated.arn, f"/{it}/*")
                            for it in (folders.OPERATIONS_HOURS, folders.OPERATIONS_COSTS)
                        ],
                    },
                ],
            },
            self._child,
        )
        role = ServiceRole(
            f"{name}-schedule",
            {
                "service": "scheduler.amazonaws.com",
                "statements": [{"actions": ["lambda:InvokeFunction"], "resources": [function.arn]}],
            },
            self._child,
        )
        aws.scheduler.Schedule(
            f"{name}-hourly",
            description="Has the figures of the hours that ended written down",
            schedule_expression=HOURLY,
            flexible_time_window={"mode": "OFF"},
            target={"arn": function.arn, "role_arn": role.arn, "input": json.dumps(SCHEDULED)},
            # Scheduler tries the role when the schedule is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.function_name = function.function_name


def table_name(folder: str) -> str:
    """What a table is called whose rows lie in a folder."""
    return folder.replace("-", "_")


def _how(pipeline: DeliveryPipeline) -> dict[str, object]:
    """What the function must know of a source."""
    contract = pipeline.contract
    return {"path": contract.path, "stream": pipeline.stream, "direct": contract.delivery is Delivery.DIRECT}
