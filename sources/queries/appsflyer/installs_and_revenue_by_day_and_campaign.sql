-- How many installs, and how much revenue, did each campaign bring today and on each of the seven days before (UTC)?
SELECT
    CAST(timestamp AS DATE) AS day,
    COALESCE(campaign_id, '(no campaign)') AS campaign,
    COUNT_IF(event_type = 'install') AS install_count,
    COALESCE(SUM(revenue), 0) AS total_revenue
FROM appsflyer
WHERE timestamp >= current_date - INTERVAL '7' DAY
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY CAST(timestamp AS DATE), COALESCE(campaign_id, '(no campaign)')
ORDER BY day, campaign
