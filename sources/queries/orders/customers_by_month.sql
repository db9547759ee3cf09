-- How many different customers ordered in each of the last twelve months, and what did each bring?
SELECT
    CAST(date_trunc('month', timestamp) AS DATE) AS month,
    COUNT(DISTINCT customerid) AS customer_count,
    COUNT(*) AS order_count,
    SUM(price * quantity) AS total_revenue,
    CAST(CAST(SUM(price * quantity) AS DOUBLE) / COUNT(DISTINCT customerid) AS DECIMAL(18, 2)) AS revenue_per_customer
FROM orders
WHERE timestamp >= date_trunc('month', current_date) - INTERVAL '11' MONTH
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY CAST(date_trunc('month', timestamp) AS DATE)
ORDER BY month
