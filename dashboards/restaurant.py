"""The restaurant: what sells, when, and what guests look at on the way."""

from .clock import local
from .model import (
    STORE,
    TIME,
    Aggregation,
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
from .orders import ORDERS

READ_SECONDS = 5
"""From here on a look at a menu element counts as read; below it is a quick look."""

LOOKS = DataSet(
    name="looks",
    description="Looks at elements of digital menus, and how long each took. One row a look, each once.",
    sources=("clickstream",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("menu_element", ColumnType.STRING),
        Column("looks", ColumnType.INTEGER),
        Column("seconds", ColumnType.INTEGER),
        Column("received_at", ColumnType.DATETIME),
    ),
    sql=f"""\
SELECT
    {local("created_at")} AS occurred_at,
    COALESCE(source_menu, '(not said)') AS store,
    element_clicked AS menu_element,
    CAST(1 AS bigint) AS looks,
    time_spent AS seconds,
    CAST(received_at AS timestamp) AS received_at
FROM clickstream_now""",
    refreshed_by="received_at",
)

STEPS = DataSet(
    name="steps",
    description="What happens on the way from a look at the menu to feedback. One row an event and step; no guest.",
    sources=("clickstream", "orders", "feedback"),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("step", ColumnType.STRING),
        Column("events", ColumnType.INTEGER),
        Column("received_at", ColumnType.DATETIME),
    ),
    sql=f"""\
SELECT
    {local("moment")} AS occurred_at,
    store,
    step,
    CAST(1 AS bigint) AS events,
    CAST(received_at AS timestamp) AS received_at
FROM (
    SELECT created_at AS moment, COALESCE(source_menu, '(not said)') AS store, step, received_at
    FROM clickstream_now
    CROSS JOIN UNNEST(
        ARRAY['1 Looks', IF(time_spent >= {READ_SECONDS}, '2 Looks of {READ_SECONDS} s or more')]
    ) AS steps (step)
    WHERE step IS NOT NULL
    UNION ALL
    SELECT "timestamp", restaurantid, '3 Order lines', received_at
    FROM orders_now
    UNION ALL
    SELECT submitted_at, store_id, '4 Feedback', received_at
    FROM feedback_now
)""",
    refreshed_by="received_at",
)

_REVENUE = Measure("Revenue", "revenue", format=Format.MONEY)
_ITEMS = Measure("Items", "quantity")
_ORDER_LINES = Measure("Order lines", "order_lines")
_MENU_ITEM = Dimension("Menu item", "menu_item")
_DAY = Dimension("Day", TIME, Granularity.DAY)
_MENU_ELEMENT = Dimension("Menu element", "menu_element")
_SECONDS = Measure("Seconds in all", "seconds")

RESTAURANT = Dashboard(
    name="restaurant",
    title="Restaurant",
    purpose="What sells, where and when, and what guests look at.",
    when_empty="No orders yet: `rapid send orders --count 10` sends some, `rapid demo` some weeks of them. Looks come "
    "from the menus of the storefront.",
    visuals=(
        Visual("revenue", "How much was sold?", Chart.KPI, ORDERS, (_REVENUE,), width=Width.QUARTER),
        Visual(
            "order-lines", "How many order lines were there?", Chart.KPI, ORDERS, (_ORDER_LINES,), width=Width.QUARTER
        ),
        Visual("items", "How many items were ordered?", Chart.KPI, ORDERS, (_ITEMS,), width=Width.QUARTER),
        Visual(
            "average-order-line",
            "How much does an order line bring?",
            Chart.KPI,
            ORDERS,
            (Measure("Average order line", "revenue", Aggregation.AVERAGE, Format.MONEY),),
            width=Width.QUARTER,
        ),
        Visual("by-day", "How does revenue develop?", Chart.LINE, ORDERS, (_REVENUE,), _DAY),
        Visual("order-lines-by-day", "How do order lines develop?", Chart.LINE, ORDERS, (_ORDER_LINES,), _DAY),
        Visual("top-items", "Which menu items bring the most revenue?", Chart.BAR, ORDERS, (_REVENUE,), _MENU_ITEM),
        Visual("top-quantities", "Which menu items are ordered most?", Chart.BAR, ORDERS, (_ITEMS,), _MENU_ITEM),
        Visual(
            "hours",
            "When do guests order?",
            Chart.HEAT_MAP,
            ORDERS,
            (_ORDER_LINES,),
            Dimension("Weekday", "weekday"),
            Dimension("Hour", "hour"),
            width=Width.FULL,
        ),
        Visual(
            "funnel",
            "How many looks at menu items, order lines and feedback were there? (events, not guests)",
            Chart.FUNNEL,
            STEPS,
            (Measure("Events", "events"),),
            Dimension("Step", "step"),
        ),
        Visual(
            "top-elements",
            "Which menu elements hold attention longest?",
            Chart.BAR,
            LOOKS,
            (_SECONDS,),
            _MENU_ELEMENT,
        ),
        Visual(
            "time-spent",
            "How long do guests look at each menu element?",
            Chart.TABLE,
            LOOKS,
            (
                Measure("Looks", "looks"),
                Measure("Seconds a look", "seconds", Aggregation.AVERAGE, Format.DECIMAL),
                _SECONDS,
            ),
            _MENU_ELEMENT,
            width=Width.FULL,
        ),
    ),
    filters=(Filter("Store", STORE), Filter("Menu item", "menu_item"), Filter("Menu element", "menu_element")),
)
