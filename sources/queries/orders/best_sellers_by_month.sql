-- Which three menu items brought the most revenue in each of the last twelve months (UTC), from the first to the last?
SELECT month, place, menuitem, order_count, total_revenue
FROM (
    SELECT
        CAST(date_trunc('month', day) AS DATE) AS month,
        row_number() OVER (
            PARTITION BY date_trunc('month', day) ORDER BY SUM(revenue) DESC, menuitem
        ) AS place,
        menuitem,
        SUM(orders) AS order_count,
        SUM(revenue) AS total_revenue
    FROM orders_sales_daily
    WHERE day >= date_trunc('month', current_date) - INTERVAL '11' MONTH
        AND day <= current_date
    GROUP BY date_trunc('month', day), menuitem
)
WHERE place <= 3
ORDER BY month, place
