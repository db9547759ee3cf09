"""CloudFront: its API, and the edge, which answers guests from S3 and from a cache."""

from ..cloudwatch.metrics import Metrics
from .cache import Cache
from .edge import Edge
from .registry import Registry
from .service import CloudFrontService
from .usage import EdgeUsage


class CloudFront:
    """The service and its edge, which know the same distributions."""

    def __init__(self, port: int, metrics: Metrics) -> None:
        """`port` is the one that distributions' domain names have."""
        registry, cache = Registry(port), Cache()
        self.service = CloudFrontService(registry, cache)
        self.edge = Edge(registry, cache, EdgeUsage(metrics))
