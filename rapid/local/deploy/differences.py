"""What differs between the inputs that a resource was made of and those that the program gives now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = None
"""Stands for a property that is not given: Pulumi does not tell one that is null from one that is missing."""


@dataclass(frozen=True)
class Difference:
    """One property that differs. `path` is as the Pulumi wire has it, for instance `rules[0].expiration.days`."""

    path: str
    before: Any
    after: Any

    @property
    def property(self) -> str:
        """The resource's own property that the path begins with."""
        return self.path.split(".")[0].split("[")[0]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """List what differs between two recorded objects, as deep as it can be told."""
    return tuple(_of_objects(before, after, ""))


def _of_objects(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for key in sorted({*before, *after}):
        yield from _of(before.get(key, ABSENT), after.get(key, ABSENT), f"{path}.{key}".lstrip("."))


def _of(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _of(old, new, f"{path}[{index}]")
    elif before != after:
        yield Difference(path, before, after)
