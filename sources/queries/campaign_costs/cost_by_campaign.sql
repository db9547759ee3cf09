-- What did each campaign cost in the last 28 days, how often was it shown and clicked, and when did its last file come (UTC)?
SELECT
    campaign_id AS campaign,
    SUM(cost) AS total_cost,
    SUM(impressions) AS impression_count,
    SUM(clicks) AS click_count,
    date_format(MAX(received_at), '%Y-%m-%d %H:%i') AS last_file
FROM (
    -- Of a campaign and a day the rows of the file that came last count; a row's ingest_id is <file>-<row>.
    SELECT
        campaign_id,
        day,
        cost,
        impressions,
        clicks,
        received_at,
        rank() OVER (
            PARTITION BY campaign_id, day
            ORDER BY received_at DESC, regexp_extract(ingest_id, '^.+-') DESC
        ) AS place
    FROM campaign_costs
)
WHERE place = 1
    AND day >= current_date - INTERVAL '28' DAY
    AND day <= current_date
GROUP BY campaign_id
ORDER BY total_cost DESC, campaign
