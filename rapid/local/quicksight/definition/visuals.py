"""The visuals: which fields they have in which order, and the lines across them.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Visual.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...service_error import unsupported
from ..data_sets import quoted
from ..errors import invalid, only
from .fields import Columns, Role, aggregated, data_set_of
from .parts import Dimension, Shown, Sort, Visual

# What says how something looks, or what a pointer does, and changes no number.
_LOOKS = frozenset(
    {
        "CategoryAxis",
        "CategoryLabelOptions",
        "ColorLabelOptions",
        "ColorScale",
        "ColumnAxisDisplayOptions",
        "ColumnLabelOptions",
        "DataLabelOptions",
        "DataLabels",
        "DefaultSeriesSettings",
        "Interactions",
        "Legend",
        "PrimaryYAxisDisplayOptions",
        "PrimaryYAxisLabelOptions",
        "RowAxisDisplayOptions",
        "RowLabelOptions",
        "SecondaryYAxisDisplayOptions",
        "SecondaryYAxisLabelOptions",
        "Series",
        "SingleAxisOptions",
        "TableOptions",
        "Tooltip",
        "ValueAxis",
        "ValueLabelOptions",
        "VisualPalette",
        "XAxisDisplayOptions",
        "XAxisLabelOptions",
    }
)
_KNOWN = ("VisualId", "Title", "Subtitle", "ChartConfiguration", "VisualContentAltText")
Wells = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class _Well:
    """A well of dimensions, its role, and the keys of its sort and its limit in the sort configuration."""

    name: str
    role: Role
    sort: str = ""
    limit: str = ""


@dataclass(frozen=True)
class _Kind:
    """A kind of chart: the key of its wells, the wells, and what else may be said of it."""

    wells: str
    dimensions: tuple[_Well, ...]
    more: tuple[str, ...] = ()
    row_sort: str = ""


_KINDS = {
    "KPIVisual": _Kind("", (), ("KPIOptions",)),
    "BarChartVisual": _Kind(
        "BarChartAggregatedFieldWells",
        (
            _Well("Category", "dimension", "CategorySort", "CategoryItemsLimit"),
            _Well("Colors", "series", "ColorSort", "ColorItemsLimit"),
        ),
        ("Orientation", "BarsArrangement", "ReferenceLines"),
    ),
    "LineChartVisual": _Kind(
        "LineChartAggregatedFieldWells",
        (
            _Well("Category", "dimension", "CategorySort", "CategoryItemsLimitConfiguration"),
            _Well("Colors", "series", "", "ColorItemsLimitConfiguration"),
        ),
        ("Type", "ReferenceLines"),
    ),
    "FunnelChartVisual": _Kind(
        "FunnelChartAggregatedFieldWells",
        (_Well("Category", "dimension", "CategorySort", "CategoryItemsLimit"),),
    ),
    "HeatMapVisual": _Kind(
        "HeatMapAggregatedFieldWells",
        (
            _Well("Rows", "dimension", "HeatMapRowSort", "HeatMapRowItemsLimitConfiguration"),
            _Well("Columns", "series", "HeatMapColumnSort", "HeatMapColumnItemsLimitConfiguration"),
        ),
    ),
    "TableVisual": _Kind(
        "TableAggregatedFieldWells", (_Well("GroupBy", "dimension"),), ("FieldOptions", "TotalOptions"), "RowSort"
    ),
}


def read_visual(visual: Mapping[str, Any], columns: Columns) -> Visual:
    """A visual. Raises ServiceError for what is wrong or not supported, by name."""
    ((key, details),) = visual.items()
    id_ = details["VisualId"]
    where = f"visual {id_}"
    if key not in _KINDS:
        raise unsupported(f"{key} ({where}), but {', '.join(_KINDS)} alone")
    kind = _KINDS[key]
    only(details, _KNOWN, f"{key} ({where})")
    chart = details.get("ChartConfiguration") or {}
    only(chart, {"FieldWells", "SortConfiguration", *kind.more} | _LOOKS, f"{key} ({where})")
    wells: Wells = chart.get("FieldWells") or {}
    if kind.wells:
        only(wells, (kind.wells,), f"the field wells of {where}")
        wells = wells.get(kind.wells) or {}  # type: ignore[assignment]
    only(wells, {"Values", *(well.name for well in kind.dimensions)}, f"the field wells of {where}")
    _check_wells(key, wells, where)
    _check_points(chart, where)
    labels = dict(_labels(chart))
    everything = [field for fields in wells.values() for field in fields]
    data_set = data_set_of(everything, where)
    measures = tuple(columns.measure(field, data_set, labels, where) for field in wells.get("Values") or [])
    plain = [
        (well, columns.dimension(field, well.role, labels, where))
        for well in kind.dimensions
        for field in wells.get(well.name) or []
    ]
    shown: list[Shown] = [*measures, *(dimension for _, dimension in plain)]
    by_id = {each.field.id: each.sql for each in shown}
    sorting = chart.get("SortConfiguration") or {}
    known = {kind.row_sort, *(name for well in kind.dimensions for name in (well.sort, well.limit))} - {""}
    only(sorting, known, f"the SortConfiguration of {where}")
    _check_table(chart, [each.field.id for each in (*(dimension for _, dimension in plain), *measures)], where)
    orders = _Orders(by_id, columns, sorting, where)
    return Visual(
        id_,
        _title(details, where),
        key,
        data_set,
        tuple(orders.ordered(well, dimension) for well, dimension in plain),
        measures,
        (chart.get("Orientation") or "VERTICAL") if key == "BarChartVisual" else None,
        _is_stacked(chart, where),
        orders.of(kind.row_sort),
        tuple(_lines(chart.get("ReferenceLines") or [], where)),
    )


def _check_wells(key: str, wells: Wells, where: str) -> None:
    values = len(wells.get("Values") or [])
    if key == "KPIVisual" and values != 1:
        raise unsupported(f"KPIVisual with {values} values ({where}), but with one alone")
    if key != "TableVisual" and not values:
        raise unsupported(f"{key} without a value ({where})")
    for name, fields in wells.items():
        if name not in ("Values", "GroupBy") and len(fields) > 1:
            raise unsupported(f"{key} with {len(fields)} fields of {name} ({where}), but with one alone")


def _check_points(chart: Mapping[str, Any], where: str) -> None:
    """Refuse what makes points of a line up."""
    for name, options in chart.items():
        if name.endswith("AxisDisplayOptions") and options.get("MissingDataConfigurations"):
            raise unsupported(f"MissingDataConfigurations of {where}")


def _check_table(chart: Mapping[str, Any], ids: list[str], where: str) -> None:
    """Refuse what a table shows otherwise than its fields in their order."""
    if (chart.get("TotalOptions") or {}).get("TotalsVisibility") == "VISIBLE":
        raise unsupported(f"the totals of {where}")
    options = chart.get("FieldOptions") or {}
    only(options, ("SelectedFieldOptions", "Order"), f"the FieldOptions of {where}")
    if (options.get("Order") or ids) != ids:
        raise unsupported(f"another Order of the fields of {where} than that of its wells")
    for option in options.get("SelectedFieldOptions") or []:
        if option.get("Visibility") == "HIDDEN":
            raise unsupported(f"the hidden field {option['FieldId']} of {where}")


class _Orders:
    """The orders of one visual's values."""

    def __init__(self, by_id: Mapping[str, str], columns: Columns, sorting: Mapping[str, Any], where: str) -> None:
        self._by_id = by_id
        self._columns = columns
        self._sorting = sorting
        self._where = where

    def ordered(self, well: _Well, dimension: Dimension) -> Dimension:
        """A dimension with its order and its limit."""
        limit = self._sorting.get(well.limit) or {} if well.limit else {}
        count = limit.get("ItemsLimit")
        if count is not None and limit.get("OtherCategories") != "EXCLUDE":
            raise unsupported(f"{well.limit} of {self._where} but with OtherCategories EXCLUDE")
        return replace(dimension, sorts=self.of(well.sort), limit=count)

    def of(self, name: str) -> tuple[Sort, ...]:
        """The order under a key of the sort configuration."""
        return tuple(self._sort(option) for option in self._sorting.get(name) or [] if name)

    def _sort(self, option: Mapping[str, Any]) -> Sort:
        if field := option.get("FieldSort"):
            if field["FieldId"] not in self._by_id:
                raise invalid(f"{self._where} is sorted by the field {field['FieldId']}, which it does not have")
            return Sort(self._by_id[field["FieldId"]], field["Direction"] == "DESC")
        column = option["ColumnSort"]
        function = column.get("AggregationFunction") or {}
        self._columns.type_of(column["SortBy"], self._where)
        kinds = {
            "NumericalAggregationFunction": "NumericalMeasureField",
            "CategoricalAggregationFunction": "CategoricalMeasureField",
            "DateAggregationFunction": "DateMeasureField",
        }
        only(function, kinds, f"the ColumnSort of {self._where}")
        if not function:
            raise unsupported(f"a ColumnSort without an aggregation ({self._where})")
        ((kind, aggregation),) = function.items()
        sql = aggregated(aggregation, quoted(column["SortBy"]["ColumnName"]), kinds[kind], self._where)
        return Sort(sql, column["Direction"] == "DESC")


