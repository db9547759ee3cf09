-- How much does a guest order at a visit to each restaurant (all that a customer orders there on a day, last 28 days)?
SELECT
    restaurantid,
    COUNT(*) AS visit_count,
    ROUND(AVG(CAST(item_count AS DOUBLE)), 1) AS average_items,
    CAST(AVG(revenue) AS DECIMAL(18, 2)) AS average_revenue,
    CAST(approx_percentile(revenue, 0.5) AS DECIMAL(18, 2)) AS median_revenue,
    CAST(approx_percentile(revenue, 0.9) AS DECIMAL(18, 2)) AS one_in_ten_at_least
FROM (
    SELECT
        restaurantid,
        SUM(quantity) AS item_count,
        CAST(SUM(price * quantity) AS DOUBLE) AS revenue
    FROM orders
    WHERE timestamp >= current_date - INTERVAL '28' DAY
        AND timestamp < current_date + INTERVAL '1' DAY
    GROUP BY restaurantid, customerid, CAST(timestamp AS DATE)
)
GROUP BY restaurantid
ORDER BY average_revenue DESC, restaurantid
