"""What campaigns bring and cost, day by day."""

from .clock import local_day
from .model import TIME, Column, ColumnType, DataSet

CAMPAIGNS = DataSet(
    name="campaigns",
    description="Installs, revenue and costs by day and campaign; users whom no campaign brought are organic.",
    sources=("appsflyer", "campaign_costs"),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column("campaign", ColumnType.STRING),
        Column("installs", ColumnType.INTEGER),
        Column("revenue", ColumnType.DECIMAL),
        Column("cost", ColumnType.DECIMAL),
        Column("paid_installs", ColumnType.INTEGER),
        Column("profit", ColumnType.DECIMAL),
    ),
    # Of a campaign and a day the rows of the file that came last count, and only they; <file>-<row> is their ingest_id.
    # A campaign that nobody gave costs of neither pays for others, nor makes their installs cheaper.
    sql=f"""\
WITH placed AS (
    SELECT
        campaign_id AS campaign,
        day,
        cost,
        rank() OVER (
            PARTITION BY campaign_id, day
            ORDER BY received_at DESC, regexp_extract(ingest_id, '^.+-') DESC
        ) AS place
    FROM campaign_costs_now
), costs AS (
    SELECT campaign, day, SUM(cost) AS cost FROM placed WHERE place = 1 GROUP BY campaign, day
), app AS (
    SELECT
        COALESCE(NULLIF(campaign_id, ''), 'organic') AS campaign,
        {local_day('"timestamp"')} AS day,
        COUNT_IF(event_type = 'install') AS installs,
        COALESCE(SUM(revenue), 0) AS revenue
    FROM appsflyer_now
    GROUP BY 1, 2
), days AS (
    SELECT
        COALESCE(app.campaign, costs.campaign) AS campaign,
        COALESCE(app.day, costs.day) AS day,
        COALESCE(app.installs, 0) AS installs,
        COALESCE(app.revenue, 0) AS revenue,
        costs.cost,
        MAX(costs.cost) OVER (PARTITION BY COALESCE(app.campaign, costs.campaign)) AS most_a_day
    FROM app
    FULL JOIN costs ON costs.campaign = app.campaign AND costs.day = app.day
)
SELECT
    CAST(day AS timestamp) AS occurred_at,
    campaign,
    installs,
    CAST(revenue AS double) AS revenue,
    CAST(cost AS double) AS cost,
    IF(most_a_day IS NOT NULL, installs) AS paid_installs,
    CAST(IF(most_a_day IS NOT NULL, revenue - COALESCE(cost, 0)) AS double) AS profit
FROM days""",
)
