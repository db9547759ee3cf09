"""The queries behind a dashboard, in Athena's SQL: of a data set's view, and of one visual over it.

What a visual shows is said here a second time, in one query and by another way than QuickSight's: tests hold the
numbers of QuickSight's definition, as the local cloud draws it, against it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from .model import TIME, Aggregation, Chart, DataSet, Dimension, Measure, Ratio, Visual


def select(data_set: DataSet, timezone: str) -> str:
    """A data set's query for a business of a time zone, which its view keeps."""
    return data_set.sql.replace("{timezone}", timezone)


def view_name(data_set: DataSet) -> str:
    """The view's name in the Glue database."""
    return f"dashboard_{data_set.name}"


def visual_query(
    visual: Visual,
    database: str,
    dates: tuple[date, date] | None = None,
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """What a visual shows: a row for each of its points, with its dimension, series and measures under their labels.

    `dates` are the first and the last day of the range, both shown, None for all; `chosen` are the values chosen above
    the charts by column, none of a column for all. What the visual's data set does not have leaves it alone.
    """
    table = f'"{database}"."{view_name(visual.data_set)}"'
    grouped = [dimension for dimension in (visual.dimension, visual.series) if dimension]
    columns = [*map(_grouped, grouped), *map(_measured, visual.measures)]
    shown = [f'{column} AS "{label}"' for column, label in zip(columns, _labels(visual), strict=True)]
    where = _where(visual, dates, chosen or {})
    lines = [f"SELECT {', '.join(shown)}", f"FROM {table}", *where]
    order = _order(visual, columns)
    if visual.chart is Chart.BAR and visual.series:
        # The largest by all of their series together, whatever each series has.
        category, total = columns[0], columns[2]
        largest = f"SELECT {category} AS category, {total} AS total FROM {table}{''.join(f' {line}' for line in where)}"
        largest += f" GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1 LIMIT {visual.top}"
        lines.insert(2, f"JOIN ({largest}) ON category IS NOT DISTINCT FROM {category}")
        columns, order = [*columns[:2], "total", *columns[2:]], ["total DESC NULLS LAST", *columns[:2]]
        lines.append(f"GROUP BY {', '.join(columns[:3])}")
    elif grouped:
        lines.append(f"GROUP BY {', '.join(columns[: len(grouped)])}")
    if order:
        lines.append(f"ORDER BY {', '.join(order)}")
    if visual.chart is Chart.BAR and not visual.series:
        lines.append(f"LIMIT {visual.top}")
    return "\n".join(lines)


def _labels(visual: Visual) -> list[str]:
    fields: list[Dimension | Measure | Ratio | None] = [visual.dimension, visual.series, *visual.measures]
    return [field.label.replace('"', '""') for field in fields if field]


def _grouped(dimension: Dimension) -> str:
    if dimension.granularity is None:
        return dimension.column
    return f"date_trunc('{dimension.granularity.value.lower()}', {dimension.column})"


def _measured(measure: Measure | Ratio) -> str:
    if isinstance(measure, Ratio):
        # Not of decimals, whose quotients Athena rounds to as many places as they have themselves.
        return f"CAST(sum({measure.numerator}) AS double) / nullif(CAST(sum({measure.denominator}) AS double), 0)"
    match measure.aggregation:
        case Aggregation.AVERAGE:
            return f"avg(CAST({measure.column} AS double))"
        case Aggregation.DISTINCT_COUNT:
            return f"count(DISTINCT {measure.column})"
    return f"{measure.aggregation.value.lower()}({measure.column})"


def _where(visual: Visual, dates: tuple[date, date] | None, chosen: Mapping[str, Sequence[str]]) -> list[str]:
    has = visual.data_set.has
    conditions = []
    if dates and has(TIME) and not visual.all_dates:
        first, after = dates[0], dates[1] + timedelta(days=1)
        conditions.append(f"{TIME} >= TIMESTAMP '{first} 00:00:00' AND {TIME} < TIMESTAMP '{after} 00:00:00'")
    conditions += [_one_of(column, values) for column, values in chosen.items() if values and has(column)]
    conditions += [_one_of(only.column, only.values) for only in visual.only]
    return [f"WHERE {' AND '.join(conditions)}"] if conditions else []


def _one_of(column: str, values: Sequence[str]) -> str:
    texts = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({texts})"


def _order(visual: Visual, columns: Sequence[str]) -> list[str]:
    """In the order that the chart has; equal ones by name, so that the same rows are the largest each time."""
    dimensions = list(columns[: len(columns) - len(visual.measures)])
    if visual.chart is Chart.BAR:
        return [f"{columns[len(dimensions)]} DESC NULLS LAST", *dimensions]
    return dimensions
