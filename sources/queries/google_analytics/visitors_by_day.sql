-- How many browsers and signed-in users visited on each of the last 28 days (UTC), and how many bought?
SELECT
    CAST(timestamp AS DATE) AS day,
    COUNT(DISTINCT client_id) AS browser_count,
    COUNT(DISTINCT user_id) AS user_count,
    COUNT(DISTINCT IF(event_name = 'purchase', client_id)) AS buyer_count,
    COUNT(*) AS event_count
FROM google_analytics
WHERE timestamp >= current_date - INTERVAL '28' DAY
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY CAST(timestamp AS DATE)
ORDER BY day
