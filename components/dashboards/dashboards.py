"""Dashboards over the lakehouse: QuickSight's data source, data sets in SPICE, groups of people, and the dashboards."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, names
from components.dashboards.dashboard_role import dashboard_role
from components.dashboards.data_sets import hourly_refresh, spice_data_set, view_of, weekly_refresh
from components.dashboards.row_level_security import restricts, rules_data_set
from components.dashboards.settings import DashboardSettings, Group
from components.dashboards.theme import dashboard_theme
from components.lakehouse.athena_view import athena_view
from components.lakehouse.lakehouse import LakehouseArns
from contracts import Contract
from dashboards import STORE, Dashboard, DataSet, DeclarationError, check, quicksight
from dashboards.checks import RULES


class DashboardsError(pulumi.RunError):
    """Dashboards that cannot be shown. The message names dashboard, visual and column, and what to do."""


class DashboardsArgs(TypedDict):
    """Inputs of Dashboards."""

    dashboards: Sequence[Dashboard]
    """What to show. A visual over a source that the contracts do not have is left out with a word, and so is a
    dashboard of which none is left."""
    contracts: Sequence[Contract]
    """The sources of the lakehouse."""
    lakehouse: LakehouseArns
    """What is asked: a Lakehouse's `arns`."""
    id_prefix: NotRequired[str]
    """First part of the ids, which are unique in an account and region; `<project>-<stack>` unless it is given."""
    settings: NotRequired[DashboardSettings]
    """Whose dashboards they are, and who sees them: groups of people, which are made."""
    survey_url: NotRequired[pulumi.Input[str | None]]
    """Address of the page that asks how satisfied people are with the dashboards."""


