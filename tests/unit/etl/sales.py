"""The daily sales of the orders' contract: as their table has them, and as DuckDB groups the curated rows."""

import duckdb

from etl.aggregates import table as tables

GROUPED = """
    SELECT CAST("timestamp" AS date) AS day, restaurantid, menuitem, count(*) AS orders,
        sum(quantity) AS quantity, sum(price * quantity) AS revenue
    FROM curated GROUP BY ALL ORDER BY ALL
"""


def table(orders):
    return orders.catalog.load_table(("lake", "orders_sales_daily"))


def held(orders):
    """The aggregate's rows, in order."""
    return duckdb.from_arrow(table(orders).scan().to_arrow()).order("ALL").fetchall()


def grouped(orders, sql=GROUPED, snapshot=None):
    """What GROUP BY makes of the curated rows."""
    return duckdb.from_arrow(orders.table.scan(snapshot_id=snapshot).to_arrow()).query("curated", sql).fetchall()


def check_exact(orders):
    """They are what GROUP BY makes of the snapshot that the aggregate names, if a query can still see that one."""
    named = table(orders).properties[tables.SNAPSHOT]
    if named == tables.NO_SNAPSHOT:
        assert held(orders) == []
    elif orders.table.snapshot_by_id(int(named)):
        assert held(orders) == grouped(orders, snapshot=int(named))


def is_up_to_date(orders):
    """Whether the aggregate names the snapshot that the curated table has now, or one with the same rows."""
    return held(orders) == grouped(orders)
