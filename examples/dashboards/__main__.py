"""A dashboard in QuickSight over the visits in a lakehouse."""

import pulumi

from components import Dashboards, read_contracts
from dashboards import Chart, Column, ColumnType, Dashboard, DataSet, Measure, Visual

seconds = (Column("seconds", ColumnType.INTEGER),)
data = DataSet("visits", "Visits of pages.", ("visits",), seconds, "SELECT seconds FROM visits_processed")
total = Visual("time", "How long do people stay?", Chart.KPI, data, (Measure("Seconds", "seconds"),))
visits = Dashboard("visits", "Visits", "How long pages are looked at.", "Send a visit.", visuals=(total,))
contracts, lakehouse = read_contracts("../sources"), pulumi.Config().require_object("lakehouse")
shown = Dashboards("visits", {"dashboards": [visits], "contracts": contracts, "lakehouse": lakehouse})

pulumi.export("dashboards_url", shown.outputs["dashboards_url"])
