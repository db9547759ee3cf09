-- Of those who installed the app in the last 28 days, how many used it again, and how many bought, by campaign?
WITH events AS (
    SELECT
        user_id,
        timestamp,
        event_type,
        revenue,
        MIN(IF(event_type = 'install', timestamp)) OVER (PARTITION BY user_id) AS installed_at,
        MIN_BY(campaign_id, IF(event_type = 'install', timestamp)) OVER (PARTITION BY user_id) AS campaign_id
    FROM appsflyer
    WHERE timestamp >= current_date - INTERVAL '28' DAY
        AND timestamp < current_date + INTERVAL '1' DAY
        AND user_id IS NOT NULL
), users AS (
    SELECT
        user_id,
        campaign_id,
        bool_or(event_type <> 'install') AS used,
        bool_or(revenue > 0) AS bought,
        date_diff('hour', MIN(installed_at), MIN(IF(revenue > 0, timestamp))) AS hours_to_purchase
    FROM events
    WHERE timestamp >= installed_at
    GROUP BY user_id, campaign_id
)
SELECT
    COALESCE(NULLIF(campaign_id, ''), 'organic') AS campaign,
    COUNT(*) AS installed,
    COUNT_IF(used) AS used_again,
    COUNT_IF(bought) AS bought,
    ROUND(100e0 * COUNT_IF(bought) / COUNT(*), 1) AS bought_percent,
    approx_percentile(hours_to_purchase, 0.5) AS median_hours_to_purchase
FROM users
GROUP BY COALESCE(NULLIF(campaign_id, ''), 'organic')
ORDER BY installed DESC, campaign
