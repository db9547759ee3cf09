"""What is wrong with declarations of dashboards, told by dashboard, visual and column, with what to do about it.

Python finds a misspelt word or a missing argument; this finds what only shows once the words are put together.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from contracts import unknown_names

from . import quicksight
from .model import (
    TIME,
    Aggregation,
    Chart,
    ColumnType,
    Dashboard,
    DataSet,
    Dimension,
    Format,
    Measure,
    Ratio,
    Visual,
)
from .quicksight.fields import column_name

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")
_LABEL = re.compile(r"[^\x00-\x1f]{1,100}")
_COUNTS = (Aggregation.COUNT, Aggregation.DISTINCT_COUNT)
_TAKES_SERIES = (Chart.BAR, Chart.COLUMN, Chart.LINE, Chart.HEAT_MAP, Chart.TABLE)
_TAKES_LINE = (Chart.BAR, Chart.COLUMN, Chart.LINE)
_ONE_MEASURE = (Chart.FUNNEL, Chart.HEAT_MAP)
"""Charts whose field wells hold one value: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_HeatMapAggregatedFieldWells.html"""
MAX_VISUALS = 50
"""Visuals of a sheet:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-quicksight-dashboard-sheetdefinition.html"""
MAX_TITLE = 512
"""Characters of a title: https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ShortFormatText.html"""
_LONG, _MANY_VIEWERS = "x" * 200, 10
RULES = "rules"
"""Name of the data set that the deployment makes itself: who sees which store."""


class DeclarationError(ValueError):
    """Dashboards that cannot be shown. The message has a line for each thing that is wrong."""


def check(dashboards: Iterable[Dashboard]) -> None:
    """Raise DeclarationError where something is wrong with dashboards, or with what they ask."""
    found = list(dashboards)
    data_sets = list(dict.fromkeys(it for dashboard in found for it in dashboard.data_sets))
    problems = [
        *_doubled("dashboards", "dashboard", [dashboard.name for dashboard in found]),
        *_doubled("dashboards", "data set", [data_set.name for data_set in data_sets]),
        *(problem for data_set in data_sets for problem in _of_data_set(data_set)),
        *(problem for dashboard in found for problem in _of_dashboard(dashboard)),
    ]
    # Only what has nothing wrong can be put together.
    problems = problems or [problem for dashboard in found for problem in _of_size(dashboard)]
    if problems:
        raise DeclarationError("\n".join(problems))


def _of_size(dashboard: Dashboard) -> Iterator[str]:
    """Whether its template fits a request to CloudFormation, with ids and addresses as long as they become."""
    arns = {data_set.name: _LONG for data_set in dashboard.data_sets}
    business = quicksight.Business(survey_url=_LONG)
    body = quicksight.template(dashboard, _LONG, arns, business, theme_arn=_LONG, viewers=[_LONG] * _MANY_VIEWERS)
    try:
        quicksight.template_body(body)
    except ValueError as error:
        yield f"dashboard {dashboard.name}: {error}"


def _of_data_set(data_set: DataSet) -> Iterator[str]:
    place = f"data set {data_set.name}"
    columns = {column.name: column.type for column in data_set.columns}
    if not _COLUMN.fullmatch(data_set.name):
        yield f"{place}: its view is named after it: lower-case letters, digits and underscores"
    if data_set.name == RULES:
        yield f"{place}: the deployment makes a data set of this name itself; take another"
    if not data_set.columns:
        yield f"{place}: has no columns; name those of its SELECT"
    yield from _doubled(place, "column", [column.name for column in data_set.columns])
    for name in columns:
        if not _COLUMN.fullmatch(name):
            yield f"{place}: the column {name!r} needs lower-case letters, digits and underscores, as Athena has them"
    if columns.get(TIME, ColumnType.DATETIME) is not ColumnType.DATETIME:
        yield f"{place}: {TIME} is what a date range looks at; make it a DATETIME, or call it otherwise"
    if data_set.refreshed_by and columns.get(data_set.refreshed_by) is not ColumnType.DATETIME:
        yield (
            f"{place}: refreshed_by names {data_set.refreshed_by!r}, which is not a DATETIME column of it; "
            f"{_choose(name for name, kind in columns.items() if kind is ColumnType.DATETIME)}"
        )
    if data_set.lookback_days < 1:
        yield f"{place}: lookback_days is {data_set.lookback_days}; a refresh asks for at least 1 day again"
    if data_set.sql.rstrip().endswith(";"):
        yield f"{place}: its SQL ends with a semicolon, which a view cannot; leave it out"


def _of_dashboard(dashboard: Dashboard) -> Iterator[str]:
    place = f"dashboard {dashboard.name}"
    if not _ID.fullmatch(dashboard.name):
        yield f"{place}: its name becomes an id: lower-case letters and digits, words apart by hyphens"
    if not dashboard.visuals:
        yield f"{place}: has no visuals; declare one"
    if len(dashboard.visuals) > MAX_VISUALS:
        yield (
            f"{place}: has {len(dashboard.visuals)} visuals, and a sheet of QuickSight {MAX_VISUALS} at most; "
            "move some to another dashboard"
        )
    if dashboard.last_days < 1:
        yield f"{place}: last_days is {dashboard.last_days}; today alone is 1"
    yield from _doubled(place, "visual", [visual.name for visual in dashboard.visuals])
    yield from _doubled(place, "filter on", [choice.column for choice in dashboard.filters])
    for choice in dashboard.filters:
        types = {
            column.type
            for data_set in dashboard.data_sets
            for column in data_set.columns
            if column.name == choice.column
        }
        if not types:
            known = sorted({column.name for data_set in dashboard.data_sets for column in data_set.columns})
            yield f"{place}, filter {choice.label!r}: the column {_unknown(choice.column, known)}"
        elif types != {ColumnType.STRING}:
            yield (
                f"{place}, filter {choice.label!r}: the column {choice.column!r} is not a STRING in every data set "
                "that has it; one chooses among texts: make it one in their SQL"
            )
    for visual in dashboard.visuals:
        for problem in (*_of_shape(visual), *_of_fields(visual)):
            yield f"{place}, visual {visual.name}: {problem}"


def _of_shape(visual: Visual) -> Iterator[str]:
    """Whether a chart has what it takes, and nothing else."""
    kind = visual.chart.value
    if not _ID.fullmatch(visual.name):
        yield "its name becomes an id: lower-case letters and digits, words apart by hyphens"
    if not 0 < len(visual.question) <= MAX_TITLE:
        yield f"its question is its title: give it 1 to {MAX_TITLE} characters"
    if not visual.measures:
        yield f"a {kind} needs a measure; add one to its data set's columns if there is none"
    if len(visual.measures) > 1 and (visual.chart in _ONE_MEASURE or visual.chart is Chart.KPI):
        yield f"a {kind} shows one measure, and it has {len(visual.measures)}; make a visual of each"
    if visual.chart is Chart.KPI and visual.dimension:
        yield "a kpi is one number and takes no dimension; leave it out, or take a bar"
    if visual.chart not in (Chart.KPI, Chart.TABLE) and not visual.dimension:
        yield f"a {kind} needs a dimension; give it one, or make it a kpi"
    if visual.series and visual.chart not in _TAKES_SERIES:
        yield f"a {kind} takes no series; leave it out, or take a column"
    if visual.chart is Chart.HEAT_MAP and not visual.series:
        yield "a heat map needs a series, which goes across; give it one, or take a column"
    if visual.series and len(visual.measures) > 1 and visual.chart is not Chart.TABLE:
        yield "has a series and several measures, and a chart tells one of both apart; leave one out"
    if visual.chart is Chart.LINE and visual.dimension and not visual.dimension.granularity:
        yield "a line is over time; give its dimension a time column and a granularity, or take a column"
    if visual.line and visual.chart not in _TAKES_LINE:
        yield f"a {kind} takes no line; leave it out, or take a column"
    if visual.top < 1:
        yield f"top is {visual.top}; a bar shows at least 1 category"


def _of_fields(visual: Visual) -> Iterator[str]:
    columns = {column.name: column.type for column in visual.data_set.columns}
    fields: list[Dimension | Measure | Ratio] = [
        *(dimension for dimension in (visual.dimension, visual.series) if dimension),
        *visual.measures,
    ]
    yield from _doubled("", "label", [field.label for field in fields])
    for field in fields:
        place = f"{type(field).__name__.lower()} {field.label!r}"
        if not _LABEL.fullmatch(field.label):
            yield f"{place}: a label is one line of 1 to 100 characters"
        for name in _named(field):
            if name not in columns:
                yield (
                    f"{place}: the column {_unknown(name, columns)} (data set {visual.data_set.name}); "
                    "add it to the data set's columns and SQL, or name another"
                )
        if all(name in columns for name in _named(field)):
            problems = _of_dimension(field, columns) if isinstance(field, Dimension) else _of_measure(field, columns)
            yield from (f"{place}: {problem}" for problem in problems)
    for only in visual.only:
        if only.column not in columns:
            yield f"only: the column {_unknown(only.column, columns)} (data set {visual.data_set.name})"
        elif columns[only.column] is not ColumnType.STRING:
            yield f"only: the column {only.column!r} is no STRING; make a text of it in the data set's SQL"
        if not only.values:
            yield f"only: no values of the column {only.column!r}, so that nothing would be shown; name some"


def _of_dimension(dimension: Dimension, columns: dict[str, ColumnType]) -> Iterator[str]:
    if columns[dimension.column] is ColumnType.DATETIME:
        if not dimension.granularity:
            yield f"the column {dimension.column!r} is a time; give it a granularity, such as Granularity.DAY"
    elif dimension.granularity:
        kind = columns[dimension.column].value
        yield f"the column {dimension.column!r} is a {kind} and takes no granularity; leave it out"


def _of_measure(measure: Measure | Ratio, columns: dict[str, ColumnType]) -> Iterator[str]:
    if isinstance(measure, Ratio):
        for name in _named(measure):
            if not columns[name].is_number:
                yield f"the column {name!r} is a {columns[name].value}, which has no sum; make it a number in the SQL"
        if (name := column_name(measure)) in columns:
            yield f"is called {name} in QuickSight, and so is a column of the data set; call the column otherwise"
        return
    if columns[measure.column].is_number:
        return
    kind = columns[measure.column].value
    if measure.aggregation not in _COUNTS:
        yield (
            f"the column {measure.column!r} is a {kind}, which has no {measure.aggregation.value}; "
            "COUNT it, or name a number"
        )
    if measure.format in (Format.PERCENT, Format.MONEY, Format.DOLLARS):
        yield (
            f"a number of {kind} values of {measure.column!r} is no {measure.format.value}; "
            "take Format.NUMBER, or a Ratio of two columns"
        )


def _named(field: Dimension | Measure | Ratio) -> tuple[str, ...]:
    return (field.numerator, field.denominator) if isinstance(field, Ratio) else (field.column,)


def _doubled(place: str, what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{place and f'{place}: '}the {what} {name!r} is there {count} times; give each a name of its own"


def _unknown(name: str, known: Iterable[str]) -> str:
    return f"{name!r} {unknown_names.reason(name, known)}"


def _choose(names: Iterable[str]) -> str:
    found = ", ".join(names)
    return f"take one of {found}" if found else "add one, or leave refreshed_by out"
