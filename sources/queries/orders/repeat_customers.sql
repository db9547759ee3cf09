-- How many customers came on one day, on two, or on more in the last 90 days, and which part of the revenue do they bring?
SELECT
    days_with_orders,
    COUNT(*) AS customer_count,
    SUM(revenue) AS total_revenue,
    ROUND(100 * CAST(SUM(revenue) AS DOUBLE) / CAST(SUM(SUM(revenue)) OVER () AS DOUBLE), 1) AS percent_of_revenue
FROM (
    SELECT
        CASE
            WHEN COUNT(DISTINCT CAST(timestamp AS DATE)) = 1 THEN '1 day'
            WHEN COUNT(DISTINCT CAST(timestamp AS DATE)) = 2 THEN '2 days'
            WHEN COUNT(DISTINCT CAST(timestamp AS DATE)) <= 5 THEN '3 to 5 days'
            ELSE '6 days or more'
        END AS days_with_orders,
        SUM(price * quantity) AS revenue
    FROM orders
    WHERE timestamp >= current_date - INTERVAL '90' DAY
        AND timestamp < current_date + INTERVAL '1' DAY
    GROUP BY customerid
)
GROUP BY days_with_orders
ORDER BY days_with_orders
