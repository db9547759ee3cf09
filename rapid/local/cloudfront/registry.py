"""What exists of CloudFront: resources with their configuration and ETag, found by id and, distributions, by host."""

import random
import string
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError

DOMAIN = "cloudfront.localhost"
"""Where distributions are: browsers and curl take every name that ends in `.localhost` for this machine."""
_UPPER, _LOWER = string.ascii_uppercase + string.digits, string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Kind:
    """A kind of resource: how CloudFront calls it and its configuration, and its ARN's type."""

    name: str
    arn_type: str
    error_name: str
    """What stands in the codes and messages of its errors."""

    @property
    def config(self) -> str:
        """The member that holds its configuration."""
        return f"{self.name}Config"

    def absent(self) -> ServiceError:
        """There is no such resource."""
        return ServiceError(f"NoSuch{self.name}", f"The specified {self.error_name} does not exist.", 404)


DISTRIBUTION = Kind("Distribution", "distribution", "distribution")
ACCESS_CONTROL = Kind("OriginAccessControl", "origin-access-control", "origin access control")
HEADERS_POLICY = Kind("ResponseHeadersPolicy", "response-headers-policy", "response headers policy")
KINDS = (DISTRIBUTION, ACCESS_CONTROL, HEADERS_POLICY)


@dataclass
class Resource:
    """One resource as it is now."""

    kind: Kind
    id: str
    config: dict[str, Any]
    etag: str
    modified: datetime
    tags: dict[str, str] = field(default_factory=dict)
    domain_name: str = ""
    """Of a distribution, with the local cloud's port."""
    invalidations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of a distribution, by id."""

    @property
    def arn(self) -> str:
        """The resource's ARN."""
        return f"arn:aws:cloudfront::{ACCOUNT_ID}:{self.kind.arn_type}/{self.id}"

    @property
    def hosts(self) -> Iterator[str]:
        """Of a distribution: the names that it answers to, without port."""
        yield self.domain_name.partition(":")[0]
        yield from items(self.config.get("Aliases"))


def items(listed: Mapping[str, Any] | None) -> list[Any]:
    """What one of CloudFront's lists holds; they come with their length."""
    return (listed or {}).get("Items") or []


class Registry:
    """Keeps resources. Safe for several threads: what it holds is replaced, never changed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._resources: dict[Kind, dict[str, Resource]] = {kind: {} for kind in KINDS}
        self._hosts: dict[str, Resource] = {}
        self.lock = threading.RLock()

    def add(self, kind: Kind, config: dict[str, Any]) -> Resource:
        """Make a resource."""
        made = Resource(kind, _id(kind), config, new_id(), datetime.now(UTC))
        if kind is DISTRIBUTION:
            made.domain_name = f"d{''.join(random.choices(_LOWER, k=13))}.{DOMAIN}:{self._port}"
        self._resources[kind][made.id] = made
        self._index()
        return made

    def change(self, resource: Resource, config: dict[str, Any]) -> None:
        """Give a resource another configuration."""
        resource.config, resource.etag, resource.modified = config, new_id(), datetime.now(UTC)
        self._index()

    def remove(self, resource: Resource) -> None:
        """Forget a resource."""
        del self._resources[resource.kind][resource.id]
        self._index()

    def all(self, kind: Kind) -> list[Resource]:
        """All resources of a kind."""
        return list(self._resources[kind].values())

    def find(self, kind: Kind, id_: str) -> Resource:
        """A resource by its id. Raises ServiceError where there is none."""
        found = self._resources[kind].get(id_)
        if found is None:
            raise kind.absent()
        return found

    def of_host(self, host: str) -> Resource | None:
        """The distribution that answers to the value of a Host header."""
        return self._hosts.get(host.partition(":")[0].lower())

    def _index(self) -> None:
        self._hosts = {host.lower(): found for found in self.all(DISTRIBUTION) for host in found.hosts}


def new_id() -> str:
    """An id as CloudFront makes them for distributions, invalidations and ETags."""
    return f"E{''.join(random.choices(_UPPER, k=13))}"


def _id(kind: Kind) -> str:
    if kind is not HEADERS_POLICY:
        return new_id()
    digits = "".join(random.choices("0123456789abcdef", k=32))
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
