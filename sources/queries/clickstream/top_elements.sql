-- Which twenty elements were clicked most in the last 28 days, and which part of all clicks do they make up together?
SELECT
    element_clicked,
    click_count,
    ROUND(100 * CAST(click_count AS DOUBLE) / SUM(click_count) OVER (), 1) AS percent_of_clicks,
    ROUND(
        100 * CAST(SUM(click_count) OVER (ORDER BY click_count DESC, element_clicked) AS DOUBLE)
        / SUM(click_count) OVER (),
        1
    ) AS percent_so_far
FROM (
    SELECT element_clicked, COUNT(*) AS click_count
    FROM clickstream
    WHERE created_at >= current_date - INTERVAL '28' DAY
        AND created_at < current_date + INTERVAL '1' DAY
    GROUP BY element_clicked
)
ORDER BY click_count DESC, element_clicked
LIMIT 20
