"""The choices above the charts, dates first, and the rows that a visual is about.

Filters: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_FilterGroup.html,
their controls: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_FilterControl.html
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..model import TIME, Dashboard, Filter, Visual
from . import fields
from .business import Business

_DATES = "dates"


def groups(dashboard: Dashboard, business: Business) -> list[dict[str, Any]]:
    """All filters of a dashboard: of dates, of each choice, of each visual's own rows."""
    dated = dated_visuals(dashboard)
    found = [_dates(dashboard, dated, business)] if dated else []
    found += [_choice(dashboard, choice, shown) for choice, shown in _choices(dashboard)]
    for visual in dashboard.visuals:
        found += _only(dashboard, visual)
    return found


def controls(dashboard: Dashboard) -> dict[str, dict[str, Any]]:
    """What a reader changes them by, by the control's id."""
    found: dict[str, dict[str, Any]] = {}
    if dated_visuals(dashboard):
        found["control_dates"] = {
            "DateTimePicker": {
                "FilterControlId": "control_dates",
                "Title": "Dates",
                "SourceFilterId": _DATES,
                "Type": "DATE_RANGE",
            }
        }
    for choice, _ in _choices(dashboard):
        found[f"control_{choice.column}"] = {
            "Dropdown": {
                "FilterControlId": f"control_{choice.column}",
                "Title": choice.label,
                "SourceFilterId": _filter_id(choice),
                "Type": "MULTI_SELECT",
            }
        }
    return found


def dated_visuals(dashboard: Dashboard) -> list[Visual]:
    """The visuals that the date range is for."""
    return [visual for visual in dashboard.visuals if not visual.all_dates and visual.data_set.has(TIME)]


def _dates(dashboard: Dashboard, visuals: list[Visual], business: Business) -> dict[str, Any]:
    """The last days, today among them; whole days, since the granularity is a day's."""
    today = f"truncDate('DD', {_now(business)})"
    days = dashboard.last_days - 1
    time_range = {
        "FilterId": _DATES,
        "Column": fields.column(visuals[0].data_set, TIME),
        "IncludeMinimum": True,
        "IncludeMaximum": True,
        "RangeMinimumValue": {"RollingDate": {"Expression": f"addDateTime(-{days}, 'DD', {today})" if days else today}},
        "RangeMaximumValue": {"RollingDate": {"Expression": today}},
        "NullOption": "NON_NULLS_ONLY",
        "TimeGranularity": "DAY",
    }
    return _group(dashboard, _DATES, {"TimeRangeFilter": time_range}, visuals)


def _now(business: Business) -> str:
    """The business's time of day. QuickSight's clock is UTC, and its functions know no zones: the zone's offset without
    daylight saving is what one can say, an hour beside it in summer, from midnight to one o'clock."""
    year = datetime.now(UTC).year
    zone = ZoneInfo(business.timezone)
    offsets = [datetime(year, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in range(1, 13)]
    minutes = int(min(offsets).total_seconds() // 60)
    return f"addDateTime({minutes}, 'MI', now())" if minutes else "now()"


def _choices(dashboard: Dashboard) -> list[tuple[Filter, list[Visual]]]:
    """The choices, each with the visuals that it is for. A stack without a source may have none left for one."""
    shown = {
        choice: [visual for visual in dashboard.visuals if visual.data_set.has(choice.column)]
        for choice in dashboard.filters
    }
    return [(choice, visuals) for choice, visuals in shown.items() if visuals]


def _choice(dashboard: Dashboard, choice: Filter, visuals: list[Visual]) -> dict[str, Any]:
    category = {
        "FilterId": _filter_id(choice),
        "Column": fields.column(visuals[0].data_set, choice.column),
        "Configuration": {
            "FilterListConfiguration": {
                "MatchOperator": "CONTAINS",
                "SelectAllOptions": "FILTER_ALL_VALUES",
                "NullOption": "ALL_VALUES",
            }
        },
    }
    return _group(dashboard, _filter_id(choice), {"CategoryFilter": category}, visuals)


def _only(dashboard: Dashboard, visual: Visual) -> Iterable[dict[str, Any]]:
    for number, only in enumerate(visual.only):
        filter_id = f"only-{visual.name}-{number}"
        category = {
            "FilterId": filter_id,
            "Column": fields.column(visual.data_set, only.column),
            "Configuration": {
                "FilterListConfiguration": {
                    "MatchOperator": "CONTAINS",
                    "CategoryValues": list(only.values),
                    "NullOption": "NON_NULLS_ONLY",
                }
            },
        }
        yield {
            **_group(dashboard, filter_id, {"CategoryFilter": category}, [visual]),
            "CrossDataset": "SINGLE_DATASET",
        }


def _group(dashboard: Dashboard, filter_id: str, filter_: dict[str, Any], visuals: Iterable[Visual]) -> dict[str, Any]:
    names = [visual.name for visual in visuals]
    scope: dict[str, Any] = {"SheetId": dashboard.name, "Scope": "ALL_VISUALS"}
    if len(names) < len(dashboard.visuals):
        scope |= {"Scope": "SELECTED_VISUALS", "VisualIds": names}
    return {
        "FilterGroupId": f"group-{filter_id}",
        "Filters": [filter_],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
        "CrossDataset": "ALL_DATASETS",
    }


def _filter_id(choice: Filter) -> str:
    return f"choice-{choice.column}"
