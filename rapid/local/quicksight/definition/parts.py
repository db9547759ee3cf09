"""What a definition says, as far as it changes what a dashboard answers. Expressions are in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..answers import Field, Place, TextBox


@dataclass(frozen=True)
class Sort:
    """An order: by an expression over a group of rows."""

    sql: str
    is_descending: bool = False


@dataclass(frozen=True)
class Shown:
    """A field of a visual and the expression that it shows."""

    field: Field
    sql: str


@dataclass(frozen=True)
class Dimension(Shown):
    """What rows are grouped by; its values stand in an order of their own, the first ones of it alone with a limit."""

    sorts: tuple[Sort, ...] = ()
    limit: int | None = None


@dataclass(frozen=True)
class Measure(Shown):
    """A number for each group of rows."""


@dataclass(frozen=True)
class Visual:
    """One visual, over one data set by its identifier in the definition."""

    id: str
    title: str
    kind: str
    data_set: str
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    orientation: Literal["HORIZONTAL", "VERTICAL"] | None = None
    is_stacked: bool = False
    row_sorts: tuple[Sort, ...] = ()
    """Of a table, whose rows are sorted as a whole."""
    lines: tuple[tuple[str, float], ...] = ()

    @property
    def shown(self) -> tuple[Shown, ...]:
        """All that it shows, its dimensions first."""
        return (*self.dimensions, *self.measures)


@dataclass(frozen=True)
class Scope:
    """The visuals that a filter is for: those over its own data set, or over all that have its column."""

    data_set: str
    column: str
    is_for_all_data_sets: bool
    visual_ids: frozenset[str] | None
    """None: all of them."""


@dataclass(frozen=True)
class Bound:
    """The first or last time of a range: a fixed one, or an expression of a rolling date."""

    fixed: datetime | None = None
    expression: str = ""
    is_included: bool = False


@dataclass(frozen=True)
class TimeRange:
    """Rows of a time."""

    id: str
    scope: Scope
    first: Bound | None
    last: Bound | None
    granularity: str | None
    has_nulls: bool


@dataclass(frozen=True)
class Categories:
    """Rows that have one of some values, or none of them; every value for None."""

    id: str
    scope: Scope
    values: tuple[str, ...] | None
    is_excluding: bool
    has_nulls: bool


Filter = TimeRange | Categories


@dataclass(frozen=True)
class FilterControl:
    """A choice above the charts, which takes the place of what a filter says."""

    id: str
    title: str
    filter: Filter
    options: tuple[str, ...] | None = None
    """The values to choose from; None: those of the column."""


@dataclass(frozen=True)
class Definition:
    """One sheet."""

    data_set_arns: Mapping[str, str]
    """By identifier."""
    visuals: Sequence[Visual]
    filters: Sequence[Filter]
    controls: Sequence[FilterControl]
    texts: Sequence[TextBox]
    places: Mapping[str, Place]
    week_start: str
