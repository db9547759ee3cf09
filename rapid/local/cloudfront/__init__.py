"""CloudFront: its API, and the edge, which answers guests from S3 and from a cache."""

import time
from collections.abc import Callable

from .cache import Cache
from .edge import Edge
from .registry import Registry
from .service import CloudFrontService


class CloudFront:
    """The service and its edge, which know the same distributions."""

    def __init__(self, port: int, clock: Callable[[], float] = time.time) -> None:
        """`port` is the one that distributions' domain names have; `clock` gives epoch seconds."""
        registry, cache = Registry(port), Cache()
        self.service = CloudFrontService(registry, cache)
        self.edge = Edge(registry, cache, clock)
