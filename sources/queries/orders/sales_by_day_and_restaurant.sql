-- What did each restaurant sell today and on each of the 28 days before (UTC): orders, items, revenue?
SELECT
    day,
    restaurantid,
    SUM(orders) AS order_count,
    SUM(quantity) AS item_count,
    SUM(revenue) AS total_revenue
FROM orders_sales_daily
WHERE day >= current_date - INTERVAL '28' DAY
    AND day <= current_date
GROUP BY day, restaurantid
ORDER BY day, restaurantid