class Dashboards(pulumi.ComponentResource):
    """QuickSight dashboards over copies in SPICE, imported under a role that reads what is shown and nothing else.

    Raises DashboardsError where something is wrong with what is declared.
    """

    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        try:
            check(args["dashboards"])
        except DeclarationError as error:
            raise DashboardsError(str(error)) from None
        super().__init__("rapid-analytics:index:Dashboards", name, {}, opts)
        given = args.get("id_prefix") or names.prefix()
        self._name, self._prefix = name, re.sub(r"[^\w-]", "-", given)
        self._child = pulumi.ResourceOptions(parent=self)
        settings = args.get("settings", DashboardSettings())
        self._business, self._groups = settings.business, settings.groups
        self._database = arn.resource_name(args["lakehouse"]["database"])
        shown = _with_sources(args["dashboards"], [contract.source for contract in args["contracts"]])
        self.outputs = self._show(shown, args) if shown else {}
        if shown and args.get("survey_url") is None:
            pulumi.log.info(
                "No satisfaction survey: the dashboards link to a page of the storefront, which needs the config key "
                "storefront to be api or guest, and the source survey. docs/dashboards.md says what it asks."
            )
        self.register_outputs(self.outputs)

    def _show(self, dashboards: Sequence[Dashboard], args: DashboardsArgs) -> Mapping[str, object]:
        asked = tuple(dict.fromkeys(it for dashboard in dashboards for it in dashboard.data_sets))
        data_source = self._data_source(asked, args)
        rules = self._rules(data_source) if restricts(self._groups) else None
        arns = {it.name: self._data_set(it, data_source, rules).arn for it in asked}
        theme = dashboard_theme(f"{self._name}-theme", self._id("theme"), self._child)
        groups = {group.name: self._group(group) for group in self._groups}
        _tell_of_rows_of_no_store(self._groups, dashboards)
        for dashboard in dashboards:
            viewers = [groups[group.name].arn for group in self._groups if group.sees(dashboard.name)]
            self._dashboard(dashboard, arns, theme.arn, viewers, args.get("survey_url"))
        region = arn.region(args["lakehouse"]["workgroup"])
        url = pulumi.Output.concat("https://", region, ".quicksight.aws.amazon.com/sn/start/dashboards")
        return {"dashboards_url": url, "dashboard_ids": [self._id(dashboard.name) for dashboard in dashboards]}

    def _data_source(self, asked: Sequence[DataSet], args: DashboardsArgs) -> "aws.quicksight.DataSource":
        saved = [view_of(data_set, self._business.timezone) for data_set in asked]
        role = dashboard_role(f"{self._name}-query", args["lakehouse"], args["contracts"], saved, self._child)
        return aws.quicksight.DataSource(
            f"{self._name}-source",
            data_source_id=self._id("athena"),
            name=f"{self._prefix} Athena",
            type="ATHENA",
            parameters={
                "athena": {"work_group": arn.resource_name(args["lakehouse"]["workgroup"]), "role_arn": role.arn}
            },
            ssl_properties={"disable_ssl": False},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )

    def _rules(self, data_source: "aws.quicksight.DataSource") -> "aws.quicksight.DataSet":
        name = f"{self._name}-{RULES}"
        rules = rules_data_set(f"{name}-data", self._id(RULES), self._groups, data_source.arn, self._child)
        weekly_refresh(f"{name}-weekly", self._business.timezone, rules, self._child)
        return rules

    def _data_set(
        self, data_set: DataSet, data_source: "aws.quicksight.DataSource", rules: "aws.quicksight.DataSet | None"
    ) -> "aws.quicksight.DataSet":
        name, zone = f"{self._name}-{data_set.name}", self._business.timezone
        view = view_of(data_set, zone)
        saved = athena_view(f"{name}-view", view, self._database, self._child)
        by_store = rules is not None and data_set.has(STORE)
        made = spice_data_set(
            f"{name}-data",
            data_set,
            view,
            self._id(data_set.name),
            data_source.arn,
            self._database,
            rules.arn if rules and by_store else None,
            pulumi.ResourceOptions(parent=self, depends_on=[saved]),
        )
        hourly_refresh(f"{name}-hourly", data_set, made, self._child)
        if data_set.refreshed_by:
            weekly_refresh(f"{name}-weekly", zone, made, self._child)
        return made

    def _group(self, group: Group) -> "aws.quicksight.Group":
        return aws.quicksight.Group(
            f"{self._name}-group-{group.name}",
            group_name=group.name,
            description=f"Sees dashboards of {self._prefix}",
            opts=self._child,
        )

    def _dashboard(
        self,
        dashboard: Dashboard,
        data_set_arns: Mapping[str, pulumi.Output[str]],
        theme_arn: pulumi.Output[str],
        viewer_arns: Sequence[pulumi.Output[str]],
        survey_url: pulumi.Input[str | None],
    ) -> None:
        asked = {data_set.name: data_set_arns[data_set.name] for data_set in dashboard.data_sets}
        # The provider's own Dashboard resource takes no definition, so CloudFormation creates it.
        aws.cloudformation.Stack(
            f"{self._name}-{dashboard.name}",
            template_body=pulumi.Output.all(asked, theme_arn, viewer_arns, survey_url).apply(
                lambda known: quicksight.template_body(
                    quicksight.template(
                        dashboard,
                        self._id(dashboard.name),
                        known[0],
                        dataclasses.replace(self._business, survey_url=known[3]),
                        theme_arn=known[1],
                        viewers=known[2],
                    )
                )
            ),
            opts=self._child,
        )

    def _id(self, name: str) -> str:
        return f"{self._prefix}-{name}"


def _with_sources(dashboards: Sequence[Dashboard], sources: Sequence[str]) -> list[Dashboard]:
    """The dashboards that there is something to show of, with the visuals whose sources there are."""
    shown = []
    for dashboard in dashboards:
        missing = sorted({it for data_set in dashboard.data_sets for it in data_set.sources} - {*sources})
        visuals = tuple(it for it in dashboard.visuals if not {*it.data_set.sources} - {*sources})
        if visuals:
            shown.append(dataclasses.replace(dashboard, visuals=visuals))
        if missing:
            left_out = ", ".join(visual.name for visual in dashboard.visuals if visual not in visuals)
            what = f"is shown without {left_out}" if visuals else "is left out"
            pulumi.log.warn(
                f"The dashboard {dashboard.name} {what}: the stack does not have the source "
                f"{' and '.join(missing)}; it has {', '.join(sorted(sources))}."
            )
    return shown


def _tell_of_rows_of_no_store(groups: Sequence[Group], dashboards: Sequence[Dashboard]) -> None:
    """Warn of what a group sees whole though it is to see some stores alone: data that knows no store."""
    whole = {dashboard.name for dashboard in dashboards if not all(it.has(STORE) for it in dashboard.data_sets)}
    for group in groups:
        if group.stores is not None and (seen := sorted(name for name in whole if group.sees(name))):
            pulumi.log.warn(
                f"The group {group.name} sees some stores alone, and yet all of what knows no store in the dashboards "
                f"{', '.join(seen)}; list those it may see under dashboards of the group in the key dashboard_groups."
            )
