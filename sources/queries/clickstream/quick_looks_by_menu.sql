-- On which menus do guests look at an element for less than five seconds and go on (last 28 days)?
SELECT
    COALESCE(source_menu, '(not said)') AS menu,
    COUNT(*) AS click_count,
    COUNT_IF(time_spent < 5) AS quick_look_count,
    ROUND(100e0 * COUNT_IF(time_spent < 5) / COUNT(*), 1) AS quick_look_percent
FROM clickstream
WHERE created_at >= current_date - INTERVAL '28' DAY
    AND created_at < current_date + INTERVAL '1' DAY
GROUP BY COALESCE(source_menu, '(not said)')
ORDER BY quick_look_percent DESC, menu
