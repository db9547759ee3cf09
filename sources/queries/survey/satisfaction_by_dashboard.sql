-- Of which dashboards do readers say that they found what they came for (last 90 days)? The goal is 90 percent.
SELECT
    dashboard,
    COUNT(*) AS answer_count,
    ROUND(100e0 * COUNT_IF(satisfied) / COUNT(*), 1) AS satisfied_percent,
    COUNT(comment) AS comment_count
FROM survey
WHERE submitted_at >= current_date - INTERVAL '90' DAY
    AND submitted_at < current_date + INTERVAL '1' DAY
    AND NOT (event_id LIKE 'smoke-%') -- those of `rapid smoke` are no reader's
GROUP BY dashboard
ORDER BY satisfied_percent, dashboard
