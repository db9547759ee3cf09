"""The charts, one function each.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Visual.html
"""

from collections.abc import Callable
from typing import Any

from ..model import Chart, Dimension, Measure, Ratio, Visual
from . import fields
from .business import Business
from .theme import HEAT, LINE_COLOR


def chart(visual: Visual, business: Business) -> dict[str, Any]:
    """A visual under its kind, with its question as title."""
    kind, configure = _KINDS[visual.chart]
    return {
        kind: {
            "VisualId": visual.name,
            "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": visual.question}},
            "ChartConfiguration": configure(visual, business),
            # Read aloud by a screen reader.
            "VisualContentAltText": visual.question,
        }
    }


def _kpi(visual: Visual, business: Business) -> dict[str, Any]:
    return {"FieldWells": {"Values": fields.measure_fields(visual, business)}}


def _bars(visual: Visual, business: Business) -> dict[str, Any]:
    return {
        **_bar_chart(visual, business),
        "SortConfiguration": {
            "CategorySort": _sort(visual, visual.measures[0], "DESC"),
            "CategoryItemsLimit": {"ItemsLimit": visual.top, "OtherCategories": "EXCLUDE"},
        },
        "Orientation": "HORIZONTAL",
    }


def _columns(visual: Visual, business: Business) -> dict[str, Any]:
    return {
        **_bar_chart(visual, business),
        "SortConfiguration": {"CategorySort": _sort(visual, visual.dimension, "ASC")},
        "Orientation": "VERTICAL",
    }


def _bar_chart(visual: Visual, business: Business) -> dict[str, Any]:
    return {
        "FieldWells": {"BarChartAggregatedFieldWells": _wells(visual, business)},
        "BarsArrangement": "STACKED" if visual.series else "CLUSTERED",
        "CategoryLabelOptions": fields.labels(visual, visual.dimension),
        "ValueLabelOptions": fields.labels(visual, *visual.measures),
        **({"ColorLabelOptions": fields.labels(visual, visual.series)} if visual.series else {}),
        **_legend(visual),
        **_reference_lines(visual),
    }


def _line(visual: Visual, business: Business) -> dict[str, Any]:
    return {
        "FieldWells": {"LineChartAggregatedFieldWells": _wells(visual, business)},
        "SortConfiguration": {"CategorySort": _sort(visual, visual.dimension, "ASC")},
        "Type": "LINE",
        "XAxisLabelOptions": fields.labels(visual, visual.dimension),
        "PrimaryYAxisLabelOptions": fields.labels(visual, *visual.measures),
        **_legend(visual),
        **_reference_lines(visual),
    }


def _funnel(visual: Visual, business: Business) -> dict[str, Any]:
    wells = {"Category": _dimensions(visual, visual.dimension), "Values": fields.measure_fields(visual, business)}
    return {
        "FieldWells": {"FunnelChartAggregatedFieldWells": wells},
        "SortConfiguration": {"CategorySort": _sort(visual, visual.dimension, "ASC")},
        "CategoryLabelOptions": fields.labels(visual, visual.dimension),
        "ValueLabelOptions": fields.labels(visual, *visual.measures),
        "DataLabelOptions": {
            "Visibility": "VISIBLE",
            "MeasureDataLabelStyle": "VALUE_AND_PERCENTAGE_BY_FIRST_STAGE",
        },
    }


def _heat_map(visual: Visual, business: Business) -> dict[str, Any]:
    wells = {
        "Rows": _dimensions(visual, visual.dimension),
        "Columns": _dimensions(visual, visual.series),
        "Values": fields.measure_fields(visual, business),
    }
    return {
        "FieldWells": {"HeatMapAggregatedFieldWells": wells},
        "SortConfiguration": {
            "HeatMapRowSort": _sort(visual, visual.dimension, "ASC"),
            "HeatMapColumnSort": _sort(visual, visual.series, "ASC"),
        },
        "RowLabelOptions": fields.labels(visual, visual.dimension),
        "ColumnLabelOptions": fields.labels(visual, visual.series),
        "Legend": {"Title": _legend_title(visual.measures[0])},
        "ColorScale": {"Colors": [{"Color": color} for color in HEAT], "ColorFillType": "GRADIENT"},
    }


def _table(visual: Visual, business: Business) -> dict[str, Any]:
    named = fields.ids(visual)
    return {
        "FieldWells": {
            "TableAggregatedFieldWells": {
                "GroupBy": _dimensions(visual, visual.dimension, visual.series),
                "Values": fields.measure_fields(visual, business),
            }
        },
        "SortConfiguration": {
            "RowSort": [*_sort(visual, visual.dimension, "ASC"), *_sort(visual, visual.series, "ASC")]
        },
        "FieldOptions": {
            "SelectedFieldOptions": [
                {"FieldId": field_id, "CustomLabel": field.label} for field, field_id in named.items()
            ],
            "Order": list(named.values()),
        },
    }


def _wells(visual: Visual, business: Business) -> dict[str, Any]:
    wells = {"Category": _dimensions(visual, visual.dimension), "Values": fields.measure_fields(visual, business)}
    return {**wells, "Colors": _dimensions(visual, visual.series)} if visual.series else wells


def _dimensions(visual: Visual, *shown: Dimension | None) -> list[dict[str, Any]]:
    return [fields.dimension_field(visual, dimension) for dimension in shown if dimension]


def _sort(visual: Visual, field: Dimension | Measure | Ratio | None, direction: str) -> list[dict[str, Any]]:
    return [{"FieldSort": {"FieldId": fields.ids(visual)[field], "Direction": direction}}] if field else []


def _legend(visual: Visual) -> dict[str, Any]:
    """Above the chart where there is something to tell apart, and none otherwise: it would repeat the title."""
    if visual.series:
        return {"Legend": {"Visibility": "VISIBLE", "Position": "TOP", "Title": _legend_title(visual.series)}}
    if len(visual.measures) > 1:
        return {"Legend": {"Visibility": "VISIBLE", "Position": "TOP"}}
    return {"Legend": {"Visibility": "HIDDEN"}}


def _legend_title(field: Dimension | Measure | Ratio) -> dict[str, str]:
    return {"Visibility": "VISIBLE", "CustomLabel": field.label}


def _reference_lines(visual: Visual) -> dict[str, Any]:
    if not visual.line:
        return {}
    return {
        "ReferenceLines": [
            {
                "Status": "ENABLED",
                "DataConfiguration": {
                    "StaticConfiguration": {"Value": visual.line.value},
                    "AxisBinding": "PRIMARY_YAXIS",
                },
                "StyleConfiguration": {"Pattern": "DASHED", "Color": LINE_COLOR},
                "LabelConfiguration": {"CustomLabelConfiguration": {"CustomLabel": visual.line.label}},
            }
        ]
    }


_KINDS: dict[Chart, tuple[str, Callable[[Visual, Business], dict[str, Any]]]] = {
    Chart.KPI: ("KPIVisual", _kpi),
    Chart.BAR: ("BarChartVisual", _bars),
    Chart.COLUMN: ("BarChartVisual", _columns),
    Chart.LINE: ("LineChartVisual", _line),
    Chart.FUNNEL: ("FunnelChartVisual", _funnel),
    Chart.HEAT_MAP: ("HeatMapVisual", _heat_map),
    Chart.TABLE: ("TableVisual", _table),
}
