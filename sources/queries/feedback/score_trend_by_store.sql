-- Does each store's score rise or fall from week to week (from Monday, UTC; last twelve weeks)?
SELECT
    store_id,
    week,
    answer_count,
    ROUND(average_score, 1) AS average_score,
    ROUND(average_score - LAG(average_score) OVER (PARTITION BY store_id ORDER BY week), 1) AS change,
    ROUND(word_of_mouth, 0) AS word_of_mouth
FROM (
    SELECT
        store_id,
        CAST(date_trunc('week', submitted_at) AS DATE) AS week,
        COUNT(*) AS answer_count,
        AVG(CAST(score AS DOUBLE)) AS average_score,
        100e0 * (COUNT_IF(score >= 9) - COUNT_IF(score <= 6)) / COUNT(*) AS word_of_mouth
    FROM feedback
    WHERE submitted_at >= date_trunc('week', current_date) - INTERVAL '77' DAY
        AND submitted_at < current_date + INTERVAL '1' DAY
    GROUP BY store_id, CAST(date_trunc('week', submitted_at) AS DATE)
)
ORDER BY store_id, week
