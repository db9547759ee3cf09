-- How many installs, and how much revenue, did each campaign bring today and on each of the seven days before (UTC)?
SELECT
    day,
    COALESCE(NULLIF(campaign_id, ''), 'organic') AS campaign,
    SUM(installs) AS install_count,
    COALESCE(SUM(revenue), 0) AS total_revenue
FROM appsflyer_campaigns_daily
WHERE day >= current_date - INTERVAL '7' DAY
    AND day <= current_date
GROUP BY day, COALESCE(NULLIF(campaign_id, ''), 'organic')
ORDER BY day, campaign
