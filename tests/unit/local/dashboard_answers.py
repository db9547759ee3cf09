"""Answers of a dashboard that shows each kind of visual, for tests of the page that draws them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from rapid.local.quicksight.answers import (
    Control,
    DashboardAnswer,
    DashboardSummary,
    Field,
    NumberFormat,
    Place,
    Selection,
    TextBox,
    VisualAnswer,
)
from rapid.local.service_error import ServiceError

EURO = NumberFormat("currency", "EUR", 2, (",", "."))
WHOLE = NumberFormat("number", decimals=0, separators=(",", "."))
SHARE = NumberFormat("percent", decimals=1, separators=(",", "."))
FIRST_DAY = date(2026, 11, 22)
DAYS = [datetime(2026, 11, 22) + timedelta(days=n) for n in range(7)]
ITEMS = ("Tagliatelle ai porcini", "Margherita", "Bruschetta", "Espresso", "Tiramisù", "House red, 0.2 l", "Penne")
THEME = {
    "DataColorPalette": {
        "Colors": ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#5C5C5C"],
        "MinMaxGradient": ["#DEEBF7", "#08519C"],
    }
}


def visual(
    name: str,
    title: str,
    kind: str,
    fields: Sequence[Field],
    rows: Sequence[Sequence[Any]],
    orientation: Literal["HORIZONTAL", "VERTICAL"] | None = None,
    lines: Sequence[tuple[str, float]] = (),
    stacked: bool = False,
) -> VisualAnswer:
    """An answer whose rows are given as values in the fields' order."""
    keyed = [dict(zip([each.id for each in fields], row, strict=True)) for row in rows]
    return VisualAnswer(name, title, f"{kind}Visual", orientation, fields, keyed, lines, stacked)


def measure(label: str, of: NumberFormat = WHOLE) -> Field:
    return Field(label, label, "measure", "number", format=of)


def dimension(label: str, granularity: str | None = None) -> Field:
    return Field(label, label, "dimension", "time" if granularity else "text", granularity)


def series(label: str, kind: Literal["text", "number"] = "text") -> Field:
    return Field(label, label, "series", kind)


REVENUE, ORDERS = measure("Revenue", EURO), measure("Orders")
TOTAL = visual("revenue", "How much was sold?", "KPI", [REVENUE], [[12345.5]])
TOP_ITEMS = visual(
    "top-items",
    "Which menu items bring the most revenue?",
    "BarChart",
    [dimension("Menu item"), REVENUE],
    [[item, 4210.55 / (n + 1)] for n, item in enumerate(ITEMS)],
    "HORIZONTAL",
)
RETURNS = visual(
    "returns",
    "Which campaigns earn their costs?",
    "BarChart",
    [dimension("Campaign"), measure("Return", SHARE)],
    [["lunch", 2.94], ["week-end", -0.171], [None, -0.627]],
    "HORIZONTAL",
)
BY_DAY = visual(
    "by-day",
    "How does revenue develop?",
    "LineChart",
    [dimension("Day", "DAY"), REVENUE],
    [[day, 1500 + 400 * (n % 3) - 90 * n] for n, day in enumerate(DAYS)],
    lines=[("Goal", 1800.0)],
)
BY_DAY_AND_STORE = visual(
    "stores",
    "Which store sells when?",
    "LineChart",
    [dimension("Day", "DAY"), series("Store"), ORDERS],
    [[day, store, 40 + 7 * n + len(store)] for n, day in enumerate(DAYS) for store in ("harbour", "main-street")],
)
COLUMNS = visual(
    "hours",
    "At which hour do guests order?",
    "BarChart",
    [dimension("Hour"), ORDERS],
    [[f"{hour:02}", 3 + (hour * 7) % 23] for hour in range(8, 24)],
    "VERTICAL",
)
STACKED = visual(
    "scores",
    "How do guests score us?",
    "BarChart",
    [dimension("Day", "DAY"), series("Score"), measure("Answers")],
    [[day, score, 3 + n] for n, day in enumerate(DAYS) for score in ("good", "bad", "so-so")],
    "VERTICAL",
    stacked=True,
)
FUNNEL = visual(
    "funnel",
    "Where do guests leave?",
    "FunnelChart",
    [dimension("Step"), measure("Guests")],
    [["Opened the menu", 1200], ["Looked at an item", 640], ["Ordered", 210]],
)
HEAT_MAP = visual(
    "week",
    "When is the house full?",
    "HeatMap",
    [dimension("Weekday"), series("Hour", "number"), ORDERS],
    [[day, hour, (hour * len(day)) % 19] for day in ("Mon", "Tue", "Wed", "Thu") for hour in (9, 8, 12, 13, 20)],
)
TABLE = visual(
    "stores-table",
    "What does each store bring?",
    "Table",
    [dimension("Store"), REVENUE, ORDERS, measure("Error rate", SHARE)],
    [["harbour", 5410.1, 301, 0.0123], ["main-street", 6935.4, 399, None]],
)
TWO_MEASURES = visual(
    "forecast",
    "What will next week bring?",
    "LineChart",
    [dimension("Day", "DAY"), REVENUE, measure("Forecast", EURO), measure("Share", SHARE)],
    [[day, None if n > 3 else 100 * n, 90 * n + 10, 0.5] for n, day in enumerate(DAYS)],
)
ALL = (TOTAL, TOP_ITEMS, RETURNS, BY_DAY, BY_DAY_AND_STORE, COLUMNS, STACKED, FUNNEL, HEAT_MAP, TABLE, TWO_MEASURES)


