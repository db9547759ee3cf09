"""Dimensions and measures of field wells, over the columns of data sets and over calculated fields.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DimensionField.html,
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_MeasureField.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ...service_error import unsupported
from ..answers import Field
from ..data_sets import quoted
from ..errors import invalid, only
from . import calculations, formats
from .parts import Dimension, Measure
from .rolling_dates import PERIODS, WEEKDAYS

Role = Literal["dimension", "series"]
_TYPES: Mapping[str, Literal["text", "number", "time"]] = {
    "STRING": "text",
    "INTEGER": "number",
    "DECIMAL": "number",
    "DATETIME": "time",
}
_NUMBERS = ("INTEGER", "DECIMAL")
_SIMPLE = {
    "SUM": "sum({})",
    "AVERAGE": "avg({})",
    "MIN": "min({})",
    "MAX": "max({})",
    "COUNT": "count({})",
    "DISTINCT_COUNT": "count(DISTINCT {})",
    "MEDIAN": "median({})",
    "STDEV": "stddev_samp({})",
    "STDEVP": "stddev_pop({})",
    "VAR": "var_samp({})",
    "VARP": "var_pop({})",
}
"""https://docs.aws.amazon.com/quicksight/latest/APIReference/API_NumericalAggregationFunction.html"""
_OF_TYPES = {
    "NumericalDimensionField": _NUMBERS,
    "CategoricalDimensionField": ("STRING",),
    "DateDimensionField": ("DATETIME",),
    "NumericalMeasureField": _NUMBERS,
    "CategoricalMeasureField": ("STRING",),
    "DateMeasureField": ("DATETIME",),
}


