-- How many people entered their details on each of the last 28 days (UTC), and how many of them for the first time?
SELECT
    CAST(entered_at AS DATE) AS day,
    COUNT(*) AS entry_count,
    COUNT(DISTINCT contact) AS people_count,
    COUNT(DISTINCT IF(CAST(entered_at AS DATE) = first_day, contact)) AS new_people_count
FROM (
    SELECT
        entered_at,
        contact, -- a pseudonym: the same person has the same
        MIN(CAST(entered_at AS DATE)) OVER (PARTITION BY contact) AS first_day
    FROM users
    WHERE entered_at < current_date + INTERVAL '1' DAY
)
WHERE entered_at >= current_date - INTERVAL '28' DAY
GROUP BY CAST(entered_at AS DATE)
ORDER BY day
