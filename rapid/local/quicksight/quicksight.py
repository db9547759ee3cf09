"""All of QuickSight, put together."""

from __future__ import annotations

from ..clients import Clients
from ..events.clock import Clock
from .answering import DeployedDashboards
from .dashboards import Dashboards
from .data_sets import DataSets
from .data_sources import DataSources
from .groups import Groups
from .importing import AthenaImport
from .ingestions import Ingestions
from .permissions import Permissions
from .refreshes import Refreshes
from .registry import Registry, Resource
from .service import QuickSightService
from .spice import Spice
from .themes import Themes


class QuickSight:
    """The QuickSight of one local cloud; nothing runs before something is deployed."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        registry, spice, groups = Registry(clients.region), Spice(), Groups(clients.region)
        source = AthenaImport(clients, registry)
        self.ingestions = Ingestions(registry, source, spice, clock.now)
        refreshes = Refreshes(registry, clock, self.ingestions.refresh)

        def forget(data_set: Resource) -> None:
            refreshes.forget(data_set)
            self.ingestions.forget(data_set)

        permissions = Permissions(registry, groups)
        themes = Themes(registry, permissions)
        ours = (
            DataSources(registry, permissions),
            DataSets(registry, permissions, self.ingestions.begin, forget),
            refreshes,
            self.ingestions,
            themes,
            Dashboards(registry, permissions, themes),
            permissions,
        )
        operations = {name: operation for part in ours for name, operation in part.operations.items()}
        model = clients.client("quicksight").meta.service_model
        self.service = QuickSightService(model, registry, groups, operations)
        """Answers requests."""
        self.dashboards = DeployedDashboards(registry, groups, themes, spice, source, self.ingestions)
        """What dashboards show."""

    def stop(self) -> None:
        """Import nothing more."""
        self.ingestions.stop()