def _title(details: Mapping[str, Any], where: str) -> str:
    title = details.get("Title") or {}
    if title.get("Visibility") == "HIDDEN":
        return ""
    text = title.get("FormatText") or {}
    only(text, ("PlainText",), f"the title of {where}")
    return str(text.get("PlainText") or "")


def _is_stacked(chart: Mapping[str, Any], where: str) -> bool:
    if chart.get("Type") not in (None, "LINE"):
        raise unsupported(f"the type {chart['Type']} of {where}, but LINE alone")
    arrangement = chart.get("BarsArrangement") or "CLUSTERED"
    if arrangement == "STACKED_PERCENT":
        raise unsupported(f"the BarsArrangement {arrangement} of {where}")
    return bool(arrangement == "STACKED")


def _lines(lines: Iterable[Mapping[str, Any]], where: str) -> Iterable[tuple[str, float]]:
    for line in lines:
        if line.get("Status") == "DISABLED":
            continue
        data = line["DataConfiguration"]
        only(data, ("StaticConfiguration", "AxisBinding"), f"a reference line of {where}")
        value = float(data["StaticConfiguration"]["Value"])
        label = (line.get("LabelConfiguration") or {}).get("CustomLabelConfiguration") or {}
        yield label.get("CustomLabel") or f"{value:g}", value


def _labels(chart: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """What fields are called instead of their columns' names: by the legend, by axes, by a table's options."""
    if legend := ((chart.get("Legend") or {}).get("Title") or {}).get("CustomLabel"):
        for key, wells in (chart.get("FieldWells") or {}).items():
            # Its colours are those of a heat map's values, and of any other's series.
            for field in wells.get("Values" if key == "HeatMapAggregatedFieldWells" else "Colors") or []:
                yield next(iter(field.values()))["FieldId"], legend
    for name, options in chart.items():
        if name.endswith("LabelOptions") and isinstance(options, Mapping):
            for option in options.get("AxisLabelOptions") or []:
                if option.get("CustomLabel") and option.get("ApplyTo"):
                    yield option["ApplyTo"]["FieldId"], option["CustomLabel"]
    for option in (chart.get("FieldOptions") or {}).get("SelectedFieldOptions") or []:
        if option.get("CustomLabel"):
            yield option["FieldId"], option["CustomLabel"]
