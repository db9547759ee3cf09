"""What happens to a resource: nothing, or how it gets from what is recorded to what the program asks for.

A change that the resource type's row cannot carry out is refused by name. Which properties force a replacement is the
AWS provider's word (`ForceNew` in https://github.com/hashicorp/terraform-provider-aws, internal/service/), which
pulumi-aws takes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.differences import Difference, differences
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType


class Operation(Enum):
    """What is done to a resource, in the words that a preview uses."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"


@dataclass(frozen=True)
class Step:
    """What is done to one resource and why: `forced_by` names the properties that make it a replacement."""

    operation: Operation
    differences: tuple[Difference, ...] = ()
    forced_by: tuple[str, ...] = ()

    @property
    def changed(self) -> set[str]:
        """The resource's own properties that differ."""
        return {difference.property for difference in self.differences}


def step_to(row: ResourceType, before: ResourceRecord | None, inputs: Mapping[str, Any]) -> Step:
    """Say how a resource gets to the recorded form of its new inputs.

    Raises PropertyError where a property differs that can be changed neither in place nor by a replacement.
    """
    if before is None:
        return Step(Operation.CREATE)
    found = differences(before.inputs, inputs)
    told = {difference.property for difference in found}
    found += tuple(
        Difference(name, before.inputs.get(name), inputs.get(name)) for name in before.unsettled if name not in told
    )
    if not found:
        return Step(Operation.SAME)
    forced_by = tuple(difference.path for difference in found if _is_forcing(difference, row.replace_on))
    if forced_by:
        return Step(Operation.REPLACE, found, forced_by)
    for difference in found:
        if not row.can_change(difference.property):
            raise PropertyError(
                difference.path,
                f"differs from what is deployed, and the local cloud has no rule for changing it; "
                f"known for {row.token} are {row.known_changes}. "
                "Undo the change, or end this local cloud and start another",
            )
    return Step(Operation.UPDATE, found)


def _is_forcing(difference: Difference, replace_on: Iterable[str]) -> bool:
    plain = re.sub(r"\[\d+\]", "", difference.path)
    return any(
        forcing in (ANY_PROPERTY, plain)
        or plain.startswith(f"{forcing}.")
        or (forcing.startswith(f"{plain}.") and _differs_inside(difference, forcing.removeprefix(f"{plain}.")))
        for forcing in replace_on
    )


def _differs_inside(difference: Difference, path: str) -> bool:
    before, after = difference.before, difference.after
    for name in path.split("."):
        before, after = (value.get(name) if isinstance(value, Mapping) else None for value in (before, after))
    return bool(before != after)
