"""A dashboard as QuickSight's definition, and the CloudFormation template that carries it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-quicksight-dashboard.html
"""

from typing import Any

from .model import Chart, ColumnType, Dashboard, Dimension, Measure, Visual

MAX_BARS = 10

VIEWER_ACTIONS = ("quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard")
"""What a reader of a dashboard needs (https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ResourcePermission.html)."""


def template(
    dashboard: Dashboard, dashboard_id: str, data_set_arn: str, viewer_principal_arn: str | None
) -> dict[str, Any]:
    """The CloudFormation template of one dashboard, shared with the viewer where there is one."""
    properties: dict[str, Any] = {
        "AwsAccountId": {"Ref": "AWS::AccountId"},
        "DashboardId": dashboard_id,
        "Name": dashboard.title,
        "Definition": definition(dashboard, data_set_arn),
    }
    if viewer_principal_arn:
        properties["Permissions"] = [{"Principal": viewer_principal_arn, "Actions": list(VIEWER_ACTIONS)}]
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Dashboard: {dashboard.title}",
        "Resources": {"Dashboard": {"Type": "AWS::QuickSight::Dashboard", "Properties": properties}},
    }


def definition(dashboard: Dashboard, data_set_arn: str) -> dict[str, Any]:
    """One sheet with all visuals."""
    return {
        "DataSetIdentifierDeclarations": [{"Identifier": dashboard.name, "DataSetArn": data_set_arn}],
        "Sheets": [
            {
                "SheetId": dashboard.name,
                "Name": dashboard.title,
                "Visuals": [_visual(dashboard, visual) for visual in dashboard.visuals],
            }
        ],
    }


def _visual(dashboard: Dashboard, visual: Visual) -> dict[str, Any]:
    kind, configuration = {
        Chart.KPI: ("KPIVisual", _kpi),
        Chart.BAR: ("BarChartVisual", _bars),
        Chart.LINE: ("LineChartVisual", _line),
    }[visual.chart]
    return {
        kind: {
            "VisualId": visual.name,
            "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": visual.question}},
            "ChartConfiguration": configuration(dashboard, visual),
        }
    }


def _kpi(dashboard: Dashboard, visual: Visual) -> dict[str, Any]:
    return {"FieldWells": {"Values": [_measure(dashboard, visual)]}}


def _bars(dashboard: Dashboard, visual: Visual) -> dict[str, Any]:
    by_size = {"FieldSort": {"FieldId": _measure_id(visual), "Direction": "DESC"}}
    return {
        "FieldWells": {"BarChartAggregatedFieldWells": _wells(dashboard, visual)},
        "SortConfiguration": {
            "CategorySort": [by_size],
            "CategoryItemsLimit": {"ItemsLimit": MAX_BARS, "OtherCategories": "EXCLUDE"},
        },
        "Orientation": "HORIZONTAL",
    }


def _line(dashboard: Dashboard, visual: Visual) -> dict[str, Any]:
    return {"FieldWells": {"LineChartAggregatedFieldWells": _wells(dashboard, visual)}}


def _wells(dashboard: Dashboard, visual: Visual) -> dict[str, Any]:
    if visual.dimension is None:
        raise ValueError(f"dashboard {dashboard.name}, visual {visual.name}: a {visual.chart.value} needs a dimension")
    return {
        "Category": [_dimension(dashboard, visual, visual.dimension)],
        "Values": [_measure(dashboard, visual)],
    }


def _dimension(dashboard: Dashboard, visual: Visual, dimension: Dimension) -> dict[str, Any]:
    field: dict[str, Any] = {
        "FieldId": f"{visual.name}-dimension",
        "Column": _column(dashboard, dimension.column),
    }
    if dimension.granularity is None:
        return {"CategoricalDimensionField": field}
    return {"DateDimensionField": {**field, "DateGranularity": dimension.granularity.value}}


def _measure(dashboard: Dashboard, visual: Visual) -> dict[str, Any]:
    measure: Measure = visual.measure
    field = {"FieldId": _measure_id(visual), "Column": _column(dashboard, measure.column)}
    if dashboard.column(measure.column).type in (ColumnType.INTEGER, ColumnType.DECIMAL):
        aggregation: Any = {"SimpleNumericalAggregation": measure.aggregation.value}
        return {"NumericalMeasureField": {**field, "AggregationFunction": aggregation}}
    return {"CategoricalMeasureField": {**field, "AggregationFunction": measure.aggregation.value}}


def _measure_id(visual: Visual) -> str:
    return f"{visual.name}-measure"


def _column(dashboard: Dashboard, name: str) -> dict[str, str]:
    return {"DataSetIdentifier": dashboard.name, "ColumnName": dashboard.column(name).name}
