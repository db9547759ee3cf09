-- Which menu elements held attention the longest in the last 28 days, and how long does a look at each take?
SELECT
    element_clicked,
    COUNT(*) AS click_count,
    SUM(time_spent) AS total_seconds,
    ROUND(AVG(CAST(time_spent AS DOUBLE)), 1) AS average_seconds,
    approx_percentile(time_spent, 0.5) AS median_seconds,
    approx_percentile(time_spent, 0.9) AS one_in_ten_at_least_seconds
FROM clickstream
WHERE created_at >= current_date - INTERVAL '28' DAY
    AND created_at < current_date + INTERVAL '1' DAY
GROUP BY element_clicked
ORDER BY total_seconds DESC, element_clicked
