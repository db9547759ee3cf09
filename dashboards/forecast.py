"""What each store will sell in the coming days: a seasonal naive forecast with its interval.

A day is expected to bring what the same weekday of the last week brought, and the interval follows from how far that
was off in the past: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd edition), the seasonal naive
method (https://otexts.com/fpp3/simple-methods.html) and prediction intervals
(https://otexts.com/fpp3/prediction-intervals.html). Why so: docs/decisions/0045-forecasts-and-segments-of-stores.md.
"""

from .clock import TODAY, local_day
from .model import STORE, TIME, Column, ColumnType, DataSet

HISTORY_DAYS = 56
"""Days before today that a forecast knows: eight of each weekday."""
SHOWN_DAYS = 28
"""Days of those that are shown before the forecast."""
AHEAD_DAYS = 14
"""Days that are forecast, today among them: two of each weekday."""
FEWEST_ERRORS = 7
"""Days with a day a week before that a store must have, so 14 days of history: fewer say nothing of every weekday."""
DEVIATIONS = 1.2816
"""Standard deviations to either side within which four of five values of a normal distribution lie."""
ALL_STORES = "(all stores)"
"""The `store` of rows by which the interval of all stores together differs from the sum of the stores' own."""

FORECAST = DataSet(
    name="revenue_forecast",
    description="Revenue of each store by day, and what the coming days will bring: forecast, and an interval of 80 %.",
    sources=("orders",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("revenue", ColumnType.DECIMAL),
        Column("forecast", ColumnType.DECIMAL),
        Column("lower", ColumnType.DECIMAL),
        Column("upper", ColumnType.DECIMAL),
    ),
    # UTC's day is at most one ahead of the business's, and at most one behind it.
    sql=f"""\
WITH clock AS (
    SELECT {TODAY} AS today
), sales AS (
    SELECT store, day, CAST(SUM(revenue) AS double) AS revenue
    FROM (
        SELECT restaurantid AS store, {local_day('"timestamp"')} AS day, quantity * price AS revenue
        FROM orders_now
        WHERE "timestamp" >= current_date - INTERVAL '{HISTORY_DAYS + 2}' DAY
    )
    CROSS JOIN clock
    WHERE day >= today - INTERVAL '{HISTORY_DAYS}' DAY AND day < today
    GROUP BY store, day
), stores AS (
    SELECT store, MIN(day) AS first_day FROM sales GROUP BY store
), calendar AS (
    SELECT store, day
    FROM stores
    CROSS JOIN clock
    CROSS JOIN UNNEST(sequence(first_day, today - INTERVAL '1' DAY, INTERVAL '1' DAY)) AS days (day)
), history AS (
    -- From a store's first sale to yesterday; a day without sales is a day of zero.
    SELECT store, day, COALESCE(revenue, 0) AS revenue
    FROM calendar
    LEFT JOIN sales USING (store, day)
), errors AS (
    SELECT store, day, revenue, revenue - LAG(revenue, 7) OVER (PARTITION BY store ORDER BY day) AS error
    FROM history
), deviations AS (
    SELECT store, SQRT(AVG(error * error)) AS deviation
    FROM errors
    GROUP BY store
    HAVING COUNT(error) >= {FEWEST_ERRORS}
), weeks AS (
    -- The last week repeats itself; what is two weeks ahead is twice as uncertain, in squares.
    SELECT
        store,
        date_add('day', 7 * week, day) AS day,
        week,
        revenue AS forecast,
        {DEVIATIONS} * SQRT(week) * deviation AS half
    FROM history
    JOIN deviations USING (store)
    CROSS JOIN clock
    CROSS JOIN UNNEST(sequence(1, {AHEAD_DAYS // 7})) AS ahead (week)
    WHERE day >= today - INTERVAL '7' DAY
), forecasts AS (
    SELECT store, day, week, forecast, greatest(forecast - half, 0) AS lower, forecast + half AS upper
    FROM weeks
), errors_together AS (
    SELECT day, SUM(error) AS error
    FROM errors
    JOIN deviations USING (store)
    GROUP BY day
    HAVING COUNT(error) = (SELECT COUNT(*) FROM deviations)
), together AS (
    SELECT SQRT(AVG(error * error)) AS deviation FROM errors_together
), all_stores AS (
    SELECT
        day,
        SUM(forecast) AS forecast,
        SUM(lower) AS lower,
        SUM(upper) AS upper,
        {DEVIATIONS} * SQRT(MAX(week)) AS deviations
    FROM forecasts
    GROUP BY day
    HAVING COUNT(*) > 1
)
SELECT
    CAST(day AS timestamp) AS occurred_at,
    store,
    revenue,
    CAST(NULL AS double) AS forecast,
    CAST(NULL AS double) AS lower,
    CAST(NULL AS double) AS upper
FROM history
CROSS JOIN clock
WHERE day >= today - INTERVAL '{SHOWN_DAYS}' DAY
UNION ALL
SELECT CAST(day AS timestamp), store, NULL, forecast, lower, upper
FROM forecasts
UNION ALL
SELECT
    CAST(day AS timestamp),
    '{ALL_STORES}',
    NULL,
    NULL,
    greatest(forecast - deviations * deviation, 0) - lower,
    forecast + deviations * deviation - upper
FROM all_stores
CROSS JOIN together""",
)
