"""What differs between the inputs that a resource was made of and those that the program gives now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from rapid.local.deploy.wire import is_digest

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
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not is_digest(before):
        yield from _of_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path)
    elif before != after:
        yield Difference(path, before, after)


def _of_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    """Compare items that stand for one another: where one was put in or taken out, the others are still themselves."""
    old, new = ([json.dumps(item, sort_keys=True) for item in items] for items in (before, after))
    for _, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pairs = zip_longest(before[start:end], after[new_start:new_end], fillvalue=ABSENT)
        for index, (item, new_item) in enumerate(pairs, start=new_start):
            yield from _of(item, new_item, f"{path}[{index}]")
