-- How many clicks came in each hour of today and yesterday (UTC), up to a few minutes ago, and on how many elements?
SELECT
    date_format(created_at, '%Y-%m-%d %H:00') AS hour,
    COUNT(*) AS click_count,
    COUNT(DISTINCT element_clicked) AS element_count
FROM clickstream_now
WHERE created_at >= current_date - INTERVAL '1' DAY
    AND created_at < current_date + INTERVAL '1' DAY
GROUP BY date_format(created_at, '%Y-%m-%d %H:00')
ORDER BY hour DESC
