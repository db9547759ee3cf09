"""Order lines: what several dashboards ask for."""

from .clock import local
from .model import STORE, TIME, Column, ColumnType, DataSet

ORDERS = DataSet(
    name="orders",
    description="Order lines: when, where, what, how many, for how much. One row an order line; no customer.",
    sources=("orders",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("menu_item", ColumnType.STRING),
        Column("weekday", ColumnType.STRING),
        Column("hour", ColumnType.STRING),
        Column("order_lines", ColumnType.INTEGER),
        Column("quantity", ColumnType.INTEGER),
        Column("revenue", ColumnType.DECIMAL),
        Column("received_at", ColumnType.DATETIME),
    ),
    # Categories are in the order of their texts, so a weekday begins with its number.
    sql=f"""\
SELECT
    occurred_at,
    store,
    menu_item,
    CAST(day_of_week(occurred_at) AS varchar) || ' ' || date_format(occurred_at, '%a') AS weekday,
    date_format(occurred_at, '%H:00') AS hour,
    CAST(1 AS bigint) AS order_lines,
    quantity,
    revenue,
    received_at
FROM (
    SELECT
        {local('"timestamp"')} AS occurred_at,
        restaurantid AS store,
        menuitem AS menu_item,
        quantity,
        CAST(quantity * price AS double) AS revenue,
        CAST(received_at AS timestamp) AS received_at
    FROM orders_now
)""",
    refreshed_by="received_at",
)
