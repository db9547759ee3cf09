"""A dashboard's definition: DashboardVersionDefinition.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DashboardVersionDefinition.html
"""

from collections.abc import Mapping
from typing import Any

from ..model import Dashboard, Ratio
from . import fields, filters, layout, texts, visuals
from .business import Business


def definition(dashboard: Dashboard, data_set_arns: Mapping[str, str], business: Business) -> dict[str, Any]:
    """One sheet with all visuals, over the data sets of these ARNs by name."""
    controls = filters.controls(dashboard)
    ratios = {
        (visual.data_set, measure.numerator, measure.denominator): fields.calculated_field(visual.data_set, measure)
        for visual in dashboard.visuals
        for measure in visual.measures
        if isinstance(measure, Ratio)
    }
    sheet: dict[str, Any] = {
        "SheetId": dashboard.name,
        "Name": dashboard.title,
        "ContentType": "INTERACTIVE",
        "Visuals": [visuals.chart(visual, business) for visual in dashboard.visuals],
        "TextBoxes": [texts.text_box(dashboard, business)],
        "Layouts": [layout.layout(dashboard, texts.TEXT_ID)],
    }
    if controls:
        sheet["FilterControls"] = list(controls.values())
        sheet["SheetControlLayouts"] = [layout.control_layout(controls)]
    return {
        "DataSetIdentifierDeclarations": [
            {"Identifier": data_set.name, "DataSetArn": data_set_arns[data_set.name]}
            for data_set in dashboard.data_sets
        ],
        "Sheets": [sheet],
        "CalculatedFields": list(ratios.values()),
        "FilterGroups": filters.groups(dashboard, business),
        # As date_trunc has it: a week of the page and of a query is the same.
        "Options": {"WeekStart": "MONDAY"},
    }
