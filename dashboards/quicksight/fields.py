"""What stands in a visual's field wells: its dimensions and measures, each with the id `<visual>-<n>`.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_MeasureField.html,
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DimensionField.html
"""

from typing import Any

from ..model import Column, ColumnType, DataSet, Dimension, Measure, Ratio, Visual
from . import formats
from .business import Business


def ids(visual: Visual) -> dict[Dimension | Measure | Ratio, str]:
    """The ids of a visual's fields: its dimension, its series, its measures, as far as it has them."""
    dimensions = [dimension for dimension in (visual.dimension, visual.series) if dimension]
    return {field: f"{visual.name}-{number}" for number, field in enumerate([*dimensions, *visual.measures])}


def dimension_field(visual: Visual, dimension: Dimension) -> dict[str, Any]:
    """What a visual's numbers are grouped by."""
    field: dict[str, Any] = {
        "FieldId": ids(visual)[dimension],
        "Column": column(visual.data_set, dimension.column),
    }
    if dimension.granularity:
        return {"DateDimensionField": {**field, "DateGranularity": dimension.granularity.value}}
    numeric = _declared(visual.data_set, dimension.column).type.is_number
    return {"NumericalDimensionField" if numeric else "CategoricalDimensionField": field}


def measure_field(visual: Visual, measure: Measure | Ratio, business: Business) -> dict[str, Any]:
    """A number that a visual shows."""
    field: dict[str, Any] = {
        "FieldId": ids(visual)[measure],
        "Column": column(visual.data_set, column_name(measure)),
    }
    numeric = formats.numeric(measure.format, business)
    if isinstance(measure, Ratio):
        # A calculated field of sums says itself how it is aggregated.
        return {"NumericalMeasureField": {**field, "FormatConfiguration": {"FormatConfiguration": numeric}}}
    kind = _declared(visual.data_set, measure.column).type
    if kind.is_number:
        field["AggregationFunction"] = {"SimpleNumericalAggregation": measure.aggregation.value}
        return {"NumericalMeasureField": {**field, "FormatConfiguration": {"FormatConfiguration": numeric}}}
    field["AggregationFunction"] = measure.aggregation.value
    field["FormatConfiguration"] = {"NumericFormatConfiguration": numeric}
    return {"DateMeasureField" if kind is ColumnType.DATETIME else "CategoricalMeasureField": field}


def measure_fields(visual: Visual, business: Business) -> list[dict[str, Any]]:
    """All numbers that a visual shows."""
    return [measure_field(visual, measure, business) for measure in visual.measures]


def calculated_field(data_set: DataSet, ratio: Ratio) -> dict[str, str]:
    """The sum of one column over the sum of another, as a column that each visual of the definition may name.

    https://docs.aws.amazon.com/quicksight/latest/user/adding-a-calculated-field-analysis.html
    """
    return {
        "DataSetIdentifier": data_set.name,
        "Name": column_name(ratio),
        "Expression": f"sum({{{ratio.numerator}}}) / sum({{{ratio.denominator}}})",
    }


def label(visual: Visual, field: Dimension | Measure | Ratio) -> dict[str, Any]:
    """What an axis calls a field instead of its column's name: AxisLabelOptions.

    https://docs.aws.amazon.com/quicksight/latest/APIReference/API_AxisLabelOptions.html
    """
    name = field.column if isinstance(field, Dimension) else column_name(field)
    return {
        "CustomLabel": field.label,
        "ApplyTo": {"FieldId": ids(visual)[field], "Column": column(visual.data_set, name)},
    }


def labels(visual: Visual, *shown: Dimension | Measure | Ratio | None) -> dict[str, Any]:
    """What an axis calls its fields: ChartAxisLabelOptions."""
    return {"AxisLabelOptions": [label(visual, field) for field in shown if field]}


def column(data_set: DataSet, name: str) -> dict[str, str]:
    """A column of a data set: ColumnIdentifier."""
    return {"DataSetIdentifier": data_set.name, "ColumnName": name}


def column_name(measure: Measure | Ratio) -> str:
    """The column of a measure; of a ratio, its calculated field."""
    return measure.column if isinstance(measure, Measure) else f"{measure.numerator}_per_{measure.denominator}"


def _declared(data_set: DataSet, name: str) -> Column:
    return {column.name: column for column in data_set.columns}[name]
