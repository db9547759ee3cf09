-- Of the customers who ordered first in a week (from Monday, UTC), how many percent ordered again in the weeks after it?
WITH weeks AS (
    SELECT
        customerid,
        CAST(date_trunc('week', timestamp) AS DATE) AS week,
        MIN(CAST(date_trunc('week', timestamp) AS DATE)) OVER (PARTITION BY customerid) AS first_week
    FROM orders -- all of it: who is new can be told from the whole history only
    WHERE timestamp < current_date + INTERVAL '1' DAY
    GROUP BY customerid, CAST(date_trunc('week', timestamp) AS DATE)
)
-- A week that has not begun yet is empty; this week is not over.
SELECT
    first_week,
    COUNT_IF(week = first_week) AS new_customers,
    IF(
        first_week + INTERVAL '7' DAY <= current_date,
        ROUND(100e0 * COUNT_IF(week = first_week + INTERVAL '7' DAY) / COUNT_IF(week = first_week), 1)
    ) AS percent_after_1_week,
    IF(
        first_week + INTERVAL '14' DAY <= current_date,
        ROUND(100e0 * COUNT_IF(week = first_week + INTERVAL '14' DAY) / COUNT_IF(week = first_week), 1)
    ) AS percent_after_2_weeks,
    IF(
        first_week + INTERVAL '21' DAY <= current_date,
        ROUND(100e0 * COUNT_IF(week = first_week + INTERVAL '21' DAY) / COUNT_IF(week = first_week), 1)
    ) AS percent_after_3_weeks,
    IF(
        first_week + INTERVAL '28' DAY <= current_date,
        ROUND(100e0 * COUNT_IF(week = first_week + INTERVAL '28' DAY) / COUNT_IF(week = first_week), 1)
    ) AS percent_after_4_weeks
FROM weeks
WHERE first_week >= date_trunc('week', current_date) - INTERVAL '84' DAY
GROUP BY first_week
ORDER BY first_week
