"""The platform at work: what was taken and refused, how quickly, what waits, what it costs, whether it helps."""

from .clock import local
from .model import (
    TIME,
    Aggregation,
    Chart,
    Column,
    ColumnType,
    Dashboard,
    DataSet,
    Dimension,
    Filter,
    Format,
    Granularity,
    Line,
    Measure,
    Only,
    Ratio,
    Visual,
    Width,
)
from .survey_answers import GOAL, SATISFACTION, SURVEY

HOURS = DataSet(
    name="operations_hours",
    description="Requests, latencies, dead letters and rows of the platform. One row an hour.",
    sources=(),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column("requests", ColumnType.INTEGER),
        Column("errors_4xx", ColumnType.INTEGER),
        Column("errors_5xx", ColumnType.INTEGER),
        Column("latency_p50", ColumnType.DECIMAL),
        Column("latency_p95", ColumnType.DECIMAL),
        Column("latency_p99", ColumnType.DECIMAL),
        Column("dead_letters", ColumnType.INTEGER),
        Column("dead_letters_now", ColumnType.INTEGER),
        Column("rows_delivered", ColumnType.INTEGER),
        Column("rows_curated", ColumnType.INTEGER),
        Column("rows_quarantined", ColumnType.INTEGER),
        Column("curation_lag_minutes", ColumnType.DECIMAL),
        Column("hour", ColumnType.DATETIME),
    ),
    sql=f"""\
SELECT
    {local("CAST(hour AS timestamp)")} AS occurred_at,
    requests,
    errors_4xx,
    errors_5xx,
    latency_p50,
    latency_p95,
    latency_p99,
    dead_letters,
    CASE WHEN hour = newest_hour THEN dead_letters ELSE 0 END AS dead_letters_now,
    rows_delivered,
    rows_curated,
    rows_quarantined,
    curation_lag_seconds / 60 AS curation_lag_minutes,
    CAST(hour AS timestamp) AS hour
FROM (SELECT *, max(hour) OVER () AS newest_hour FROM operations_hours WHERE source IS NULL)""",
    refreshed_by="hour",
    lookback_days=4,
)

SOURCES = DataSet(
    name="operations_sources",
    description="What became of the events of each source. One row an hour and source in which anything came.",
    sources=(),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column("source", ColumnType.STRING),
        Column("accepted", ColumnType.INTEGER),
        Column("rejected", ColumnType.INTEGER),
        Column("quarantined", ColumnType.INTEGER),
        Column("dead_lettered", ColumnType.INTEGER),
        Column("not_converted", ColumnType.INTEGER),
        Column("errors_4xx", ColumnType.INTEGER),
        Column("errors_5xx", ColumnType.INTEGER),
        Column("hour", ColumnType.DATETIME),
    ),
    # The function says how many events of a request it refused. On a direct path the answer refuses a request as a
    # whole, and nobody counts how many events were in it.
    sql=f"""\
SELECT
    {local("CAST(hour AS timestamp)")} AS occurred_at,
    source,
    accepted,
    COALESCE(refused, errors_4xx) AS rejected,
    quarantined,
    COALESCE(dead_lettered, 0) AS dead_lettered,
    not_converted,
    errors_4xx,
    errors_5xx,
    CAST(hour AS timestamp) AS hour
FROM operations_hours
WHERE source IS NOT NULL""",
    refreshed_by="hour",
    lookback_days=4,
)

FRESHNESS = DataSet(
    name="operations_freshness",
    description="How old the newest row of each source is, and how many wait for curation. One row a source.",
    sources=(),
    columns=(
        Column("source", ColumnType.STRING),
        Column("minutes", ColumnType.INTEGER),
        Column("waiting", ColumnType.INTEGER),
    ),
    sql="""\
SELECT
    source,
    date_diff('minute', newest_at, CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)) AS minutes,
    waiting
FROM newest_rows""",
)

SPENT, FORECAST, BUDGET = "1 Spent so far", "2 Forecast for the month", "3 Budget"

COSTS = DataSet(
    name="operations_costs",
    description="What this month cost so far, is to cost, and may cost, in US dollars. One row each.",
    sources=(),
    columns=(
        Column("what", ColumnType.STRING),
        Column("dollars", ColumnType.DECIMAL),
        Column("budget", ColumnType.DECIMAL),
    ),
    # As long as AWS has no forecast, which takes about five weeks, the month is taken to go on as it began.
    sql=f"""\
SELECT what, dollars, budget
FROM (
    SELECT
        day = newest_day AS is_newest,
        budget,
        spent,
        COALESCE(
            forecast,
            spent * day(date_trunc('month', moment) + INTERVAL '1' MONTH - INTERVAL '1' DAY) / day(moment)
        ) AS forecast
    FROM (SELECT *, CAST(day AS date) AS moment, max(day) OVER () AS newest_day FROM operations_costs)
)
CROSS JOIN UNNEST(
    ARRAY['{SPENT}', '{FORECAST}', '{BUDGET}'],
    ARRAY[spent, forecast, budget]
) AS amounts (what, dollars)
WHERE is_newest""",
)

