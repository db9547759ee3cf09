-- Which ten menu items bring the most revenue?
SELECT
    menuItem,
    COUNT(*) AS order_count,
    SUM(quantity) AS total_quantity,
    SUM(price * quantity) AS total_revenue
FROM orders
GROUP BY menuItem
ORDER BY total_revenue DESC
LIMIT 10
