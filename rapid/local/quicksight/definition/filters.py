"""Filters, the visuals that they are for, and the controls above them.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_FilterGroup.html,
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_FilterControl.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ...service_error import unsupported
from ..errors import invalid, only
from . import rolling_dates
from .fields import Columns
from .parts import Bound, Categories, Filter, FilterControl, Scope, TimeRange

_GROUP = ("FilterGroupId", "Filters", "ScopeConfiguration", "Status", "CrossDataset")
_TIME_RANGE = (
    "FilterId",
    "Column",
    "IncludeMinimum",
    "IncludeMaximum",
    "RangeMinimumValue",
    "RangeMaximumValue",
    "NullOption",
    "TimeGranularity",
)
_CATEGORY = ("FilterId", "Column", "Configuration")
_LISTS = ("FilterListConfiguration", "CustomFilterListConfiguration")
_LIST = ("MatchOperator", "CategoryValues", "SelectAllOptions", "NullOption")
_OPERATORS = {"CONTAINS": False, "DOES_NOT_CONTAIN": True}
_CONTROLS = {"DateTimePicker": TimeRange, "Dropdown": Categories, "List": Categories}
_CONTROL = (
    "FilterControlId",
    "Title",
    "SourceFilterId",
    "Type",
    "DisplayOptions",
    "SelectableValues",
    "CommitMode",
)


def read_filters(
    groups: Iterable[Mapping[str, Any]], columns: Columns, sheet_id: str, visual_ids: Iterable[str]
) -> Iterator[Filter]:
    """All filters that are in force; those of a group hold together, as those of all groups do."""
    known = frozenset(visual_ids)
    for group in groups:
        where = f"filter group {group['FilterGroupId']}"
        only(group, _GROUP, where)
        if group.get("Status") == "DISABLED":
            continue
        visuals = _visuals(group["ScopeConfiguration"], sheet_id, known, where)
        for filter_ in group["Filters"]:
            only(filter_, ("TimeRangeFilter", "CategoryFilter"), f"filters ({where})")
            ((kind, details),) = filter_.items()
            column = details["Column"]
            type_ = columns.type_of(column, where)
            wanted = "DATETIME" if kind == "TimeRangeFilter" else "STRING"
            if type_ != wanted:
                raise invalid(f"{kind} of {where} does not take the column {column['ColumnName']}, which is {type_}")
            scope = Scope(
                column["DataSetIdentifier"], column["ColumnName"], group["CrossDataset"] == "ALL_DATASETS", visuals
            )
            read = _time_range if kind == "TimeRangeFilter" else _categories
            yield read(details, scope, where)


def read_controls(controls: Iterable[Mapping[str, Any]], filters: Iterable[Filter]) -> Iterator[FilterControl]:
    """What readers choose by, in the order of the sheet."""
    by_id = {filter_.id: filter_ for filter_ in filters}
    for control in controls:
        only(control, _CONTROLS, "filter controls")
        ((kind, details),) = control.items()
        where = f"control {details['FilterControlId']}"
        only(details, _CONTROL, f"{kind} ({where})")
        found = by_id.get(details["SourceFilterId"])
        if found is None or not isinstance(found, _CONTROLS[kind]):
            raise invalid(f"{where} names the filter {details['SourceFilterId']}, which it is not for")
        usual = "DATE_RANGE" if kind == "DateTimePicker" else "MULTI_SELECT"
        if (details.get("Type") or usual) != usual:
            raise unsupported(f"the type {details['Type']} of {where}, but {usual} alone")
        options = (details.get("SelectableValues") or {}).get("Values")
        yield FilterControl(
            details["FilterControlId"],
            details.get("Title") or found.scope.column,
            found,
            tuple(options) if options else None,
        )


def _visuals(scope: Mapping[str, Any], sheet_id: str, known: frozenset[str], where: str) -> frozenset[str] | None:
    only(scope, ("AllSheets", "SelectedSheets"), f"the scope of {where}")
    if "SelectedSheets" not in scope:
        return None
    found: set[str] = set()
    for sheet in scope["SelectedSheets"].get("SheetVisualScopingConfigurations") or []:
        if sheet["SheetId"] != sheet_id:
            raise invalid(f"{where} names the sheet {sheet['SheetId']}, which is not there")
        if sheet["Scope"] == "ALL_VISUALS":
            return None
        if unknown := set(sheet.get("VisualIds") or []) - known:
            raise invalid(f"{where} names {', '.join(sorted(unknown))}, which is no visual of the sheet")
        found |= set(sheet.get("VisualIds") or [])
    return frozenset(found)


def _time_range(details: Mapping[str, Any], scope: Scope, where: str) -> TimeRange:
    only(details, _TIME_RANGE, f"TimeRangeFilter of {where}")
    granularity = details.get("TimeGranularity")
    if granularity not in (None, *rolling_dates.PERIODS.values()):
        raise unsupported(f"the TimeGranularity {granularity} of {where}")
    return TimeRange(
        details["FilterId"],
        scope,
        _bound(details.get("RangeMinimumValue"), bool(details.get("IncludeMinimum")), where),
        _bound(details.get("RangeMaximumValue"), bool(details.get("IncludeMaximum")), where),
        granularity,
        _has_nulls(details["NullOption"], where),
    )


def _bound(value: Mapping[str, Any] | None, is_included: bool, where: str) -> Bound | None:
    if not value:
        return None
    only(value, ("StaticValue", "RollingDate"), f"the range of {where}")
    if "StaticValue" in value:
        return Bound(fixed=_fixed(value["StaticValue"], where), is_included=is_included)
    expression = value["RollingDate"]["Expression"]
    # What is wrong is told now, rather than when somebody looks.
    rolling_dates.evaluate(expression, datetime(2000, 1, 1), rolling_dates.WEEKDAYS[0])
    return Bound(expression=expression, is_included=is_included)


def _fixed(given: object, where: str) -> datetime:
    """A time as the API has it, in epoch seconds, or as a template has it, in ISO 8601."""
    try:
        if isinstance(given, int | float):
            return datetime.fromtimestamp(given, UTC).replace(tzinfo=None)
        return datetime.fromisoformat(str(given)).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        raise invalid(f"The StaticValue {given} of {where} is no time") from None


def _categories(details: Mapping[str, Any], scope: Scope, where: str) -> Categories:
    only(details, _CATEGORY, f"CategoryFilter of {where}")
    configuration = details["Configuration"]
    only(configuration, _LISTS, f"CategoryFilter of {where}")
    ((_, listed),) = configuration.items()
    only(listed, _LIST, f"CategoryFilter of {where}")
    if listed["MatchOperator"] not in _OPERATORS:
        raise unsupported(f"the MatchOperator {listed['MatchOperator']} of {where}, but {', '.join(_OPERATORS)} alone")
    values = listed.get("CategoryValues")
    is_all = listed.get("SelectAllOptions") == "FILTER_ALL_VALUES" or not values
    return Categories(
        details["FilterId"],
        scope,
        None if is_all else tuple(values),
        _OPERATORS[listed["MatchOperator"]],
        _has_nulls(listed.get("NullOption") or ("ALL_VALUES" if is_all else "NON_NULLS_ONLY"), where),
    )


def _has_nulls(option: str, where: str) -> bool:
    if option == "NULLS_ONLY":
        raise unsupported(f"the NullOption {option} of {where}")
    return option == "ALL_VALUES"
