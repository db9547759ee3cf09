"""Feedback: how guests rate the stores, and whether they recommend them. Comments stay out of it: see ANSWERS."""

from .clock import TODAY, local
from .model import (
    STORE,
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
    Measure,
    Ratio,
    Visual,
    Width,
)


def _by_score(promoter: str, detractor: str, passive: str) -> str:
    """What an answer is, by whether it recommends: as the aggregate of sources/feedback.yaml counts."""
    return f"CASE WHEN score >= 9 THEN {promoter} WHEN score <= 6 THEN {detractor} ELSE {passive} END"


_POINTS = f"CAST({_by_score('100', '-100', '0')} AS bigint)"
"""Of one answer; their average is the Net Promoter Score, from -100 to 100."""
WEEKS_SHOWN = 12
"""Weeks of the trend, this one among them."""

# What guests wrote and their contact may be personal, and an imported copy outlives an erasure: both stay out.
ANSWERS = DataSet(
    name="feedback",
    description="Answers to the feedback form: when, at which store, which score. One row an answer, without comment.",
    sources=("feedback",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("answers", ColumnType.INTEGER),
        Column("score", ColumnType.INTEGER),
        Column("opinion", ColumnType.STRING),
        Column("points", ColumnType.INTEGER),
        Column("received_at", ColumnType.DATETIME),
    ),
    sql=f"""\
SELECT
    {local("submitted_at")} AS occurred_at,
    store_id AS store,
    CAST(1 AS bigint) AS answers,
    score,
    {_by_score("'Promoters (9, 10)'", "'Detractors (0 to 6)'", "'Passives (7, 8)'")}
        AS opinion,
    {_POINTS} AS points,
    CAST(received_at AS timestamp) AS received_at
FROM feedback_now""",
    refreshed_by="received_at",
)

ANSWERS_BY_WEEK = DataSet(
    name="feedback_weeks",
    description=f"Answers and scores of each store by week, from Monday, of the last {WEEKS_SHOWN} weeks.",
    sources=("feedback",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column(STORE, ColumnType.STRING),
        Column("answers", ColumnType.INTEGER),
        Column("score", ColumnType.INTEGER),
        Column("points", ColumnType.INTEGER),
    ),
    # UTC's day is at most one ahead of the business's.
    sql=f"""\
WITH clock AS (
    SELECT {TODAY} AS today
), answers AS (
    SELECT {local("submitted_at")} AS moment, store_id AS store, score, {_POINTS} AS points
    FROM feedback_now
    WHERE submitted_at >= current_date - INTERVAL '{7 * WEEKS_SHOWN + 1}' DAY
)
SELECT
    date_trunc('week', moment) AS occurred_at,
    store,
    COUNT(*) AS answers,
    SUM(score) AS score,
    SUM(points) AS points
FROM answers
CROSS JOIN clock
WHERE moment >= date_trunc('week', today) - INTERVAL '{7 * (WEEKS_SHOWN - 1)}' DAY
    AND moment < today + INTERVAL '1' DAY
GROUP BY date_trunc('week', moment), store""",
)

_NET_PROMOTER_SCORE = Measure("Net Promoter Score", "points", Aggregation.AVERAGE)
_AVERAGE = Measure("Average score", "score", Aggregation.AVERAGE, Format.DECIMAL)
_ANSWERS = Measure("Answers", "answers")
_DAY = Dimension("Day", TIME, Granularity.DAY)
_WEEK = Dimension("Week", TIME, Granularity.WEEK)
_STORE = Dimension("Store", STORE)

FEEDBACK = Dashboard(
    name="feedback",
    title="Feedback",
    purpose="How guests rate the stores, and whether they recommend them: from -100 (nobody does) to 100 (all do).",
    when_empty="No feedback yet: print codes by `rapid qr`, answer the form yourself, or have `rapid demo` send some "
    "weeks of it. What guests wrote is not shown here: `rapid query unhappy_guests`.",
    visuals=(
        Visual(
            "net-promoter-score",
            "Do guests recommend us?",
            Chart.KPI,
            ANSWERS,
            (_NET_PROMOTER_SCORE,),
            width=Width.THIRD,
        ),
        Visual("average-score", "Which score do guests give?", Chart.KPI, ANSWERS, (_AVERAGE,), width=Width.THIRD),
        Visual("answers", "How many guests answered?", Chart.KPI, ANSWERS, (_ANSWERS,), width=Width.THIRD),
        Visual("score-by-day", "How does the score develop from day to day?", Chart.LINE, ANSWERS, (_AVERAGE,), _DAY),
        Visual(
            "score-by-week",
            f"How does it develop from week to week? (last {WEEKS_SHOWN} weeks)",
            Chart.LINE,
            ANSWERS_BY_WEEK,
            (Ratio("Average score", "score", "answers", Format.DECIMAL),),
            _WEEK,
            all_dates=True,
        ),
        Visual(
            "scores",
            "How often is each score given?",
            Chart.COLUMN,
            ANSWERS,
            (_ANSWERS,),
            Dimension("Score", "score"),
        ),
        Visual(
            "word-of-mouth",
            "How many guests speak well of us, and how many do not?",
            Chart.COLUMN,
            ANSWERS,
            (_ANSWERS,),
            Dimension("Opinion", "opinion"),
        ),
        Visual(
            "word-of-mouth-by-week",
            f"Do guests recommend us more from week to week? (last {WEEKS_SHOWN} weeks)",
            Chart.LINE,
            ANSWERS_BY_WEEK,
            (Ratio("Net Promoter Score", "points", "answers", Format.NUMBER),),
            _WEEK,
            all_dates=True,
        ),
        Visual(
            "stores",
            "How do guests rate each store?",
            Chart.TABLE,
            ANSWERS,
            (_ANSWERS, _AVERAGE, _NET_PROMOTER_SCORE),
            _STORE,
        ),
    ),
    filters=(Filter("Store", STORE),),
)
