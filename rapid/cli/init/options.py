"""What can be said instead of being asked; by itself, so that other commands do not wait for what checks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a stack is for: whose values it takes for what is not asked."""

    DEV = "dev"
    PROD = "prod"


@dataclass(frozen=True)
class Options:
    """The options of the command."""

    answers: Mapping[str, str] = field(default_factory=dict)
    """By question; those given are not asked."""
    yes: bool = False
    """Take the default of each other question."""
    force: bool = False
    """Write over a file that is there."""
