"""The cache policies that AWS manages, as far as the local cloud knows them.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..service_error import ServiceError


@dataclass(frozen=True)
class CachePolicy:
    """How long objects stay in the cache, in seconds, and which encodings are asked for and cached.

    None of them has headers, cookies or query strings in the cache key.
    """

    name: str
    min_ttl: int
    default_ttl: int
    max_ttl: int
    gzip: bool
    brotli: bool


CACHE_POLICIES: Mapping[str, CachePolicy] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy("Managed-CachingOptimized", 1, 86_400, 31_536_000, True, True),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy("Managed-CachingDisabled", 0, 0, 0, False, False),
}


def cache_policy(id_: str) -> CachePolicy:
    """A policy by its id. Raises ServiceError for one that is not known."""
    found = CACHE_POLICIES.get(id_)
    if found is None:
        known = ", ".join(f"{known} ({policy.name})" for known, policy in CACHE_POLICIES.items())
        message = f"The specified cache policy does not exist. The local cloud knows {known}."
        raise ServiceError("NoSuchCachePolicy", message, 404)
    return found
