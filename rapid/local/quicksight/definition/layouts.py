"""What stands where on a sheet: a grid of 36 columns.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_GridLayoutConfiguration.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...service_error import unsupported
from ..answers import Place, TextBox
from ..errors import invalid, only

COLUMNS = 36
_USUAL = (18, 12)
_ELEMENT = ("ElementId", "ElementType", "ColumnIndex", "ColumnSpan", "RowIndex", "RowSpan")
_LOOKS = ("BackgroundStyle", "BorderStyle", "BorderRadius", "LoadingAnimation", "Padding", "SelectedBorderStyle")


def read_places(layouts: Iterable[Mapping[str, Any]], ids: Iterable[str]) -> dict[str, Place]:
    """Where each visual and text stands; without a layout two of them a row, one after another."""
    known, found = list(ids), dict[str, Place]()
    configurations = [layout["Configuration"] for layout in layouts]
    if len(configurations) > 1:
        raise unsupported("sheets of several layouts")
    for configuration in configurations:
        only(configuration, ("GridLayout",), "layouts")
        for element in configuration["GridLayout"]["Elements"]:
            only(element, (*_ELEMENT, *_LOOKS), f"the element {element['ElementId']} of the layout")
            if element["ElementType"] not in ("VISUAL", "TEXT_BOX"):
                raise unsupported(f"{element['ElementType']} in the layout of a sheet ({element['ElementId']})")
            if element["ElementId"] not in known:
                raise invalid(f"The layout names {element['ElementId']}, which is not on the sheet")
            place = _place(element)
            if place.column + place.width > COLUMNS:
                raise invalid(f"The layout's element {element['ElementId']} ends outside of the {COLUMNS} columns")
            found[element["ElementId"]] = place
    width, height = _USUAL
    below = max((place.row + place.height for place in found.values()), default=0)
    for index, id_ in enumerate(id_ for id_ in known if id_ not in found):
        found[id_] = Place(index % 2 * width, below + index // 2 * height, width, height)
    return found


def read_texts(sheet: Mapping[str, Any]) -> list[TextBox]:
    """The texts of a sheet."""
    return [TextBox(box["SheetTextBoxId"], box.get("Content") or "") for box in sheet.get("TextBoxes") or []]


def _place(element: Mapping[str, Any]) -> Place:
    if element.get("ColumnIndex") is None or element.get("RowIndex") is None:
        raise unsupported(f"the element {element['ElementId']} of the layout without ColumnIndex and RowIndex")
    return Place(element["ColumnIndex"], element["RowIndex"], element["ColumnSpan"], element["RowSpan"])
