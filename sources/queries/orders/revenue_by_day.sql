-- How many orders, and how much revenue, on each of the last seven days?
SELECT
    CAST(timestamp AS DATE) AS day,
    COUNT(*) AS order_count,
    SUM(price * quantity) AS total_revenue
FROM orders_now
WHERE timestamp >= current_date - INTERVAL '7' DAY
GROUP BY CAST(timestamp AS DATE)
ORDER BY day
