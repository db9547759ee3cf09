"""Reads the whole of a definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...service_error import unsupported
from ..errors import invalid, only
from .fields import Columns
from .filters import read_controls, read_filters
from .layouts import read_places, read_texts
from .parts import Definition
from .rolling_dates import WEEKDAYS
from .visuals import read_visual

_WHOLE = (
    "AnalysisDefaults",
    "CalculatedFields",
    "DataSetIdentifierDeclarations",
    "FilterGroups",
    "Options",
    "Sheets",
)
_SHEET = (
    "ContentType",
    "Description",
    "FilterControls",
    "Layouts",
    "Name",
    "SheetControlLayouts",
    "SheetId",
    "TextBoxes",
    "Title",
    "Visuals",
)
_FIRST_DAY = "SUNDAY"
"""https://docs.aws.amazon.com/quicksight/latest/user/truncDate-function.html"""


def read(definition: Mapping[str, Any], columns_of: Mapping[str, Mapping[str, str]]) -> Definition:
    """A definition over data sets, whose columns' types are given by ARN.

    Raises ServiceError: InvalidParameterValueException for what AWS refuses, NotImplemented for what only this cloud
    does.
    """
    only(definition, _WHOLE, "dashboards")
    options = definition.get("Options") or {}
    only(options, ("WeekStart", "Timezone"), "the Options of dashboards")
    if options.get("Timezone") not in (None, "UTC"):
        raise unsupported(f"the time zone {options['Timezone']} of dashboards, but UTC alone")
    week_start = options.get("WeekStart") or _FIRST_DAY
    if week_start not in WEEKDAYS:
        raise invalid(f"WeekStart {week_start} is no day of the week")
    arns = {it["Identifier"]: it["DataSetArn"] for it in definition["DataSetIdentifierDeclarations"]}
    for arn in arns.values():
        if arn not in columns_of:
            raise invalid(f"The definition names the dataset {arn}, which does not exist")
    declared = {identifier: columns_of[arn] for identifier, arn in arns.items()}
    columns = Columns(declared, definition.get("CalculatedFields") or [], week_start)
    sheets = definition.get("Sheets") or []
    if len(sheets) != 1:
        raise unsupported(f"dashboards of {len(sheets)} sheets, but of one alone")
    (sheet,) = sheets
    only(sheet, _SHEET, "sheets")
    if (sheet.get("ContentType") or "INTERACTIVE") != "INTERACTIVE":
        raise unsupported(f"sheets of the ContentType {sheet['ContentType']}")
    visuals = [read_visual(visual, columns) for visual in sheet.get("Visuals") or []]
    texts = read_texts(sheet)
    ids = [*(text.id for text in texts), *(visual.id for visual in visuals)]
    if twice := {id_ for id_ in ids if ids.count(id_) > 1}:
        raise invalid(f"The sheet has {', '.join(sorted(twice))} more than once")
    visual_ids = [visual.id for visual in visuals]
    filters = list(read_filters(definition.get("FilterGroups") or [], columns, sheet["SheetId"], visual_ids))
    return Definition(
        arns,
        visuals,
        filters,
        list(read_controls(sheet.get("FilterControls") or [], filters)),
        texts,
        read_places(sheet.get("Layouts") or [], ids),
        week_start,
    )
