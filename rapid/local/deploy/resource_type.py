"""A resource type's row: how it is made, changed and ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.update import Update

ANY_PROPERTY = "*"


@dataclass(frozen=True)
class UpdateRule:
    """How some properties are changed in place; answers the outputs that changed with them, or None."""

    properties: tuple[str, ...]
    apply: Callable[[Update], Mapping[str, Any] | None]


@dataclass(frozen=True)
class ResourceType:
    """One row: a Pulumi type token, the service that makes it, and what is done in its life.

    `replace_on` are the properties, dotted and without list indices, whose change makes a replacement; `updates` are
    carried out in their order; `end_only` are the properties that speak of the resource's end alone, so that their
    change is only recorded. `id_property` is the property that the id is, where that is not the physical name, and
    `find` looks for the ids of one whose id AWS makes up. `volatile_outputs` may change with any update.
    `secret_outputs` are secret beside those that the provider's SDK asks to keep secret, and `read_secrets` finds their
    values again, which no record holds.
    """

    token: str
    service: str
    create: Callable[[Creation], Created]
    delete: Callable[[Deletion], None]
    auto_name: AutoName | None = None
    id_property: str = ""
    find: Callable[[Deletion], list[str]] | None = None
    replace_on: tuple[str, ...] = ()
    updates: tuple[UpdateRule, ...] = ()
    end_only: tuple[str, ...] = ()
    volatile_outputs: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()
    read_secrets: Callable[[Deletion], Mapping[str, Any]] | None = None

    def ids(self, deletion: Deletion) -> list[str]:
        """The ids that a resource may have which was about to be made; raises DeployError."""
        if self.find:
            return self.find(deletion)
        name = self.id_property or (self.auto_name.property if self.auto_name else "")
        value = deletion.value(name)
        return [value] if value else []

    @cached_property
    def changeable(self) -> frozenset[str]:
        """The properties that can be changed in place."""
        return frozenset({*self.end_only, *(name for rule in self.updates for name in rule.properties)})


def whole(create: Callable[[Creation], Created]) -> Callable[[Update], Mapping[str, Any]]:
    """The update of a resource that is put as a whole: the same as its creation."""
    return lambda update: create(update).outputs
