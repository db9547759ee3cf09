"""All that reacts and all that is due, in one place: one clock, one way of delivering."""

from ..clients import Clients
from ..lambda_runtime import LambdaPlane
from .bus import Bus
from .clock import Clock
from .deliveries import Deliveries
from .event_bridge import EventBridgeService
from .s3_notifications import S3Notifications
from .schedule_target import ScheduleTargets
from .scheduler import SchedulerService
from .targets import Targets


class Events:
    """Notifications, the event bus and the schedules of one local cloud."""

    def __init__(self, clients: Clients, functions: LambdaPlane) -> None:
        targets = Targets(clients, functions)
        self.clock = Clock()
        self._deliveries = Deliveries()
        bus = Bus(clients.region, targets, self._deliveries, self.clock.now)
        self.event_bridge = EventBridgeService(clients, bus, self.clock)
        self.scheduler = SchedulerService(clients, ScheduleTargets(clients, targets, self._deliveries), self.clock)
        self._notifications = S3Notifications(targets, self._deliveries, bus.publish)
        self._notifications.attach()

    def stop(self) -> None:
        """Run and deliver nothing more."""
        self._notifications.detach()
        self.clock.stop()
        self._deliveries.stop()
