"""Deploys small data sets and dashboards onto a local cloud, with boto3 alone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

import pytest

from rapid.local.quicksight import answering
from rapid.local.quicksight.answers import DashboardAnswer, Selection

from .cloud_rig import ACCOUNT_ID, REGION, WAIT_SECONDS, Rig

SHEET = "sheet"
READER = ["quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard"]
ACCOUNT = {"AwsAccountId": ACCOUNT_ID}


@contextlib.contextmanager
def looked_at(day_: date) -> Iterator[None]:
    """Let dashboards take noon of a day, in UTC, for now: no midnight comes between a test's rows and its answers."""

    class _Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> _Clock:
            return cls(day_.year, day_.month, day_.day, 12, tzinfo=tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answering, "datetime", _Clock)
        yield


def column(name: str, data_set: str = "sales") -> dict[str, str]:
    """A column as definitions name it."""
    return {"DataSetIdentifier": data_set, "ColumnName": name}


def category(name: str, data_set: str = "sales") -> dict[str, Any]:
    """A dimension of texts."""
    return {"CategoricalDimensionField": {"FieldId": name, "Column": column(name, data_set)}}


def day(name: str, granularity: str = "DAY", data_set: str = "sales") -> dict[str, Any]:
    """A dimension of times."""
    details = {"FieldId": name, "Column": column(name, data_set), "DateGranularity": granularity}
    return {"DateDimensionField": details}


def number(name: str, aggregation: Any = "SUM", data_set: str = "sales", **more: Any) -> dict[str, Any]:
    """A measure of a number."""
    function = {"SimpleNumericalAggregation": aggregation} if isinstance(aggregation, str) else aggregation
    given = {"AggregationFunction": function} if function else {}
    return {"NumericalMeasureField": {"FieldId": f"{name}-sum", "Column": column(name, data_set), **given, **more}}


def visual(kind: str, id_: str, wells: Mapping[str, Any], **chart: Any) -> dict[str, Any]:
    """A visual with a title."""
    title = {"FormatText": {"PlainText": f"{id_}?"}}
    return {kind: {"VisualId": id_, "Title": title, "ChartConfiguration": {"FieldWells": dict(wells), **chart}}}


def kpi(id_: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """One number."""
    return visual("KPIVisual", id_, {"Values": [value]})


def bars(id_: str, dimension: Any, *values: Any, **chart: Any) -> dict[str, Any]:
    """Bars of a dimension."""
    colors = chart.pop("colors", None)
    wells = {"Category": [dimension], "Values": list(values), **({"Colors": [colors]} if colors else {})}
    return visual("BarChartVisual", id_, {"BarChartAggregatedFieldWells": wells}, **chart)


def group_of(filter_: dict[str, Any], *visuals: str, **more: Any) -> dict[str, Any]:
    """A group of one filter, for some visuals or for all of them."""
    ((_, details),) = filter_.items()
    scope = {"SheetId": SHEET, "Scope": "SELECTED_VISUALS" if visuals else "ALL_VISUALS", "VisualIds": list(visuals)}
    return {
        "FilterGroupId": f"group-{details['FilterId']}",
        "Filters": [filter_],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
        "CrossDataset": "SINGLE_DATASET",
        **more,
    }


@dataclass
class QuickSightRig:
    """QuickSight of a local cloud, over Athena."""

    rig: Rig
    role: str
    data_source: str
    workgroup: str
    api: Any = field(init=False)

    def __post_init__(self) -> None:
        self.api = self.rig.aws("quicksight")

    @classmethod
    def over(cls, rig: Rig) -> QuickSightRig:
        """With a work group and a data source whose role may do everything."""
        bucket, workgroup = rig.name("results"), rig.name("workgroup")
        rig.aws("s3").create_bucket(Bucket=bucket)
        results = {"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/"}}
        rig.aws("athena").create_work_group(Name=workgroup, Configuration=results)
        made = cls(rig, rig.role_of("quicksight"), "", workgroup)
        made.data_source = made.source(made.role)
        return made

    def source(self, role: str) -> str:
        """A data source that asks Athena as a role; its ARN."""
        answer = self.api.create_data_source(
            **ACCOUNT,
            DataSourceId=self.rig.name("source"),
            Name="lake",
            Type="ATHENA",
            DataSourceParameters={"AthenaParameters": {"WorkGroup": self.workgroup, "RoleArn": role}},
        )
        return str(answer["Arn"])

    def asked(self, sql: str, columns: Mapping[str, str], **more: Any) -> dict[str, Any]:
        """The request for a data set of a new id: a query and its columns' types."""
        listed = [{"Name": name, "Type": type_} for name, type_ in columns.items()]
        query = {"DataSourceArn": self.data_source, "Name": "query", "SqlQuery": sql, "Columns": listed}
        return {
            **ACCOUNT,
            "DataSetId": self.rig.name("data-set"),
            "Name": "sales",
            "ImportMode": "SPICE",
            "PhysicalTableMap": {"query": {"CustomSql": query}},
            **more,
        }

    def data_set(self, sql: str, columns: Mapping[str, str], **more: Any) -> str:
        """A data set that has been imported; its ARN."""
        answer = self.api.create_data_set(**self.asked(sql, columns, **more))
        self.rig.cloud.quicksight.ingestions.wait()
        return str(answer["Arn"])

    def ingestion(self, arn: str, id_: str = "") -> dict[str, Any]:
        """The last import of a data set, or one by its id, as soon as it has ended."""
        place = {**ACCOUNT, "DataSetId": arn.rpartition("/")[2]}
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = self.api.list_ingestions(**place)["Ingestions"]
            found = [it for it in found if id_ in ("", it["IngestionId"])]
            if found and found[0]["IngestionStatus"] in ("COMPLETED", "FAILED"):
                return dict(found[0])
            assert time.monotonic() < deadline, found
            time.sleep(0.01)

    def definition(self, data_sets: Mapping[str, str], visuals: Sequence[Any], **more: Any) -> dict[str, Any]:
        """A definition of one sheet; `sheet` says more of the sheet."""
        sheet = {"SheetId": SHEET, "Name": "Sheet", "Visuals": list(visuals), **more.pop("sheet", {})}
        declared = [{"Identifier": name, "DataSetArn": arn} for name, arn in data_sets.items()]
        return {"DataSetIdentifierDeclarations": declared, "Sheets": [sheet], **more}

    def dashboard(self, definition: Mapping[str, Any], **more: Any) -> str:
        """A dashboard; its id."""
        id_ = self.rig.name("dashboard")
        self.api.create_dashboard(**ACCOUNT, DashboardId=id_, Name="Sales", Definition=definition, **more)
        return id_

    def group(self) -> tuple[str, str]:
        """A group; its name and its ARN."""
        name = self.rig.name("group")
        self.api.create_group(**ACCOUNT, Namespace="default", GroupName=name)
        return name, f"arn:aws:quicksight:{REGION}:{ACCOUNT_ID}:group/default/{name}"

    def answer(self, dashboard: str, **selection: Any) -> DashboardAnswer:
        """What a dashboard shows."""
        return self.rig.cloud.quicksight.dashboards.answer(dashboard, Selection(**selection))

    def rows(self, visual_: Mapping[str, Any], data_set: str, **more: Any) -> list[dict[str, Any]]:
        """The rows of one visual over one data set."""
        selection = more.pop("selection", {})
        dashboard = self.dashboard(self.definition({"sales": data_set}, [visual_], **more))
        (answer,) = self.answer(dashboard, **selection).visuals
        return [dict(row) for row in answer.rows]
