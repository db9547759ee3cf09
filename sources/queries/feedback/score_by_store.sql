-- How do guests rate each store (last 90 days), and do they recommend it: word of mouth from -100 (nobody) to 100 (all)?
SELECT
    store_id,
    COUNT(*) AS answer_count,
    ROUND(AVG(CAST(score AS DOUBLE)), 1) AS average_score,
    ROUND(100e0 * COUNT_IF(score >= 9) / COUNT(*), 1) AS promoter_percent,
    ROUND(100e0 * COUNT_IF(score <= 6) / COUNT(*), 1) AS detractor_percent,
    ROUND(100e0 * (COUNT_IF(score >= 9) - COUNT_IF(score <= 6)) / COUNT(*), 0) AS word_of_mouth
FROM feedback
WHERE submitted_at >= current_date - INTERVAL '90' DAY
    AND submitted_at < current_date + INTERVAL '1' DAY
GROUP BY store_id
ORDER BY word_of_mouth DESC, store_id
