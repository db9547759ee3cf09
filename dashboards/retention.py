"""Who of the app's users stays: by the week in which they installed it."""

from .clock import TODAY, local_day
from .model import Column, ColumnType, DataSet

WEEKS = 12
"""Weeks of installs, this one among them."""

RETENTION = DataSet(
    name="retention",
    description="Of those who installed the app in a week, how many used it in that week and in each one since.",
    sources=("appsflyer",),
    columns=(
        Column("cohort", ColumnType.STRING),
        Column("campaign", ColumnType.STRING),
        Column("week", ColumnType.INTEGER),
        Column("installed", ColumnType.INTEGER),
        Column("active", ColumnType.INTEGER),
    ),
    # A week that has not begun yet has no row; this week is not over. A day more is read than the weeks have, by UTC.
    sql=f"""\
WITH seen AS (
    SELECT
        user_id,
        event_type,
        campaign_id,
        "timestamp",
        CAST(date_trunc('week', {local_day('"timestamp"')}) AS date) AS week,
        MIN(IF(event_type = 'install', "timestamp")) OVER (PARTITION BY user_id) AS installed_at
    FROM appsflyer_now
    WHERE "timestamp" >= current_date - INTERVAL '{7 * WEEKS + 1}' DAY
        AND "timestamp" < current_date + INTERVAL '1' DAY
        AND user_id IS NOT NULL
), installs AS (
    SELECT
        user_id,
        COALESCE(NULLIF(MIN_BY(campaign_id, IF(event_type = 'install', "timestamp")), ''), 'organic') AS campaign,
        MIN(IF(event_type = 'install', week)) AS cohort,
        array_agg(DISTINCT week) FILTER (WHERE event_type <> 'install' AND "timestamp" >= installed_at) AS used
    FROM seen
    GROUP BY user_id
), weeks AS (
    SELECT campaign, cohort, used, number, date_add('day', 7 * number, cohort) AS week
    FROM installs
    CROSS JOIN UNNEST(sequence(0, {WEEKS - 1})) AS numbers (number)
)
SELECT
    CAST(cohort AS varchar) AS cohort,
    campaign,
    number AS week,
    COUNT(*) AS installed,
    COUNT_IF(contains(used, week)) AS active
FROM weeks
WHERE cohort >= date_trunc('week', {TODAY}) - INTERVAL '{7 * (WEEKS - 1)}' DAY
    AND week <= {TODAY}
GROUP BY cohort, campaign, number""",
)
