"""The CloudWatch metrics of APIs: by API, by stage, and by method where a stage's settings ask for them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from collections.abc import Iterator

from ..cloudwatch.metrics import Metrics, ResourceMetrics
from .context import RequestContext
from .stages import Stage

_NAMESPACE = "AWS/ApiGateway"
_UNITS = {
    "Count": "Count",
    "4XXError": "Count",
    "5XXError": "Count",
    "Latency": "Milliseconds",
    "IntegrationLatency": "Milliseconds",
}


class ApiMetrics:
    """Counts what APIs answer. Safe for several threads."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._resources: dict[tuple[str, ...], ResourceMetrics] = {}

    def answered(self, stage: Stage, context: RequestContext, status: int, seconds: float) -> None:
        """A request was answered, so many seconds after it came."""
        values: dict[str, float] = {
            "Count": 1,
            "4XXError": float(400 <= status < 500),
            "5XXError": float(status >= 500),
            "Latency": seconds * 1000,
        }
        if context.integration_seconds is not None:
            values["IntegrationLatency"] = context.integration_seconds * 1000
        for resource in self._resources_of(stage, context):
            resource.add(values)

    def _resources_of(self, stage: Stage, context: RequestContext) -> Iterator[ResourceMetrics]:
        yield self._of(stage.api_name)
        yield self._of(stage.api_name, stage.name)
        if context.resource_path and stage.has_metrics(context.resource_path, context.request.method):
            yield self._of(stage.api_name, stage.name, context.resource_path, context.request.method)

    def _of(self, *place: str) -> ResourceMetrics:
        found = self._resources.get(place)
        if found is None:
            names = ("ApiName", "Stage", "Resource", "Method")
            dimensions = dict(zip(names, place, strict=False))
            found = self._resources[place] = self._metrics.of(_NAMESPACE, dimensions, _UNITS)
        return found
