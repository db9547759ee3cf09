"""Marketing: what campaigns bring and cost, and who of their users stays."""

from .campaigns import CAMPAIGNS
from .model import (
    TIME,
    Chart,
    Dashboard,
    Dimension,
    Filter,
    Format,
    Granularity,
    Measure,
    Ratio,
    Visual,
    Width,
)
from .retention import RETENTION

_INSTALLS = Measure("Installs", "installs")
_REVENUE = Measure("Revenue", "revenue", format=Format.MONEY)
_COST = Measure("Costs", "cost", format=Format.MONEY)
_RETURN = Ratio("Return on costs", "profit", "cost")
_COST_PER_INSTALL = Ratio("Costs per install", "cost", "paid_installs", Format.MONEY)
_CAMPAIGN = Dimension("Campaign", "campaign")
_DAY = Dimension("Day", TIME, Granularity.DAY)

MARKETING = Dashboard(
    name="marketing",
    title="Marketing",
    purpose="What campaigns bring, what they cost, and who of their users stays.",
    when_empty="No installs yet: `rapid demo` makes some up. Costs come as files: docs/marketing.md.",
    visuals=(
        Visual("installs", "How many installed the app?", Chart.KPI, CAMPAIGNS, (_INSTALLS,), width=Width.QUARTER),
        Visual("revenue", "How much did app users spend?", Chart.KPI, CAMPAIGNS, (_REVENUE,), width=Width.QUARTER),
        Visual("costs", "What did campaigns cost?", Chart.KPI, CAMPAIGNS, (_COST,), width=Width.QUARTER),
        Visual("return", "What came back above the costs?", Chart.KPI, CAMPAIGNS, (_RETURN,), width=Width.QUARTER),
        Visual(
            "installs-by-day", "Which campaigns bring installs?", Chart.LINE, CAMPAIGNS, (_INSTALLS,), _DAY, _CAMPAIGN
        ),
        Visual("revenue-by-day", "Whose users spend?", Chart.LINE, CAMPAIGNS, (_REVENUE,), _DAY, _CAMPAIGN),
        Visual("return-by-campaign", "Which campaigns earn their costs?", Chart.BAR, CAMPAIGNS, (_RETURN,), _CAMPAIGN),
        Visual(
            "campaigns",
            "What does each campaign bring and cost?",
            Chart.TABLE,
            CAMPAIGNS,
            (_INSTALLS, _REVENUE, _COST, _COST_PER_INSTALL, _RETURN),
            _CAMPAIGN,
        ),
        Visual(
            "retention",
            "Of those who installed in a week, how many used the app in it (0), and in the weeks after?",
            Chart.HEAT_MAP,
            RETENTION,
            (Ratio("Used the app", "active", "installed"),),
            Dimension("Installed in the week from", "cohort"),
            Dimension("Weeks after", "week"),
            width=Width.FULL,
        ),
    ),
    filters=(Filter("Campaign", "campaign"),),
)
