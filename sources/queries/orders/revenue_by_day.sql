-- How many orders, from how many customers, and how much revenue, today and on each of the seven days before (UTC)?
SELECT
    CAST(timestamp AS DATE) AS day,
    COUNT(*) AS order_count,
    COUNT(DISTINCT customerid) AS customer_count,
    SUM(price * quantity) AS total_revenue
FROM orders
WHERE timestamp >= current_date - INTERVAL '7' DAY
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY CAST(timestamp AS DATE)
ORDER BY day
