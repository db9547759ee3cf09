"""CloudWatch of one local cloud: its metrics, and its alarms, which are evaluated at the end of each minute."""

from collections.abc import Callable

from ..clients import Clients
from ..events.clock import Clock, Entry
from ..events.expressions import EveryMinute
from ..queue_metrics import QueueMetrics
from ..sns import Publisher
from .alarms import Alarms
from .metric_data import MetricData
from .metrics import Metrics
from .notifications import Notifier
from .plane import CloudWatchService

ENTRY = "cloudwatch.amazonaws.com"
"""What the clock knows the evaluation by."""


class Watch:
    """Evaluates alarms; without any, nothing is looked at."""

    def __init__(
        self, clients: Clients, metrics: Metrics, clock: Clock, publisher: Publisher, settle: Callable[[], None]
    ) -> None:
        """`settle` has what is on its way to CloudWatch arrive."""
        self._clock = clock
        self._settle = settle
        self._queues = QueueMetrics(metrics, clients.region)
        self._alarms = Alarms(clients.region, metrics, Notifier(publisher, clients.region).act)
        self._is_followed = False
        self.service = CloudWatchService(self._alarms, MetricData(metrics, clock.now), self._follow)

    def _follow(self) -> None:
        if bool(self._alarms) == self._is_followed:
            return
        self._is_followed = not self._is_followed
        if self._is_followed:
            entry = Entry(EveryMinute(), self._evaluate, self._clock.ahead(), goes_ahead=True)
            self._clock.put(ENTRY, entry)
        else:
            self._clock.remove(ENTRY)

    def _evaluate(self, moment: float) -> dict[str, str]:
        self._settle()
        self._queues.look(moment)
        return self._alarms.evaluate(moment)
