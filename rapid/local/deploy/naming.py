"""Physical names for resources that were given none, as Pulumi makes them: `<logical name>-<7 hex digits>`.

See https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from rapid.local.deploy.errors import DeployError

_RANDOM_DIGITS = 7


@dataclass(frozen=True)
class AutoName:
    """Which property holds the physical name of a resource type, and how long AWS lets it be."""

    max_length: int = 255
    property: str = "name"
    lower_case: bool = False

    def physical_name(self, logical_name: str) -> str:
        """Make a name nobody has yet; raises DeployError where the logical name leaves no room for the digits."""
        name = f"{logical_name.lower() if self.lower_case else logical_name}-{secrets.token_hex(4)[:_RANDOM_DIGITS]}"
        if len(name) > self.max_length:
            room = self.max_length - _RANDOM_DIGITS - 1
            raise DeployError(
                f"the logical name {logical_name!r} has {len(logical_name)} characters, but only {room} fit beside the "
                f"{_RANDOM_DIGITS} random digits of its physical name; shorten it, or set {self.property}"
            )
        return name
