-- Which menu elements hold attention the longest?
SELECT
    element_clicked,
    COUNT(*) AS click_count,
    SUM(time_spent) AS total_seconds,
    ROUND(AVG(CAST(time_spent AS DOUBLE)), 1) AS average_seconds
FROM clickstream_now
GROUP BY element_clicked
ORDER BY total_seconds DESC, element_clicked
