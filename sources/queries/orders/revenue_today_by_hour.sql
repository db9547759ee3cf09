-- How much revenue came in each hour of today (UTC), up to a few minutes ago?
SELECT
    hour(timestamp) AS hour_of_day,
    COUNT(*) AS order_count,
    SUM(price * quantity) AS revenue,
    SUM(SUM(price * quantity)) OVER (ORDER BY hour(timestamp)) AS revenue_so_far
FROM orders_now
WHERE timestamp >= current_date
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY hour(timestamp)
ORDER BY hour_of_day
