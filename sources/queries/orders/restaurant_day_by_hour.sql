-- What did one restaurant sell in each hour of yesterday (UTC)?
SELECT
    hour(timestamp) AS hour_of_day,
    COUNT(*) AS order_count,
    COUNT(DISTINCT customerid) AS customer_count,
    SUM(price * quantity) AS total_revenue
FROM orders
WHERE restaurantid = 'rest1' -- EDIT: the restaurant
    AND timestamp >= current_date - INTERVAL '1' DAY -- EDIT: the day, such as DATE '2026-03-14',
    AND timestamp < current_date -- EDIT: and the day after it
GROUP BY hour(timestamp)
ORDER BY hour_of_day
