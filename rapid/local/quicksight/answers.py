"""What a deployed dashboard shows: the answers that its definition asks for, ready to be drawn.

Whoever draws takes them from a `Dashboards`, and knows nothing of QuickSight's definitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class NumberFormat:
    """How a number is written: `percent` is of a share, 0.25 is 25 %; `symbol` is the code of a currency."""

    kind: Literal["number", "decimal", "currency", "percent"] = "number"
    symbol: str = ""
    decimals: int = 0
    separators: tuple[str, str] | None = None
    """The marks before decimals and between thousands, as the definition has them; None: those of the reader's
    language."""


@dataclass(frozen=True)
class Field:
    """A column of an answer; `series` are the colours of bars and lines, and what a heat map has across."""

    id: str
    label: str
    role: Literal["dimension", "series", "measure"]
    type: Literal["text", "number", "time"]
    granularity: str | None = None
    """Of a time: HOUR, DAY, WEEK, MONTH and so on, as the definition has it."""
    format: NumberFormat = NumberFormat()


@dataclass(frozen=True)
class VisualAnswer:
    """One visual and its rows, in the order in which they are drawn."""

    id: str
    title: str
    kind: str
    """The key of the definition: KPIVisual, BarChartVisual and so on."""
    orientation: Literal["HORIZONTAL", "VERTICAL"] | None
    """Of bars."""
    fields: Sequence[Field]
    rows: Sequence[Mapping[str, Any]]
    """Values by the fields' ids: text, int, float, a datetime without a zone (the one of the data), or None."""
    lines: Sequence[tuple[str, float]] = ()
    """Reference lines: what they say and where they lie."""
    stacked: bool = False
    """Of bars, whether those of the series lie on one another."""


@dataclass(frozen=True)
class Control:
    """A choice above the charts. That of dates has a first and a last day selected; that of values, values."""

    id: str
    title: str
    kind: Literal["dates", "values"]
    column: str
    options: Sequence[str] = ()
    selected: Sequence[str] | tuple[date, date] = ()
    """The values chosen, all of them where it is empty; or the days, both of them included."""


@dataclass(frozen=True)
class TextBox:
    """A text of the sheet, as the definition has it: QuickSight's own XML, such as `<text-box>…</text-box>`."""

    id: str
    text: str


@dataclass(frozen=True)
class Place:
    """Where something stands in the grid of 36 columns; all numbers count from 0."""

    column: int
    row: int
    width: int
    height: int


@dataclass(frozen=True)
class DashboardAnswer:
    """A dashboard with all that it shows."""

    id: str
    name: str
    visuals: Sequence[VisualAnswer]
    texts: Sequence[TextBox]
    places: Mapping[str, Place]
    """By the ids of visuals and texts."""
    controls: Sequence[Control]
    imported_at: datetime | None
    """When the data set whose import is the oldest was imported, in UTC; None where one never was."""
    theme: Mapping[str, Any] = field(default_factory=dict)
    """The theme's configuration as it was deployed."""
    failures: Sequence[str] = ()
    """Of the last imports that failed: which data set, and why."""
    is_importing: bool = False
    """Whether one of the data sets shown is being imported."""


@dataclass(frozen=True)
class Selection:
    """What somebody chose; what is not given is as the dashboard has it."""

    dates: tuple[date, date] | None = None
    """The first and the last day, both included."""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values by the column of a control."""
    as_group: str | None = None
    """The group whose eyes it is seen with; None: those of its owner, who sees every row."""


@dataclass(frozen=True)
class DashboardSummary:
    """A dashboard in a list."""

    id: str
    name: str
    updated_at: datetime
    texts: Sequence[TextBox] = ()
    """The texts of its sheet, which say what it is for."""


class Dashboards(Protocol):
    """The dashboards that are deployed."""

    def listed(self, as_group: str | None = None) -> Sequence[DashboardSummary]:
        """Those that are shared with a group, by name; all of them for None."""

    def groups(self) -> Sequence[str]:
        """The names of all groups."""

    def answer(self, dashboard_id: str, selection: Selection) -> DashboardAnswer:
        """Answer a dashboard. Raises ServiceError, with a status for the browser.

        404 where there is none, 401 where it is not shared with the group, 400 for a selection that it does not have.
        """

    def usual_dates(self, dashboard_id: str) -> tuple[date, date] | tuple[()]:
        """The first and the last day that a dashboard's control of dates has where nobody chose; nothing without any.

        Raises ServiceError, 404 where there is no such dashboard.
        """

    def refresh(self, dashboard_id: str) -> None:
        """Begin to import each of its data sets anew, as CreateIngestion does.

        Raises ServiceError, 404 where there is no such dashboard.
        """
