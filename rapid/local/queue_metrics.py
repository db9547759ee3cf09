"""The CloudWatch metrics of what lies in queues of SQS: looked up each minute, as long as there is an alarm to ask.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
What is sent, received and deleted is not counted here.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from moto.sqs.models import Queue, sqs_backends

from .clients import ACCOUNT_ID
from .cloudwatch.metrics import SECONDS_A_MINUTE, MetricId, Metrics, one

NAMESPACE = "AWS/SQS"
ACTIVE_SECONDS = 6 * 3_600
"""How long a queue counts as active after its last message.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
"""
_UNITS = {
    "ApproximateNumberOfMessagesVisible": "Count",
    "ApproximateNumberOfMessagesNotVisible": "Count",
    "ApproximateNumberOfMessagesDelayed": "Count",
    "ApproximateAgeOfOldestMessage": "Seconds",
}


@dataclass
class _Seen:
    """What was seen of a queue: when it was last active, and since when each of its messages lies there."""

    active: float
    since: dict[str, float] = field(default_factory=dict)


class QueueMetrics:
    """Looks at all queues."""

    def __init__(self, metrics: Metrics, region: str) -> None:
        self._metrics = metrics
        self._region = region
        self._seen: dict[str, _Seen] = {}

    def look(self, moment: float) -> None:
        """Count what lies in each active queue at a moment, the end of a minute, as of the minute that ends."""
        queues: Mapping[str, Queue] = sqs_backends[ACCOUNT_ID][self._region].queues
        for name, queue in list(queues.items()):
            seen = self._seen.setdefault(name, _Seen(moment))
            if queue._messages:
                seen.active = moment
            if moment - seen.active <= ACTIVE_SECONDS:
                self._count(queue, seen, moment)
        for name in self._seen.keys() - queues.keys():
            del self._seen[name]

    def _count(self, queue: Queue, seen: _Seen, moment: float) -> None:
        messages, real_time = list(queue._messages), time.time()
        # A message knows the real time at which it was sent; what ticks brought forward before that is not its age.
        seen.since = {
            message.id: seen.since.get(message.id, moment - (real_time - (message.sent_timestamp or 0) / 1000))
            for message in messages
        }
        values = {
            "ApproximateNumberOfMessagesVisible": sum(each.visible and not each.delayed for each in messages),
            "ApproximateNumberOfMessagesNotVisible": sum(not each.visible for each in messages),
            "ApproximateNumberOfMessagesDelayed": sum(each.delayed for each in messages),
            "ApproximateAgeOfOldestMessage": max(moment - min(seen.since.values(), default=moment), 0.0),
        }
        dimensions = frozenset({("QueueName", queue.name)})
        for name, value in values.items():
            metric = MetricId(NAMESPACE, name, dimensions)
            self._metrics.put(metric, _UNITS[name], moment - SECONDS_A_MINUTE, one(float(value)))
