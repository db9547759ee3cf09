"""The restaurant: what sells, and when."""

from .model import (
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
    Measure,
    Visual,
    Width,
)

ORDERS = DataSet(
    name="orders",
    description="Ordered items: when, where, how many, for how much.",
    sources=("orders",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("menu_item", ColumnType.STRING),
        Column("quantity", ColumnType.INTEGER),
        Column("revenue", ColumnType.DECIMAL),
    ),
    sql="""\
SELECT
    CAST(with_timezone("timestamp", 'UTC') AT TIME ZONE '{timezone}' AS timestamp) AS occurred_at,
    restaurantid AS store,
    menuitem AS menu_item,
    quantity,
    quantity * price AS revenue
FROM orders_now""",
)

_REVENUE = Measure("Revenue", "revenue", format=Format.MONEY)
_ITEMS = Measure("Items", "quantity")

RESTAURANT = Dashboard(
    name="restaurant",
    title="Restaurant",
    purpose="What sells, where and when.",
    when_empty="No orders yet: send one with `rapid send orders`.",
    visuals=(
        Visual("revenue", "How much was sold?", Chart.KPI, ORDERS, (_REVENUE,)),
        Visual("items", "How many items were ordered?", Chart.KPI, ORDERS, (_ITEMS,)),
        Visual(
            "top-items",
            "Which menu items bring the most revenue?",
            Chart.BAR,
            ORDERS,
            (_REVENUE,),
            Dimension("Menu item", "menu_item"),
        ),
        Visual(
            "by-day",
            "How does revenue develop?",
            Chart.LINE,
            ORDERS,
            (_REVENUE,),
            Dimension("Day", TIME, Granularity.DAY),
            width=Width.FULL,
        ),
    ),
    filters=(Filter("Store", STORE),),
)
