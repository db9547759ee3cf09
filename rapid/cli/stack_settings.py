"""What a stack's configuration says, from Pulumi.yaml and the stack's file; no cloud is asked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from . import project as checkout
from .errors import CommandError
from .target import DEFAULT_STACK


@dataclass(frozen=True)
class StackSettings:
    """The configuration of one stack, with the project's defaults."""

    project: str
    stack: str
    region: str
    values: Mapping[str, str]
    """By key, without the project's name."""

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str) -> str:
        """The value of a key; empty where it has none."""
        return self.values.get(key, "")


def settings_of(stack: str = "") -> StackSettings:
    """The configuration of a stack, else of the one that `PULUMI_STACK` names. Raises CommandError."""
    from rapid.local.deploy.errors import ConfigurationError
    from rapid.local.deploy.project import read_project

    try:
        project = read_project(checkout.ROOT, stack or os.environ.get("PULUMI_STACK") or DEFAULT_STACK)
    except ConfigurationError as error:
        raise CommandError(str(error)) from None
    own = f"{project.name}:"
    values = {key.removeprefix(own): value for key, value in project.config.items() if key.startswith(own)}
    return StackSettings(project.name, project.stack, project.region, values)
