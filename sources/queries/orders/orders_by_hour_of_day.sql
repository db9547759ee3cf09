-- At which hours of the day did guests order in the last 28 days, by the restaurant's own clock?
SELECT
    hour_of_day,
    COUNT(*) AS order_count,
    SUM(price * quantity) AS total_revenue
FROM (
    SELECT
        hour(with_timezone(timestamp, 'UTC') AT TIME ZONE 'UTC') AS hour_of_day, -- EDIT the second: 'Europe/Berlin'
        price,
        quantity
    FROM orders
    WHERE timestamp >= current_date - INTERVAL '28' DAY
        AND timestamp < current_date + INTERVAL '1' DAY
)
GROUP BY hour_of_day
ORDER BY hour_of_day
