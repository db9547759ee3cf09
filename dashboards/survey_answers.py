"""What readers of dashboards say of them: the data set of the satisfaction survey, and how it is scored."""

from .clock import local
from .model import TIME, Column, ColumnType, DataSet, Line, Ratio

SURVEY = DataSet(
    name="survey",
    description="Answers to whether a dashboard answered what its reader came to find out.",
    sources=("survey",),
    columns=(
        Column(TIME, ColumnType.DATETIME),
        Column("dashboard", ColumnType.STRING),
        Column("satisfied", ColumnType.INTEGER),
        Column("answers", ColumnType.INTEGER),
    ),
    # Those of `rapid smoke` are about no dashboard. What was commented stays in the table, where no copy of it is made.
    sql=f"""\
SELECT
    {local("submitted_at")} AS occurred_at,
    dashboard,
    CAST(CASE WHEN satisfied THEN 1 ELSE 0 END AS bigint) AS satisfied,
    CAST(1 AS bigint) AS answers
FROM survey_now
WHERE NOT (event_id LIKE 'smoke-%')""",
)
SATISFACTION = Ratio("Satisfied", "satisfied", "answers")
"""The share of answers that say yes."""
GOAL = Line("Goal", 0.9)
"""From which share on dashboards are a success."""
