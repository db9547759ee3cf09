"""What stands where on a sheet: a grid of 36 columns, which QuickSight fits to the screen's width.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_GridLayoutConfiguration.html
"""

from collections.abc import Iterable
from typing import Any

from ..model import Chart, Dashboard, Visual, Width

_TEXT_ROWS = 3
_ROWS = {Chart.KPI: 6}
_OTHER_ROWS = 12
"""Rows of the grid that a chart takes."""
_CONTROL = {"ColumnSpan": 2, "RowSpan": 1}
"""What a control takes of the bar above the sheet, where controls follow one another by themselves."""


def layout(dashboard: Dashboard, text_id: str) -> dict[str, Any]:
    """Text on top, then the visuals in their order, row by row."""
    elements = [_element(text_id, "TEXT_BOX", 0, 0, Width.FULL.value, _TEXT_ROWS)]
    top = _TEXT_ROWS
    for row in _rows(dashboard.visuals):
        height = max(_ROWS.get(visual.chart, _OTHER_ROWS) for visual in row)
        left = 0
        for visual in row:
            elements.append(_element(visual.name, "VISUAL", left, top, visual.width.value, height))
            left += visual.width.value
        top += height
    canvas = {"ScreenCanvasSizeOptions": {"ResizeOption": "RESPONSIVE"}}
    return {"Configuration": {"GridLayout": {"Elements": elements, "CanvasSizeOptions": canvas}}}


def control_layout(control_ids: Iterable[str]) -> dict[str, Any]:
    """The bar above the sheet."""
    elements = [{"ElementId": it, "ElementType": "FILTER_CONTROL", **_CONTROL} for it in control_ids]
    return {"Configuration": {"GridLayout": {"Elements": elements}}}


def _rows(visuals: Iterable[Visual]) -> list[list[Visual]]:
    rows: list[list[Visual]] = [[]]
    for visual in visuals:
        if sum(each.width.value for each in rows[-1]) + visual.width.value > Width.FULL.value:
            rows.append([])
        rows[-1].append(visual)
    return rows


def _element(id_: str, kind: str, left: int, top: int, width: int, height: int) -> dict[str, Any]:
    return {
        "ElementId": id_,
        "ElementType": kind,
        "ColumnIndex": left,
        "ColumnSpan": width,
        "RowIndex": top,
        "RowSpan": height,
    }
