"""What the edge answers, as it is billed and as CloudWatch shows it.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
"""

from werkzeug import Request, Response

from rapid.cost.prices import GB

from ..billing.meter import METER, Resource
from ..cloudwatch.metrics import Metrics, ResourceMetrics

_NAMESPACE = "AWS/CloudFront"
_UNITS = {
    "Requests": "None",
    "BytesDownloaded": "None",
    "4xxErrorRate": "Percent",
    "5xxErrorRate": "Percent",
    "TotalErrorRate": "Percent",
}


class EdgeUsage:
    """Counts answers. Safe for several threads."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._of: dict[str, ResourceMetrics] = {}

    def answered(self, distribution_id: str, request: Request, response: Response) -> None:
        """A guest was answered; headers are bytes, too: https://aws.amazon.com/cloudfront/pricing/."""
        size = sum(len(name) + len(value) for name, value in response.headers)
        if request.method != "HEAD":
            size += response.content_length or 0
        billed = Resource("cloudfront", distribution_id)
        METER.count("cloudfront_requests", billed)
        METER.count("cloudfront_data_out", billed, size / GB)
        client, server = 400 <= response.status_code < 500, response.status_code >= 500
        self._resource(distribution_id).add(
            {
                "Requests": 1,
                "BytesDownloaded": size,
                "4xxErrorRate": 100.0 * client,
                "5xxErrorRate": 100.0 * server,
                "TotalErrorRate": 100.0 * (client or server),
            }
        )

    def _resource(self, distribution_id: str) -> ResourceMetrics:
        found = self._of.get(distribution_id)
        if found is None:
            dimensions = {"DistributionId": distribution_id, "Region": "Global"}
            found = self._of[distribution_id] = self._metrics.of(_NAMESPACE, dimensions, _UNITS)
        return found
