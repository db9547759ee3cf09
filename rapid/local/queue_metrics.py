"""The CloudWatch metrics of what lies in queues of SQS: looked up each minute, as long as there is an alarm to ask.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
What is sent, received and deleted is not counted here.
"""

from collections.abc import Mapping

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


class QueueMetrics:
    """Looks at all queues."""

    def __init__(self, metrics: Metrics, region: str) -> None:
        self._metrics = metrics
        self._region = region
        # When each queue was last active.
        self._active: dict[str, float] = {}

    def look(self, moment: float) -> None:
        """Count what lies in each active queue at a moment, the end of a minute, as of the minute that ends."""
        queues: Mapping[str, Queue] = sqs_backends[ACCOUNT_ID][self._region].queues
        for name, queue in list(queues.items()):
            if queue._messages or name not in self._active:
                self._active[name] = moment
            if moment - self._active[name] <= ACTIVE_SECONDS:
                self._count(queue, moment)
        for name in self._active.keys() - queues.keys():
            del self._active[name]

    def _count(self, queue: Queue, moment: float) -> None:
        messages = list(queue._messages)
        ages = [self._metrics.age((message.sent_timestamp or 0) / 1000) for message in messages]
        values = {
            "ApproximateNumberOfMessagesVisible": sum(each.visible and not each.delayed for each in messages),
            "ApproximateNumberOfMessagesNotVisible": sum(not each.visible for each in messages),
            "ApproximateNumberOfMessagesDelayed": sum(each.delayed for each in messages),
            "ApproximateAgeOfOldestMessage": max(ages, default=0.0),
        }
        dimensions = frozenset({("QueueName", queue.name)})
        for name, value in values.items():
            metric = MetricId(NAMESPACE, name, dimensions)
            self._metrics.put(metric, _UNITS[name], moment - SECONDS_A_MINUTE, one(float(value)))
