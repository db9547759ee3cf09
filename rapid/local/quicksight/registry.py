"""What was deployed, in full, as it was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..clients import ACCOUNT_ID
from . import errors

Content = dict[str, Any]
Operations = dict[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""Answers to requests by their operations' names."""


@dataclass(frozen=True)
class Kind:
    """A kind of resource: its name in the API, and the one in ARNs."""

    name: str
    in_arns: str


DATA_SOURCE = Kind("DataSource", "datasource")
DATA_SET = Kind("DataSet", "dataset")
DASHBOARD = Kind("Dashboard", "dashboard")
THEME = Kind("Theme", "theme")
# Members that are not part of what a resource is.
_OUTSIDE = frozenset({"AwsAccountId", "Permissions", "Tags"})


@dataclass
class Resource:
    """A resource. `content` is what it was made or last changed with; times are in epoch seconds."""

    kind: Kind
    id: str
    arn: str
    content: Content
    permissions: dict[str, list[str]]
    """Actions by the ARN of a user or group."""
    tags: dict[str, str]
    created: float
    updated: float
    version: int = 1
    parts: dict[str, Content] = field(default_factory=dict)
    """What belongs to it by name: the schedules of a data set."""
    refresh: Content | None = None
    """A data set's refresh properties."""

    @property
    def version_arn(self) -> str:
        """Of a dashboard or a theme."""
        return f"{self.arn}/version/{self.version}"


class Registry:
    """The resources of the account in one region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.lock = threading.RLock()
        """Held by whoever changes something after it has looked."""
        self._resources: dict[str, Resource] = {}

    def arn(self, kind: Kind, id_: str) -> str:
        """What a resource is called."""
        return f"arn:aws:quicksight:{self.region}:{ACCOUNT_ID}:{kind.in_arns}/{id_}"

    def add(self, kind: Kind, asked: Mapping[str, Any]) -> Resource:
        """Keep a new resource. Raises ServiceError where there is one with its id."""
        id_, now = str(asked[f"{kind.name}Id"]), time.time()
        made = Resource(
            kind,
            id_,
            self.arn(kind, id_),
            content_of(asked),
            {grant["Principal"]: list(grant["Actions"]) for grant in asked.get("Permissions") or []},
            {tag["Key"]: tag["Value"] for tag in asked.get("Tags") or []},
            now,
            now,
        )
        with self.lock:
            self.check_absent(kind, id_)
            self._resources[made.arn] = made
        return made

    def check_absent(self, kind: Kind, id_: str) -> None:
        """Raise ServiceError where there is a resource with this id."""
        if self.arn(kind, id_) in self._resources:
            raise errors.exists(kind.name, id_)

    def change(self, found: Resource, asked: Mapping[str, Any]) -> None:
        """Keep what a resource is from now on."""
        with self.lock:
            found.content = content_of(asked)
            found.version += 1
            found.updated = time.time()

    def find(self, kind: Kind, id_: str) -> Resource:
        """A resource by its id. Raises ServiceError where there is none."""
        found = self._resources.get(self.arn(kind, id_))
        if found is None:
            raise errors.not_found(kind.name, id_)
        return found

    def of_arn(self, arn: str) -> Resource | None:
        """A resource by its ARN; None where there is none."""
        return self._resources.get(arn)

    def all(self, kind: Kind) -> list[Resource]:
        """The resources of a kind, in the order in which they were made."""
        with self.lock:
            return [found for found in self._resources.values() if found.kind is kind]

    def remove(self, found: Resource) -> None:
        """Forget a resource."""
        with self.lock:
            self._resources.pop(found.arn, None)


def content_of(asked: Mapping[str, Any]) -> Content:
    """What a request says of a resource itself."""
    return {name: value for name, value in asked.items() if name not in _OUTSIDE and value is not None}
