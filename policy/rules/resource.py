"""Resources of a program as rules see them: what Pulumi says of each, without Pulumi."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = object()
"""Stands for a value that a preview does not know yet."""


class Undecided(Exception):
    """A rule asked for a value that is not known yet: `pulumi up` decides, where a preview cannot."""


@dataclass(frozen=True)
class Resource:
    """One resource of a program."""

    urn: str
    type: str
    """Its type, such as `aws:s3/bucket:Bucket`."""
    name: str
    """Its name in the program."""
    properties: Mapping[str, Any]
    """Its inputs, by the provider's names; UNKNOWN where a value is not known yet."""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each input the URNs of the resources that its value is made of."""

    def get(self, *path: str) -> Any:
        """The value under a path of inputs, None where there is none; raises Undecided where it is not known yet."""
        value: Any = self.properties
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
            if value is UNKNOWN:
                raise Undecided(f"{self.name}: {'.'.join(path)}")
        return value

    def document(self, *path: str) -> Mapping[str, Any]:
        """The JSON object under a path of inputs, empty where there is none."""
        text = self.get(*path)
        found = json.loads(text) if isinstance(text, str) and text else text
        return found if isinstance(found, Mapping) else {}


class Stack:
    """All resources of a program."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources

    def made_for(self, resource: Resource, type_: str, key: str) -> list[Resource]:
        """The resources of a type whose input `key` comes from the resource, as a bucket's policy names its bucket."""
        return [it for it in self.resources if it.type == type_ and resource.urn in it.sources.get(key, ())]
