-- Which guests gave a score of 6 or less today or yesterday (UTC), up to a few minutes ago, and who wants an answer?
SELECT
    date_format(submitted_at, '%Y-%m-%d %H:%i') AS submitted,
    store_id,
    table_id,
    score,
    comment,
    contact IS NOT NULL AS wants_answer,
    event_id -- with it, whoever may see the column contact finds the guest
FROM feedback_now
WHERE submitted_at >= current_date - INTERVAL '1' DAY
    AND submitted_at < current_date + INTERVAL '1' DAY
    AND score <= 6
ORDER BY submitted_at DESC, event_id
LIMIT 100
