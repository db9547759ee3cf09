-- At which hours of the day (UTC) do guests order?
SELECT
    hour(timestamp) AS hour_of_day,
    COUNT(*) AS order_count,
    SUM(price * quantity) AS total_revenue
FROM orders_now
GROUP BY hour(timestamp)
ORDER BY hour_of_day
