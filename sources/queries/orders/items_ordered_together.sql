-- Which twenty pairs of menu items do guests order most often at one visit (same customer, restaurant and day, last 28 days)?
WITH items AS (
    SELECT DISTINCT customerid, restaurantid, CAST(timestamp AS DATE) AS day, menuitem
    FROM orders
    WHERE timestamp >= current_date - INTERVAL '28' DAY
        AND timestamp < current_date + INTERVAL '1' DAY
)
SELECT
    one.menuitem AS item,
    other.menuitem AS and_item,
    COUNT(*) AS visit_count
FROM items AS one
JOIN items AS other
    ON other.customerid = one.customerid
    AND other.restaurantid = one.restaurantid
    AND other.day = one.day
    AND other.menuitem > one.menuitem
GROUP BY one.menuitem, other.menuitem
ORDER BY visit_count DESC, item, and_item
LIMIT 20
