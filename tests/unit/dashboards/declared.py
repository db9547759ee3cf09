"""A data set and visuals of every kind over it, for the tests of how dashboards are declared and drawn."""

from dataclasses import replace
from typing import Any

from dashboards import (
    STORE,
    TIME,
    Chart,
    Column,
    ColumnType,
    Dashboard,
    DataSet,
    Dimension,
    Filter,
    Format,
    Granularity,
    Line,
    Measure,
    Only,
    Ratio,
    Visual,
)

SALES = DataSet(
    name="sales",
    description="What was sold.",
    sources=("orders",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("item", ColumnType.STRING),
        Column("hour", ColumnType.INTEGER),
        Column("quantity", ColumnType.INTEGER),
        Column("revenue", ColumnType.DECIMAL),
    ),
    sql="SELECT occurred_at, store, item, hour, quantity, revenue FROM orders_now",
)
STOCK = DataSet(
    name="stock",
    description="What there is now.",
    sources=("orders",),
    columns=(Column("item", ColumnType.STRING), Column("pieces", ColumnType.INTEGER)),
    sql="SELECT item, pieces FROM orders_now",
)
REVENUE = Measure("Revenue", "revenue", format=Format.MONEY)
ITEM, HOUR, DAY = Dimension("Item", "item"), Dimension("Hour", "hour"), Dimension("Day", TIME, Granularity.DAY)
VISUALS = (
    Visual("total", "How much was sold?", Chart.KPI, SALES, (REVENUE,)),
    Visual("average", "How much does an item bring?", Chart.KPI, SALES, (Ratio("Each", "revenue", "quantity"),)),
    Visual("best", "What sells best?", Chart.BAR, SALES, (REVENUE,), ITEM, top=2, only=(Only(STORE, ("east", "o'n")),)),
    Visual(
        "best-by-store", "Where does what sell best?", Chart.BAR, SALES, (REVENUE,), ITEM, Dimension("Store", STORE)
    ),
    Visual("hours", "At which hour?", Chart.COLUMN, SALES, (REVENUE,), HOUR, line=Line("Enough", 5)),
    Visual("days", "On which day?", Chart.LINE, SALES, (REVENUE, Measure("Items", "quantity")), DAY, all_dates=True),
    Visual("days-by-store", "On which day where?", Chart.LINE, SALES, (REVENUE,), DAY, Dimension("Store", STORE)),
    Visual("steps", "How far?", Chart.FUNNEL, SALES, (REVENUE,), ITEM),
    Visual("map", "When what?", Chart.HEAT_MAP, SALES, (REVENUE,), ITEM, HOUR),
    Visual("table", "All of it?", Chart.TABLE, SALES, (REVENUE, Ratio("Each", "revenue", "quantity")), ITEM),
    Visual("left", "What is left?", Chart.BAR, STOCK, (Measure("Pieces", "pieces"),), ITEM),
)
EVERYTHING = Dashboard(
    name="everything",
    title="Everything",
    purpose="Shows <all> there is.",
    when_empty="Send an order.",
    visuals=VISUALS,
    filters=(Filter("Store", STORE), Filter("Item", "item")),
)


def visual(name: str, /, **changes: Any) -> Visual:
    """One of the visuals, changed."""
    return replace({each.name: each for each in VISUALS}[name], **changes)


def showing(*visuals: Visual, **changes: Any) -> Dashboard:
    """A dashboard of these visuals, changed, without filters unless it is given some."""
    return replace(EVERYTHING, **{"visuals": visuals, "filters": (), **changes})
