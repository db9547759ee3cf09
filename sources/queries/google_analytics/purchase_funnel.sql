-- Of those who viewed an item in the last 28 days, how many then put one into the cart, and how many then bought?
WITH viewed AS (
    SELECT
        client_id,
        event_name,
        timestamp,
        MIN(IF(event_name = 'view_item', timestamp)) OVER (PARTITION BY client_id) AS viewed_at
    FROM google_analytics
    WHERE timestamp >= current_date - INTERVAL '28' DAY
        AND timestamp < current_date + INTERVAL '1' DAY
        AND event_name IN ('view_item', 'add_to_cart', 'purchase')
), carted AS (
    SELECT
        client_id,
        event_name,
        timestamp,
        MIN(IF(event_name = 'add_to_cart', timestamp)) OVER (PARTITION BY client_id) AS carted_at
    FROM viewed
    WHERE timestamp >= viewed_at
), steps AS (
    SELECT
        COUNT(DISTINCT client_id) AS viewers,
        COUNT(DISTINCT IF(carted_at IS NOT NULL, client_id)) AS carters,
        COUNT(DISTINCT IF(event_name = 'purchase' AND timestamp >= carted_at, client_id)) AS buyers
    FROM carted
)
SELECT
    number AS step,
    event_name,
    visitor_count,
    ROUND(100e0 * visitor_count / NULLIF(viewers, 0), 1) AS percent_of_viewers
FROM steps
CROSS JOIN UNNEST(
    ARRAY[1, 2, 3],
    ARRAY['view_item', 'add_to_cart', 'purchase'],
    ARRAY[viewers, carters, buyers]
) AS step (number, event_name, visitor_count)
ORDER BY number
