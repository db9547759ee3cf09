"""The change of one resource in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.creation import Creation
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.errors import PropertyError

KEPT = object()
"""Stands for what AWS leaves as it is where the program says no more: to the provider, optional and computed."""


class Update(Creation):
    """One resource being changed: all of its properties as a creation has them, and what they were before."""

    def __init__(
        self, service: str, properties: Mapping[str, Any], before: ResourceRecord, changed: Iterable[str], cloud: Cloud
    ) -> None:
        super().__init__(service, before.name, properties, cloud)
        self.id = before.id
        self.inputs_before = before.inputs
        self.outputs_before = before.outputs
        self.changed = frozenset(changed)

    def before(self, name: str) -> Any:
        """What a property was, given or computed."""
        return self.inputs_before.get(name, self.outputs_before.get(name))

    def pick(self, names: Iterable[str], when_removed: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Hand out those of some properties that differ; one that was removed gets the value that stands for that.

        Raises PropertyError for a removed property that has no such value.
        """
        picked = {}
        for name in names:
            if name not in self.changed:
                continue
            value = self.take(name)
            if value is None:
                if when_removed is None or name not in when_removed:
                    raise PropertyError(name, "cannot be taken from a deployed resource by the local cloud; set it")
                value = when_removed[name]
            if value is not KEPT:
                picked[name] = value
        return picked
