"""What can go wrong in a deployment, each with words a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DeployError(Exception):
    """A deployment cannot start or go on; the message names the thing, the place and the fix."""


class ConfigurationError(DeployError):
    """Pulumi.yaml or the stack's file is missing, cannot be read, or holds a value that the project does not allow."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(message)
        self.file = file


class PropertyError(DeployError):
    """A resource's property is unknown, or its value does not fit what AWS takes.

    `path` is the property as the Pulumi wire has it, for instance `rules[0].expiration.days`.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"property {path}: {message}")
        self.path = path


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the names most like `name` as the end of a sentence; all names where few are known and none is alike."""
    names = sorted(set(known))
    by_lower_case = {candidate.lower(): candidate for candidate in names}
    near = [by_lower_case[match] for match in difflib.get_close_matches(name.lower(), by_lower_case, n=3, cutoff=0.6)]
    if near:
        return f"near: {', '.join(near)}"
    if 0 < len(names) <= 12:
        return f"known: {', '.join(names)}"
    return "nothing known is like it"
