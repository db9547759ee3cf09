"""Dashboards over the lakehouse: a QuickSight data source, a data set and a dashboard for each declaration."""

import re
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn
from components.dashboards.dashboard_role import dashboard_role
from dashboards import Dashboard, quicksight, sql


class UnknownSourceError(pulumi.RunError):
    """A dashboard asks for a source that has no table. The message names both."""


class DashboardsArgs(TypedDict):
    """Inputs of Dashboards."""

    dashboards: Sequence[Dashboard]
    """What to show."""
    id_prefix: str
    """First part of the ids, which are unique in an account and region, such as `rapid-analytics-dev`."""
    workgroup: pulumi.Input[str]
    """Name of the Athena workgroup that runs the queries."""
    workgroup_arn: pulumi.Input[str]
    """ARN of that workgroup."""
    results_bucket_arn: pulumi.Input[str]
    """ARN of the bucket for query results."""
    processed_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that holds the tables' data."""
    database: pulumi.Input[str]
    """Name of the Glue database."""
    table_arns: Mapping[str, pulumi.Input[str]]
    """ARN of the processed table of each source."""
    viewer_principal_arn: NotRequired[pulumi.Input[str | None]]
    """ARN of the QuickSight user or group that sees the dashboards; without it an administrator shares them."""


class Dashboards(pulumi.ComponentResource):
    """QuickSight dashboards that ask Athena, under a role that reads the sources shown and nothing else."""

    url: pulumi.Output[str]
    """Address of the dashboards in QuickSight."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Dashboards", name, {}, opts)
        self._prefix = re.sub(r"[^\w-]", "-", args["id_prefix"])
        data_source = self._data_source(name, args)
        for dashboard in args["dashboards"]:
            data_set = self._data_set(name, dashboard, data_source, args["database"], args["table_arns"])
            self._dashboard(name, dashboard, data_set, args.get("viewer_principal_arn"))
        region = arn.region(args["workgroup_arn"])
        self.url = pulumi.Output.concat("https://", region, ".quicksight.aws.amazon.com/sn/start/dashboards")
        self.register_outputs({"url": self.url})

    def _data_source(self, name: str, args: DashboardsArgs) -> aws.quicksight.DataSource:
        tables = {dashboard.source: _table_arn(dashboard, args["table_arns"]) for dashboard in args["dashboards"]}
        role = dashboard_role(
            f"{name}-query",
            {
                "workgroup_arn": args["workgroup_arn"],
                "results_bucket_arn": args["results_bucket_arn"],
                "processed_bucket_arn": args["processed_bucket_arn"],
                "database": args["database"],
                "table_arns": tables,
            },
            pulumi.ResourceOptions(parent=self),
        )
        return aws.quicksight.DataSource(
            f"{name}-source",
            data_source_id=f"{self._prefix}-athena",
            name=f"{self._prefix} Athena",
            type="ATHENA",
            parameters={"athena": {"work_group": args["workgroup"], "role_arn": role.arn}},
            ssl_properties={"disable_ssl": False},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )

    def _data_set(
        self,
        name: str,
        dashboard: Dashboard,
        data_source: aws.quicksight.DataSource,
        database: pulumi.Input[str],
        table_arns: Mapping[str, pulumi.Input[str]],
    ) -> aws.quicksight.DataSet:
        table = arn.resource_name(_table_arn(dashboard, table_arns))
        return aws.quicksight.DataSet(
            f"{name}-{dashboard.name}-data",
            data_set_id=f"{self._prefix}-{dashboard.name}",
            name=dashboard.title,
            # Asked at each view rather than imported: what arrived minutes ago is on the dashboard.
            import_mode="DIRECT_QUERY",
            physical_table_maps=[
                {
                    "physical_table_map_id": dashboard.name,
                    "custom_sql": {
                        "data_source_arn": data_source.arn,
                        "name": dashboard.name,
                        "sql_query": pulumi.Output.all(database, table).apply(
                            lambda names: sql.query(dashboard, names[0], names[1])
                        ),
                        "columns": [{"name": column.name, "type": column.type.value} for column in dashboard.columns],
                    },
                }
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _dashboard(
        self,
        name: str,
        dashboard: Dashboard,
        data_set: aws.quicksight.DataSet,
        viewer_principal_arn: pulumi.Input[str | None],
    ) -> None:
        dashboard_id = f"{self._prefix}-{dashboard.name}"
        # The provider's own Dashboard resource takes no definition, so CloudFormation creates it.
        aws.cloudformation.Stack(
            f"{name}-{dashboard.name}",
            template_body=pulumi.Output.json_dumps(
                pulumi.Output.all(data_set.arn, viewer_principal_arn).apply(
                    lambda values: quicksight.template(dashboard, dashboard_id, values[0], values[1])
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _table_arn(dashboard: Dashboard, table_arns: Mapping[str, pulumi.Input[str]]) -> pulumi.Input[str]:
    try:
        return table_arns[dashboard.source]
    except KeyError:
        raise UnknownSourceError(
            f"dashboard {dashboard.name}: there is no source {dashboard.source!r}; there are {sorted(table_arns)}"
        ) from None