def dashboard(*visuals: VisualAnswer, imported_at: datetime | None = None) -> DashboardAnswer:
    """The visuals below their text, numbers first, two charts a row."""
    places = {"about": Place(0, 0, 36, 3)}
    kpis = [each for each in visuals if each.kind == "KPIVisual"]
    others = [each for each in visuals if each.kind != "KPIVisual"]
    places |= {each.id: Place(9 * n, 3, 9, 6) for n, each in enumerate(kpis)}
    places |= {each.id: Place(18 * (n % 2), 9 + 12 * (n // 2), 18, 12) for n, each in enumerate(others)}
    about = (
        '<text-box><inline font-size="16px">What sells &amp; when.</inline><br/>'
        '<inline font-size="12px">No orders yet: send one with `rapid send orders`.</inline><br/>'
        '<a href="https://example.com/survey?dashboard=x" target="_blank">Does it help?</a></text-box>'
    )
    controls = (
        Control("control-dates", "Dates", "dates", "occurred_at", selected=(FIRST_DAY, FIRST_DAY + timedelta(6))),
        Control("control-store", "Store", "values", "store", ("harbour", "main-street")),
    )
    texts = (TextBox("about", about),)
    return DashboardAnswer("demo-restaurant", "Restaurant", visuals, texts, places, controls, imported_at, THEME)


class Deployed:
    """One dashboard, shared with the group `managers`; what was asked is kept."""

    def __init__(self, *visuals: VisualAnswer) -> None:
        self.visuals = visuals or ALL
        self.imported_at: datetime | None = datetime(2026, 11, 28, 7, 58, tzinfo=UTC)
        self.asked: list[Selection] = []
        self.refreshed: list[str] = []

    def listed(self, as_group: str | None = None) -> Sequence[DashboardSummary]:
        shown = dashboard()
        if as_group not in (None, "managers"):
            return ()
        return (DashboardSummary(shown.id, shown.name, datetime(2026, 11, 1), shown.texts),)

    def groups(self) -> Sequence[str]:
        return ("managers", "nobody")

    def answer(self, dashboard_id: str, selection: Selection) -> DashboardAnswer:
        if dashboard_id != "demo-restaurant":
            raise ServiceError("ResourceNotFoundException", f"There is no dashboard {dashboard_id}", 404)
        if selection.as_group == "nobody":
            raise ServiceError("AccessDenied", "The dashboard is not shared with the group nobody", 401)
        self.asked.append(selection)
        return dashboard(*self.visuals, imported_at=self.imported_at)

    def usual_dates(self, dashboard_id: str) -> tuple[date, date]:
        return FIRST_DAY, FIRST_DAY + timedelta(6)

    def refresh(self, dashboard_id: str) -> None:
        self.refreshed.append(dashboard_id)
        self.imported_at = datetime.now(UTC)
