"""A dashboard in QuickSight over the visits in a lakehouse."""

import pulumi

from components import Dashboards
from dashboards import Aggregation, Chart, Column, ColumnType, Dashboard, Measure, Visual

seconds = Column("seconds", "seconds", ColumnType.INTEGER)
total = Visual("time", "How long do people stay?", Chart.KPI, Measure("seconds", Aggregation.SUM))
visits = Dashboard("visits", "Visits, last 7 days", "visits", last_days=7, columns=(seconds,), visuals=(total,))
lakehouse = pulumi.Config().require_object("lakehouse")
shown = Dashboards("visits", {"dashboards": [visits], "lakehouse": lakehouse})

pulumi.export("dashboards_url", shown.outputs["dashboards_url"])
