"""Revenue of the last seven full days beside that of the seven days before."""

from .clock import TODAY, local_day
from .model import STORE, Column, ColumnType, DataSet

WEEKS = DataSet(
    name="revenue_weeks",
    description="Revenue of each store on the last seven full days and on the seven before; today is not over.",
    sources=("orders",),
    columns=(
        Column(STORE, ColumnType.STRING),
        Column("last_week", ColumnType.DECIMAL),
        Column("week_before", ColumnType.DECIMAL),
        Column("change", ColumnType.DECIMAL),
    ),
    sql=f"""\
WITH clock AS (
    SELECT {TODAY} AS today
), sales AS (
    SELECT
        restaurantid AS store,
        {local_day('"timestamp"')} AS day,
        CAST(quantity * price AS double) AS revenue
    FROM orders_now
    WHERE "timestamp" >= current_date - INTERVAL '16' DAY
)
SELECT
    store,
    SUM(IF(day >= today - INTERVAL '7' DAY, revenue, 0)) AS last_week,
    SUM(IF(day < today - INTERVAL '7' DAY, revenue, 0)) AS week_before,
    SUM(IF(day < today - INTERVAL '7' DAY, -revenue, revenue)) AS change
FROM sales
CROSS JOIN clock
WHERE day >= today - INTERVAL '14' DAY AND day < today
GROUP BY store""",
)
