"""The words that a dashboard is declared in."""

from dataclasses import dataclass
from enum import Enum


class ColumnType(Enum):
    """What a column holds, in QuickSight's terms."""

    STRING = "STRING"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    DATETIME = "DATETIME"


class Aggregation(Enum):
    """How the values of a measure become one number."""

    SUM = "SUM"
    AVERAGE = "AVERAGE"
    COUNT = "COUNT"


class Chart(Enum):
    """How a visual looks."""

    KPI = "kpi"
    """One number."""
    BAR = "bar"
    """The largest values by category."""
    LINE = "line"
    """Values over time."""


class Granularity(Enum):
    """The width of a point in time."""

    HOUR = "HOUR"
    DAY = "DAY"


@dataclass(frozen=True)
class Column:
    """A column of a dashboard's data set: its name, an SQL expression over the source's table, its type."""

    name: str
    expression: str
    type: ColumnType


@dataclass(frozen=True)
class Measure:
    """A number that a visual shows."""

    column: str
    aggregation: Aggregation


@dataclass(frozen=True)
class Dimension:
    """What a visual's numbers are grouped by; a granularity where the column is a time."""

    column: str
    granularity: Granularity | None = None


@dataclass(frozen=True)
class Visual:
    """One chart: the question it answers, and what it takes to answer it. A KPI has no dimension."""

    name: str
    question: str
    chart: Chart
    measure: Measure
    dimension: Dimension | None = None


@dataclass(frozen=True)
class Dashboard:
    """Visuals over the last days of one source's processed table."""

    name: str
    title: str
    source: str
    last_days: int
    columns: tuple[Column, ...]
    visuals: tuple[Visual, ...]

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]
