"""Customers of each store by how lately, how often and for how much they ordered; counted, none of them named."""

from .clock import TODAY, local_day
from .model import STORE, Column, ColumnType, DataSet

WINDOW_DAYS = 180
"""Days, today among them, that customers are known by."""
NEW_DAYS = 28
"""Days, today among them, within which a first order makes a new customer."""

SEGMENTS = DataSet(
    name="customer_segments",
    description=f"Customers and revenue of each store by segment, by the orders of the last {WINDOW_DAYS} days.",
    sources=("orders",),
    columns=(
        Column("segment", ColumnType.STRING),
        Column(STORE, ColumnType.STRING),
        Column("customers", ColumnType.INTEGER),
        Column("revenue", ColumnType.DECIMAL),
    ),
    # A score of five is the best, and equals have equal scores, which ntile would not give. Of those who ordered last
    # on the same day all have the best score of theirs, of those who ordered as often or as much the least: who came
    # once, as most did, came seldom.
    sql=f"""\
WITH clock AS (
    SELECT {TODAY} AS today
), customers AS (
    SELECT
        store,
        customer,
        MIN(day) AS first_day,
        MAX(day) AS last_day,
        COUNT(DISTINCT day) AS visits,
        SUM(revenue) AS revenue
    FROM (
        SELECT
            restaurantid AS store,
            customerid AS customer,
            {local_day('"timestamp"')} AS day,
            quantity * price AS revenue
        FROM orders_now
        WHERE "timestamp" >= current_date - INTERVAL '{WINDOW_DAYS + 1}' DAY
    )
    CROSS JOIN clock
    WHERE day > today - INTERVAL '{WINDOW_DAYS}' DAY AND day <= today
    GROUP BY store, customer
), scores AS (
    SELECT
        store,
        revenue,
        first_day > today - INTERVAL '{NEW_DAYS}' DAY AS is_new,
        5 - 5 * (rank() OVER (PARTITION BY store ORDER BY last_day DESC) - 1) / COUNT(*) OVER (PARTITION BY store)
            AS recency,
        1 + 5 * (rank() OVER (PARTITION BY store ORDER BY visits) - 1) / COUNT(*) OVER (PARTITION BY store)
            AS frequency,
        1 + 5 * (rank() OVER (PARTITION BY store ORDER BY revenue) - 1) / COUNT(*) OVER (PARTITION BY store)
            AS money
    FROM customers
    CROSS JOIN clock
), segments AS (
    SELECT
        CASE
            WHEN is_new THEN 'New'
            WHEN recency >= 4 AND frequency >= 4 AND money >= 4 THEN 'Champions'
            WHEN recency >= 3 AND frequency >= 4 THEN 'Loyal'
            WHEN recency >= 3 THEN 'Occasional'
            WHEN frequency >= 3 THEN 'At risk'
            ELSE 'Lost'
        END AS segment,
        store,
        revenue
    FROM scores
)
SELECT CAST(segment AS varchar) AS segment, store, COUNT(*) AS customers, CAST(SUM(revenue) AS double) AS revenue
FROM segments
GROUP BY segment, store""",
)