class Columns:
    """The columns of a definition's data sets, by the identifiers that it gives them."""

    def __init__(
        self, declared: Mapping[str, Mapping[str, str]], calculated: Iterable[Mapping[str, Any]], week_start: str
    ) -> None:
        self._declared = declared
        self._week_start = week_start
        self._calculated: dict[tuple[str, str], str] = {}
        for field in calculated:
            only(field, ("DataSetIdentifier", "Name", "Expression"), "calculated fields")
            identifier = field.get("DataSetIdentifier") or ""
            self._data_set(identifier, f"the calculated field {field['Name']}")
            self._calculated[identifier, field["Name"]] = self._calculation(identifier, field["Expression"])

    def type_of(self, column: Mapping[str, Any], where: str) -> str:
        """The type of a column. Raises ServiceError where there is none."""
        identifier, name = column.get("DataSetIdentifier") or "", column["ColumnName"]
        columns = self._data_set(identifier, where)
        if name not in columns:
            raise invalid(f"Column {name} of {where} is not found in the dataset {identifier}")
        return columns[name]

    def has(self, identifier: str, name: str) -> bool:
        """Whether a data set has a column."""
        return name in self._declared[identifier]

    def dimension(self, field: Mapping[str, Any], role: Role, labels: Mapping[str, str], where: str) -> Dimension:
        """What a visual groups by."""
        ((kind, details),) = field.items()
        only(field, ("NumericalDimensionField", "CategoricalDimensionField", "DateDimensionField"), where)
        known = ("FieldId", "Column", "HierarchyId", "FormatConfiguration", "DateGranularity")
        only(details, known, f"{kind} of {where}")
        type_ = self._typed(kind, details, where)
        name = details["Column"]["ColumnName"]
        sql, granularity = quoted(name), None
        if kind == "DateDimensionField":
            granularity = details.get("DateGranularity") or "DAY"
            sql = self.truncated(sql, granularity)
        found = Field(details["FieldId"], labels.get(details["FieldId"], name), role, _TYPES[type_], granularity)
        return Dimension(found, sql)

    def measure(self, field: Mapping[str, Any], data_set: str, labels: Mapping[str, str], where: str) -> Measure:
        """A number that a visual shows; `data_set` is the one of its other fields."""
        ((kind, details),) = field.items()
        if kind == "CalculatedMeasureField":
            sql, id_ = self._calculation(data_set, details["Expression"]), details["FieldId"]
            return Measure(Field(id_, labels.get(id_, id_), "measure", "number"), sql)
        only(field, ("NumericalMeasureField", "CategoricalMeasureField", "DateMeasureField"), where)
        known = ("FieldId", "Column", "AggregationFunction", "FormatConfiguration")
        only(details, known, f"{kind} of {where}")
        column, aggregation = details["Column"], details.get("AggregationFunction")
        name = column["ColumnName"]
        type_: Literal["number", "time"] = "number"
        if calculated := self._calculated.get((column.get("DataSetIdentifier") or "", name)):
            if kind != "NumericalMeasureField" or aggregation:
                raise invalid(f"The calculated field {name} of {where} is aggregated already")
            sql = calculated
        else:
            self._typed(kind, details, where)
            sql = aggregated(aggregation, quoted(name), kind, where)
            type_ = "time" if kind == "DateMeasureField" and aggregation in ("MIN", "MAX") else "number"
        format_ = formats.of_measure(kind, details, where)
        id_ = details["FieldId"]
        return Measure(Field(id_, labels.get(id_, name), "measure", type_, format=format_), sql)

    def truncated(self, sql: str, granularity: str) -> str:
        """A time as the beginning of its period."""
        if granularity not in PERIODS.values():
            raise unsupported(f"the granularity {granularity}")
        days = (7 - WEEKDAYS.index(self._week_start)) % 7
        if granularity == "WEEK" and days:
            return f"(date_trunc('week', {sql} + INTERVAL {days} DAY) - INTERVAL {days} DAY)"
        return f"CAST(date_trunc('{granularity.lower()}', {sql}) AS TIMESTAMP)"

    def _typed(self, kind: str, details: Mapping[str, Any], where: str) -> str:
        type_ = self.type_of(details["Column"], where)
        if type_ not in _OF_TYPES[kind]:
            name = details["Column"]["ColumnName"]
            raise invalid(f"{kind} of {where} does not take the column {name}, which is {type_}")
        return type_

    def _data_set(self, identifier: str, where: str) -> Mapping[str, str]:
        if identifier not in self._declared:
            raise invalid(f"{where} names the dataset {identifier!r}, which the definition does not declare")
        return self._declared[identifier]

    def _calculation(self, identifier: str, expression: str) -> str:
        def column(name: str, is_number: bool) -> str:
            where = f"the calculation {expression!r}"
            type_ = self.type_of({"DataSetIdentifier": identifier, "ColumnName": name}, where)
            if is_number and type_ not in _NUMBERS:
                raise invalid(f"Column {name} of {where} is {type_}, and no number")
            return quoted(name)

        return calculations.sql_of(expression, column)


def aggregated(aggregation: Any, sql: str, kind: str, where: str) -> str:
    """An aggregation as the API has it, over an expression."""
    if kind == "NumericalMeasureField":
        aggregation = aggregation or {"SimpleNumericalAggregation": "SUM"}
        only(aggregation, ("SimpleNumericalAggregation", "PercentileAggregation"), f"the aggregation of {where}")
        if percentile := aggregation.get("PercentileAggregation"):
            return f"quantile_cont({sql}, {float(percentile['PercentileValue']) / 100})"
        aggregation = aggregation["SimpleNumericalAggregation"]
    known = ("MIN", "MAX") if kind != "CategoricalMeasureField" else ()
    aggregation = aggregation or "COUNT"
    if kind != "NumericalMeasureField" and aggregation not in ("COUNT", "DISTINCT_COUNT", *known):
        raise invalid(f"{kind} of {where} does not take the aggregation {aggregation}")
    return _SIMPLE[aggregation].format(sql)


def data_set_of(fields: Iterable[Mapping[str, Any]], where: str) -> str:
    """The data set that all fields of a visual are of, by identifier."""
    columns = [details["Column"] for field in fields for details in field.values() if "Column" in details]
    found = {column.get("DataSetIdentifier") or "" for column in columns}
    if len(found) != 1:
        raise unsupported(f"{where} over {len(found)} datasets, but over one alone")
    return found.pop()
