-- How many clicks came in each hour, and from how many elements?
SELECT
    date_trunc('hour', created_at) AS hour,
    COUNT(*) AS click_count,
    COUNT(DISTINCT element_clicked) AS element_count
FROM clickstream_now
GROUP BY date_trunc('hour', created_at)
ORDER BY hour DESC
LIMIT 168
