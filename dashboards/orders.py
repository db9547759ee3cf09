"""Restaurant orders: what sells, and when."""

from .model import Aggregation, Chart, Column, ColumnType, Dashboard, Dimension, Granularity, Measure, Visual

_REVENUE = Measure("revenue", Aggregation.SUM)

ORDERS = Dashboard(
    name="orders",
    title="Orders, last 7 days",
    source="orders",
    last_days=7,
    columns=(
        Column("ordered_at", '"timestamp"', ColumnType.DATETIME),
        Column("menu_item", "menuitem", ColumnType.STRING),
        Column("restaurant", "restaurantid", ColumnType.STRING),
        Column("quantity", "quantity", ColumnType.INTEGER),
        Column("revenue", "quantity * price", ColumnType.DECIMAL),
    ),
    visuals=(
        Visual("revenue", "How much was sold?", Chart.KPI, _REVENUE),
        Visual("items", "How many items were ordered?", Chart.KPI, Measure("quantity", Aggregation.SUM)),
        Visual("top-items", "Which menu items bring the most revenue?", Chart.BAR, _REVENUE, Dimension("menu_item")),
        Visual(
            "by-day",
            "How does revenue develop?",
            Chart.LINE,
            _REVENUE,
            Dimension("ordered_at", Granularity.DAY),
        ),
    ),
)
