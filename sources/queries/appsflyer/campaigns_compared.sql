-- What did each campaign bring in the last 28 days: installs, buyers, revenue, refunds, revenue per install?
SELECT
    COALESCE(NULLIF(campaign_id, ''), 'organic') AS campaign,
    COUNT_IF(event_type = 'install') AS install_count,
    COUNT(DISTINCT IF(revenue > 0, user_id)) AS buyer_count,
    COALESCE(SUM(revenue), 0) AS total_revenue,
    COALESCE(SUM(IF(revenue < 0, -revenue)), 0) AS refunded,
    CAST(
        CAST(COALESCE(SUM(revenue), 0) AS DOUBLE) / NULLIF(COUNT_IF(event_type = 'install'), 0)
        AS DECIMAL(18, 2)
    ) AS revenue_per_install
FROM appsflyer
WHERE timestamp >= current_date - INTERVAL '28' DAY
    AND timestamp < current_date + INTERVAL '1' DAY
GROUP BY COALESCE(NULLIF(campaign_id, ''), 'organic')
ORDER BY total_revenue DESC, campaign
