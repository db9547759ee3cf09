-- How often did each kind of event happen, and to how many users, today and on each of the seven days before (UTC)?
SELECT
    CAST(timestamp AS DATE) AS day,
    event_type,
    COUNT(*) AS event_count,
    COUNT(DISTINCT user_id) AS user_count
FROM events
WHERE timestamp >= current_date - INTERVAL '7' DAY
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY CAST(timestamp AS DATE), event_type
ORDER BY day, event_count DESC, event_type
