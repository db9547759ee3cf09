"""The CloudWatch metrics of EventBridge's rules.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from ..cloudwatch.metrics import Metrics

_UNITS = dict.fromkeys(("MatchedEvents", "TriggeredRules", "Invocations", "FailedInvocations"), "Count")


class RuleMetrics:
    """Counts what rules do."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def matched(self, rule: str) -> None:
        """An event was as a rule's pattern says."""
        self._add(rule, {"MatchedEvents": 1, "TriggeredRules": 1})

    def told(self, rule: str, has_failed: bool) -> None:
        """A target of a rule was told of an event, or could not be."""
        self._add(rule, {"Invocations": 1, **({"FailedInvocations": 1} if has_failed else {})})

    def _add(self, rule: str, values: dict[str, float]) -> None:
        self._metrics.of("AWS/Events", {"RuleName": rule}, _UNITS).add(values)
