"""All that reacts and all that is due, in one place."""

from ..clients import Clients
from ..cloudwatch.metrics import Metrics
from ..lambda_runtime import LambdaPlane
from .clock import Clock
from .event_bridge import EventBridgeService
from .s3_events import S3Events
from .scheduler import SchedulerService


class Events:
    """The event bus, what S3 tells it, and the schedules of one local cloud."""

    def __init__(self, clients: Clients, functions: LambdaPlane, clock: Clock, metrics: Metrics) -> None:
        self.clock = clock
        self.event_bridge = EventBridgeService(clients, functions, metrics)
        self.scheduler = SchedulerService(clients, self.clock)
        self._s3_events = S3Events(self.event_bridge.publish)
        self._s3_events.attach()

    def stop(self) -> None:
        """Run and tell nothing more."""
        self._s3_events.detach()
        self.clock.stop()