ERRORS = Line("Alarm of 5xx", 0.01)
"""From here on the alarm api-errors rings: components/operations/request_alarms.py."""
_HOUR, _DAY = Dimension("Hour", TIME, Granularity.HOUR), Dimension("Day", TIME, Granularity.DAY)
_SOURCE = Dimension("Source", "source")
_ACCEPTED, _REJECTED = Measure("Accepted", "accepted"), Measure("Rejected", "rejected")
_SERVER_ERRORS = Ratio("Answered 5xx", "errors_5xx", "requests")
_CLIENT_ERRORS = Ratio("Answered 4xx", "errors_4xx", "requests")
_DOLLARS = Measure("US dollars", "dollars", format=Format.DOLLARS)


def _most(label: str, column: str) -> Measure:
    """The largest of the hours: neither percentiles nor what waits can be added up."""
    return Measure(label, column, Aggregation.MAX)


_P95 = _most("Milliseconds", "latency_p95")

OPERATIONS = Dashboard(
    name="operations",
    title="Operations",
    purpose="Whether the platform takes what is sent, how quickly, what waits, what it costs, and whether it helps.",
    when_empty="Figures come five minutes after each hour; on the local cloud, `rapid local tick +1h` brings them.",
    visuals=(
        Visual("accepted", "How many events were accepted?", Chart.KPI, SOURCES, (_ACCEPTED,), width=Width.QUARTER),
        Visual("rejected", "How many events were rejected?", Chart.KPI, SOURCES, (_REJECTED,), width=Width.QUARTER),
        Visual(
            "error-rate", "Which share of requests failed?", Chart.KPI, HOURS, (_SERVER_ERRORS,), width=Width.QUARTER
        ),
        Visual(
            "slowest",
            "How many ms do 19 in 20 answers take, in the worst hour?",
            Chart.KPI,
            HOURS,
            (_P95,),
            width=Width.QUARTER,
        ),
        Visual(
            "dead-letters",
            "How many dead letters wait?",
            Chart.KPI,
            HOURS,
            (_most("Messages, in the last hour", "dead_letters_now"),),
            width=Width.QUARTER,
        ),
        Visual(
            "waiting",
            "How many events are delivered and not curated?",
            Chart.KPI,
            FRESHNESS,
            (Measure("Events", "waiting"),),
            width=Width.QUARTER,
        ),
        Visual(
            "budget",
            "How much of the month's budget is spent?",
            Chart.KPI,
            COSTS,
            (Ratio("Spent", "dollars", "budget"),),
            width=Width.QUARTER,
            only=(Only("what", (SPENT,)),),
        ),
        Visual(
            "satisfied", "How many readers found their answer?", Chart.KPI, SURVEY, (SATISFACTION,), width=Width.QUARTER
        ),
        Visual("accepted-by-hour", "When were events accepted?", Chart.LINE, SOURCES, (_ACCEPTED,), _HOUR, _SOURCE),
        Visual(
            "rejected-by-day",
            "Of which sources were events rejected?",
            Chart.LINE,
            SOURCES,
            (_REJECTED,),
            _DAY,
            _SOURCE,
        ),
        Visual(
            "latency",
            "How long do answers take? (ms)",
            Chart.LINE,
            HOURS,
            (
                _most("Half of the requests", "latency_p50"),
                _most("19 in 20", "latency_p95"),
                _most("99 in 100", "latency_p99"),
            ),
            _HOUR,
        ),
        Visual(
            "errors",
            "Which share of requests was refused or failed?",
            Chart.LINE,
            HOURS,
            (_CLIENT_ERRORS, _SERVER_ERRORS),
            _HOUR,
            line=ERRORS,
        ),
        Visual(
            "backlog",
            "What waits to be delivered or sent again?",
            Chart.LINE,
            HOURS,
            (_most("Dead letters", "dead_letters"),),
            _HOUR,
        ),
        Visual(
            "curation-lag",
            "How long do events wait to be curated? (minutes)",
            Chart.LINE,
            HOURS,
            (_most("The longest", "curation_lag_minutes"),),
            _HOUR,
        ),
        Visual(
            "rows",
            "Does curation keep up with what is delivered?",
            Chart.LINE,
            HOURS,
            (
                Measure("Delivered", "rows_delivered"),
                Measure("Curated", "rows_curated"),
                Measure("Quarantined", "rows_quarantined"),
            ),
            _HOUR,
        ),
        Visual(
            "freshness",
            "How old is the newest event of each source? (minutes)",
            Chart.BAR,
            FRESHNESS,
            (_most("Minutes", "minutes"),),
            _SOURCE,
        ),
        Visual(
            "fates",
            "What became of the events of each source?",
            Chart.TABLE,
            SOURCES,
            (
                _ACCEPTED,
                _REJECTED,
                Measure("Quarantined", "quarantined"),
                Measure("Dead letters", "dead_lettered"),
                Measure("Not converted", "not_converted"),
                Measure("Requests answered 4xx", "errors_4xx"),
                Measure("Requests answered 5xx", "errors_5xx"),
            ),
            _SOURCE,
            width=Width.FULL,
        ),
        Visual(
            "costs", "What does this month cost?", Chart.COLUMN, COSTS, (_DOLLARS,), Dimension("Of the month", "what")
        ),
        Visual(
            "satisfaction",
            "Which dashboards answer what their readers come for?",
            Chart.COLUMN,
            SURVEY,
            (SATISFACTION,),
            Dimension("Dashboard", "dashboard"),
            line=GOAL,
        ),
    ),
    filters=(Filter("Source", "source"), Filter("Dashboard", "dashboard")),
)
