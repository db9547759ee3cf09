"""What each store will sell in the coming days: a seasonal naive forecast with its interval.

A day is expected to bring what the same weekday of the last week brought, and the interval follows from how far that
was off in the past: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd edition), sections 5.2 (the
seasonal naive method) and 5.5 (its interval: https://otexts.com/fpp3/prediction-intervals.html). Why so:
docs/decisions/0045-forecasts-and-segments-of-stores.md.
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
    # UTC's day is at most one ahead of the business's, and at most one behind it. Athena runs a query of WITH as often
    # as it is named (https://trino.io/docs/current/sql/select.html#with-clause): each that reads orders is, once.
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
    SELECT store, MIN(day) AS first_day, MAP_AGG(day, revenue) AS sold FROM sales GROUP BY store
), history AS (
    -- From a store's first sale to yesterday; a day without sales is a day of zero.
    SELECT store, day, COALESCE(element_at(sold, day), 0) AS revenue
    FROM stores
    CROSS JOIN clock
    CROSS JOIN UNNEST(sequence(first_day, today - INTERVAL '1' DAY, INTERVAL '1' DAY)) AS days (day)
), errors AS (
    SELECT store, day, revenue, revenue - LAG(revenue, 7) OVER (PARTITION BY store ORDER BY day) AS error
    FROM history
), deviations AS (
    SELECT
        store,
        day,
        revenue,
        error,
        COUNT(error) OVER (PARTITION BY store) >= {FEWEST_ERRORS} AS is_known,
        SQRT(AVG(error * error) OVER (PARTITION BY store)) AS deviation
    FROM errors
), days_together AS (
    SELECT
        store,
        day,
        revenue,
        is_known,
        deviation,
        SUM(IF(is_known, error)) OVER (PARTITION BY day) AS error,
        COUNT(IF(is_known, error)) OVER (PARTITION BY day) AS stores,
        row_number() OVER (PARTITION BY day, is_known ORDER BY store) AS place
    FROM deviations
), days_of_all AS (
    SELECT store, day, revenue, is_known, deviation, error, stores, MAX(stores) OVER () AS all_stores, place
    FROM days_together
), together AS (
    -- Of days on which all stores that have a forecast were wrong by something, each once.
    SELECT
        store,
        day,
        revenue,
        is_known,
        deviation,
        all_stores,
        place,
        SQRT(AVG(IF(is_known AND place = 1 AND stores = all_stores, error * error)) OVER ()) AS all_deviation
    FROM days_of_all
), weeks AS (
    -- Each day is shown as it was, and each of the last week comes again, twice. What is two weeks ahead is twice as
    -- uncertain, in squares.
    SELECT
        store,
        date_add('day', 7 * week, day) AS day,
        week,
        all_stores,
        place,
        IF(week = 0, revenue) AS revenue,
        IF(week > 0, revenue) AS forecast,
        {DEVIATIONS} * SQRT(week) * deviation AS half,
        {DEVIATIONS} * SQRT(week) * all_deviation AS all_half
    FROM together
    CROSS JOIN clock
    CROSS JOIN UNNEST(sequence(0, {AHEAD_DAYS // 7})) AS ahead (week)
    WHERE IF(week = 0, day >= today - INTERVAL '{SHOWN_DAYS}' DAY, is_known AND day >= today - INTERVAL '7' DAY)
), forecasts AS (
    SELECT
        store,
        day,
        week,
        all_stores,
        place,
        revenue,
        forecast,
        greatest(forecast - half, 0) AS lower,
        forecast + half AS upper,
        greatest(SUM(forecast) OVER (PARTITION BY day) - all_half, 0) AS all_lower,
        SUM(forecast) OVER (PARTITION BY day) + all_half AS all_upper
    FROM weeks
), sums AS (
    SELECT
        store,
        day,
        week,
        all_stores,
        place,
        revenue,
        forecast,
        lower,
        upper,
        all_lower - SUM(lower) OVER (PARTITION BY day) AS all_lower,
        all_upper - SUM(upper) OVER (PARTITION BY day) AS all_upper
    FROM forecasts
)
SELECT
    CAST(day AS timestamp) AS occurred_at,
    IF(is_all, '{ALL_STORES}', store) AS store,
    IF(NOT is_all, revenue) AS revenue,
    IF(NOT is_all, forecast) AS forecast,
    IF(is_all, all_lower, lower) AS lower,
    IF(is_all, all_upper, upper) AS upper
FROM sums
CROSS JOIN UNNEST(ARRAY[false, true]) AS parts (is_all)
WHERE NOT is_all OR (week > 0 AND place = 1 AND all_stores > 1)""",
)
