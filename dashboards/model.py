"""The words that a dashboard is declared in: a data set and its columns; a dashboard and its visuals."""

from dataclasses import dataclass
from enum import Enum

TIME = "occurred_at"
"""The column that a dashboard's date range looks at, in the business's time zone. A data set without it is a snapshot
of now, which no date range changes."""
STORE = "store"
"""The column by which rows are kept from groups that see some stores alone."""


class ColumnType(Enum):
    """What a column holds, in QuickSight's terms."""

    STRING = "STRING"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    DATETIME = "DATETIME"

    @property
    def is_number(self) -> bool:
        """Whether its values have a sum."""
        return self in (ColumnType.INTEGER, ColumnType.DECIMAL)


class Aggregation(Enum):
    """How the values of a measure become one number."""

    SUM = "SUM"
    AVERAGE = "AVERAGE"
    COUNT = "COUNT"
    DISTINCT_COUNT = "DISTINCT_COUNT"
    MIN = "MIN"
    MAX = "MAX"


class Format(Enum):
    """How a number is written."""

    NUMBER = "number"
    DECIMAL = "decimal"
    """With one decimal."""
    MONEY = "money"
    """In the stack's currency."""
    DOLLARS = "dollars"
    """What AWS costs."""
    PERCENT = "percent"
    """0.25 is 25 %."""


class Chart(Enum):
    """How a visual looks."""

    KPI = "kpi"
    """One number."""
    BAR = "bar"
    """The largest values by category, lying."""
    COLUMN = "column"
    """Values by category in the category's order, standing."""
    LINE = "line"
    """Values over time."""
    FUNNEL = "funnel"
    """How many are left at each step, in the order of the steps' names."""
    HEAT_MAP = "heat map"
    """One measure by two dimensions: `dimension` down, `series` across."""
    TABLE = "table"


class Granularity(Enum):
    """The width of a point in time."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class Width(Enum):
    """How much of a row a visual takes, in columns of QuickSight's grid of 36."""

    QUARTER = 9
    THIRD = 12
    HALF = 18
    FULL = 36


@dataclass(frozen=True)
class Column:
    """A column of a data set: its name, as its SELECT calls it, and what it holds."""

    name: str
    type: ColumnType


@dataclass(frozen=True)
class DataSet:
    """What dashboards ask: a saved view `dashboard_<name>` of the Glue database, imported into SPICE."""

    name: str
    description: str
    sources: tuple[str, ...]
    """The sources whose tables it reads; a stack without one of them goes without it."""
    columns: tuple[Column, ...]
    sql: str
    """A SELECT in Athena's SQL of exactly these columns. Tables and views by bare name. `{timezone}` is the business's
    zone."""
    refreshed_by: str | None = None
    """A DATETIME column in UTC by which the hourly refresh is incremental; None: each refresh is a full one."""
    lookback_days: int = 8
    """Rows as old as that are asked for again at an incremental refresh."""

    def has(self, column: str) -> bool:
        """Whether it has a column of this name."""
        return any(column == each.name for each in self.columns)


@dataclass(frozen=True)
class Measure:
    """A number that a visual shows: the values of one column as one."""

    label: str
    column: str
    aggregation: Aggregation = Aggregation.SUM
    format: Format = Format.NUMBER


@dataclass(frozen=True)
class Ratio:
    """The sum of one column over the sum of another: an average order, an error rate, a score."""

    label: str
    numerator: str
    denominator: str
    format: Format = Format.PERCENT


@dataclass(frozen=True)
class Dimension:
    """What a visual's numbers are grouped by; with a granularity where the column is a time."""

    label: str
    column: str
    granularity: Granularity | None = None


@dataclass(frozen=True)
class Line:
    """A line across a chart at a value that matters."""

    label: str
    value: float


@dataclass(frozen=True)
class Only:
    """Rows that a visual is about: those whose column has one of these values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Visual:
    """One chart: the question it answers, and what it takes to answer it. A KPI has no dimension."""

    name: str
    question: str
    chart: Chart
    data_set: DataSet
    measures: tuple[Measure | Ratio, ...]
    dimension: Dimension | None = None
    series: Dimension | None = None
    width: Width = Width.HALF
    top: int = 10
    """Categories of a BAR at most, the largest ones."""
    line: Line | None = None
    only: tuple[Only, ...] = ()
    all_dates: bool = False
    """Whether the date range leaves it alone, as a forecast, which lies ahead."""


@dataclass(frozen=True)
class Filter:
    """A choice above the charts, over all data sets that have the column."""

    label: str
    column: str


@dataclass(frozen=True)
class Dashboard:
    """Visuals on one page, and the choices above them."""

    name: str
    title: str
    purpose: str
    """One sentence under the title."""
    when_empty: str
    """What to do where there is no data yet: the command or the setting."""
    visuals: tuple[Visual, ...]
    filters: tuple[Filter, ...] = ()
    last_days: int = 7
    """Days of the date range that it opens with, today among them."""

    @property
    def data_sets(self) -> tuple[DataSet, ...]:
        """The data sets that its visuals ask, each once, in the visuals' order."""
        return tuple(dict.fromkeys(visual.data_set for visual in self.visuals))
