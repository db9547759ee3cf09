"""Dashboards over the lakehouse: a QuickSight data source, a data set and a dashboard for each declaration."""

import re
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, names
from components.dashboards.dashboard_role import dashboard_role
from components.lakehouse.lakehouse import LakehouseArns
from dashboards import Dashboard, DataSet, quicksight, sql


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
        shown = _with_sources(args)
        self.outputs = self._show(name, shown, args) if shown else {}
        self.register_outputs(self.outputs)

    def _show(self, name: str, dashboards: Sequence[Dashboard], args: DashboardsArgs) -> Mapping[str, object]:
        asked = list(dict.fromkeys(it for dashboard in dashboards for it in dashboard.data_sets))
        data_source = self._data_source(name, asked, args["lakehouse"])
        data_sets = {it.name: self._data_set(name, it, data_source) for it in asked}
        for dashboard in dashboards:
            self._dashboard(name, dashboard, data_sets, args.get("viewer_principal_arn"))
        region = arn.region(args["lakehouse"]["workgroup"])
        url = pulumi.Output.concat("https://", region, ".quicksight.aws.amazon.com/sn/start/dashboards")
        return {"dashboards_url": url, "dashboard_ids": [self._id(dashboard.name) for dashboard in dashboards]}

    def _data_source(
        self, name: str, data_sets: Sequence[DataSet], lakehouse: LakehouseArns
    ) -> "aws.quicksight.DataSource":
        tables = {source: lakehouse["tables"][source] for data_set in data_sets for source in data_set.sources}
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
        self, name: str, data_set: DataSet, data_source: "aws.quicksight.DataSource"
    ) -> "aws.quicksight.DataSet":
        return aws.quicksight.DataSet(
            f"{name}-{data_set.name}-data",
            data_set_id=self._id(data_set.name),
            name=data_set.description,
            import_mode="DIRECT_QUERY",
            physical_table_maps=[
                {
                    "physical_table_map_id": data_set.name,
                    "custom_sql": {
                        "data_source_arn": data_source.arn,
                        "name": data_set.name,
                        "sql_query": sql.select(data_set, "UTC"),
                        "columns": [{"name": column.name, "type": column.type.value} for column in data_set.columns],
                    },
                }
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _id(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _dashboard(
        self,
        name: str,
        dashboard: Dashboard,
        data_sets: Mapping[str, "aws.quicksight.DataSet"],
        viewer_principal_arn: pulumi.Input[str | None],
    ) -> None:
        arns = {data_set.name: data_sets[data_set.name].arn for data_set in dashboard.data_sets}
        # The provider's own Dashboard resource takes no definition, so CloudFormation creates it.
        aws.cloudformation.Stack(
            f"{name}-{dashboard.name}",
            template_body=pulumi.Output.all(arns, viewer_principal_arn).apply(
                lambda known: quicksight.template_body(
                    quicksight.template(
                        dashboard,
                        self._id(dashboard.name),
                        known[0],
                        quicksight.Business(),
                        viewers=[known[1]] if known[1] else [],
                    )
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _with_sources(args: DashboardsArgs) -> list[Dashboard]:
    """The dashboards over sources that there are."""
    sources = args["lakehouse"]["tables"]
    shown = []
    for dashboard in args["dashboards"]:
        asked = sorted({source for data_set in dashboard.data_sets for source in data_set.sources})
        if missing := [source for source in asked if source not in sources]:
            pulumi.log.warn(
                f"The dashboard {dashboard.name} is left out: the stack does not have its source, "
                f"{', '.join(missing)}; it has {', '.join(sorted(sources))}."
            )
        else:
            shown.append(dashboard)
    return shown
