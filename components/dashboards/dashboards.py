"""Dashboards over the lakehouse: a QuickSight data source, a data set and a dashboard for each declaration."""

import re
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, names
from components.dashboards.dashboard_role import dashboard_role
from components.lakehouse.lakehouse import LakehouseArns
from dashboards import Dashboard, quicksight, sql


class DashboardsArgs(TypedDict):
    """Inputs of Dashboards."""

    dashboards: Sequence[Dashboard]
    """What to show; one over a source that the lakehouse does not have is left out, with a word."""
    lakehouse: LakehouseArns
    """What is asked: a Lakehouse's `arns`."""
    id_prefix: NotRequired[str]
    """First part of the ids, which are unique in an account and region; `<project>-<stack>` unless it is given."""
    viewer_principal_arn: NotRequired[pulumi.Input[str | None]]
    """ARN of the QuickSight user or group that sees the dashboards; without it an administrator shares them."""


class Dashboards(pulumi.ComponentResource):
    """QuickSight dashboards that ask Athena, under a role that reads the sources shown and nothing else."""

    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Dashboards", name, {}, opts)
        given = args.get("id_prefix") or names.prefix()
        self._prefix = re.sub(r"[^\w-]", "-", given)
        shown = _with_source(args)
        self.outputs = self._show(name, shown, args) if shown else {}
        self.register_outputs(self.outputs)

    def _show(self, name: str, dashboards: Sequence[Dashboard], args: DashboardsArgs) -> Mapping[str, object]:
        data_source = self._data_source(name, dashboards, args["lakehouse"])
        for dashboard in dashboards:
            data_set = self._data_set(name, dashboard, data_source, args["lakehouse"])
            self._dashboard(name, dashboard, data_set, args.get("viewer_principal_arn"))
        region = arn.region(args["lakehouse"]["workgroup"])
        url = pulumi.Output.concat("https://", region, ".quicksight.aws.amazon.com/sn/start/dashboards")
        return {"dashboards_url": url, "dashboard_ids": [self._id(dashboard) for dashboard in dashboards]}

    def _data_source(
        self, name: str, dashboards: Sequence[Dashboard], lakehouse: LakehouseArns
    ) -> "aws.quicksight.DataSource":
        tables = {dashboard.source: lakehouse["tables"][dashboard.source] for dashboard in dashboards}
        role = dashboard_role(f"{name}-query", lakehouse, tables, pulumi.ResourceOptions(parent=self))
        return aws.quicksight.DataSource(
            f"{name}-source",
            data_source_id=f"{self._prefix}-athena",
            name=f"{self._prefix} Athena",
            type="ATHENA",
            parameters={"athena": {"work_group": arn.resource_name(lakehouse["workgroup"]), "role_arn": role.arn}},
            ssl_properties={"disable_ssl": False},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )

    def _data_set(
        self,
        name: str,
        dashboard: Dashboard,
        data_source: "aws.quicksight.DataSource",
        lakehouse: LakehouseArns,
    ) -> "aws.quicksight.DataSet":
        database = arn.resource_name(lakehouse["database"])
        table = arn.resource_name(lakehouse["tables"][dashboard.source])
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

    def _id(self, dashboard: Dashboard) -> str:
        return f"{self._prefix}-{dashboard.name}"

    def _dashboard(
        self,
        name: str,
        dashboard: Dashboard,
        data_set: "aws.quicksight.DataSet",
        viewer_principal_arn: pulumi.Input[str | None],
    ) -> None:
        dashboard_id = self._id(dashboard)
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


def _with_source(args: DashboardsArgs) -> list[Dashboard]:
    """The dashboards over sources that there are."""
    sources = args["lakehouse"]["tables"]
    for dashboard in args["dashboards"]:
        if dashboard.source not in sources:
            pulumi.log.warn(
                f"The dashboard {dashboard.name} is left out: the stack does not have its source, {dashboard.source}; "
                f"it has {', '.join(sorted(sources))}."
            )
    return [dashboard for dashboard in args["dashboards"] if dashboard.source in sources]
