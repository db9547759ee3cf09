"""What a stack's configuration says about its dashboards: whose they are, and who sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboards.quicksight import Business


@dataclass(frozen=True)
class Group:
    """A group of people in QuickSight, and what they see."""

    name: str
    dashboards: Sequence[str] | None = None
    """Names of the dashboards that they see; None: all."""
    stores: Sequence[str] | None = None
    """Ids of the stores whose rows they see; None: all rows."""

    def sees(self, dashboard: str) -> bool:
        """Whether the group is shown a dashboard."""
        return self.dashboards is None or dashboard in self.dashboards


@dataclass(frozen=True)
class DashboardSettings:
    """The dashboards of one business."""

    business: Business = field(default_factory=Business)
    """How it writes times and numbers."""
    groups: Sequence[Group] = ()
    """Who sees the dashboards; nobody where there is none, until an administrator of QuickSight shares them."""
