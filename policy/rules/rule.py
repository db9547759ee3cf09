"""What a rule is, and what it says of a resource that breaks it."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .resource import Resource, Stack, Undecided

Faults = Iterable[tuple[str, str]]
"""What is wrong with a resource: the part of it, empty for the whole, and what is wrong with that."""


@dataclass(frozen=True)
class Rule:
    """One thing that must hold for all resources of some types."""

    name: str
    ids: Sequence[str]
    """Who asks for it: controls of AWS Foundational Security Best Practices or Security Hub (`S3.5`), rules of cdk-nag
    (`AwsSolutions-S10`), or a page of AWS's documentation."""
    types: Sequence[str]
    title: str
    """What must hold, as a sentence."""
    fix: str
    """What to do where it does not."""
    check: Callable[..., Faults]
    """Finds what is wrong with one resource: by itself, or together with the rest of the stack."""

    @property
    def alone(self) -> bool:
        """Whether a resource's own inputs decide, so that it is refused before it is made."""
        return len(inspect.signature(self.check).parameters) == 1

    def violations(self, resource: Resource, stack: Stack) -> "list[Violation]":
        """What the rule finds wrong with a resource; nothing, while the values that it asks for are not known."""
        if resource.type not in self.types:
            return []
        try:
            faults = list(self.check(resource) if self.alone else self.check(resource, stack))
        except Undecided:
            return []
        return [Violation(self, resource, part, fault) for part, fault in faults]


@dataclass(frozen=True)
class Violation:
    """One resource that breaks one rule."""

    rule: Rule
    resource: Resource
    part: str
    """The part of the resource that does, such as a path of an API; empty for the whole."""
    fault: str

    @property
    def detail(self) -> str:
        """What is wrong with which resource, and what to do."""
        where = f"{self.resource.name} ({self.resource.type})" + (f", {self.part}" if self.part else "")
        return f"{where}: {self.fault}. Fix: {self.rule.fix}"

    def __str__(self) -> str:
        return f"{self.rule.name} [{', '.join(self.rule.ids)}]: {self.detail}"


def rule(*ids: str, types: Sequence[str], title: str, fix: str) -> Callable[[Callable[..., Faults]], Rule]:
    """Makes a rule of a function that is named after it."""

    def made(check: Callable[..., Faults]) -> Rule:
        return Rule(check.__name__.replace("_", "-"), ids, types, title, fix, check)

    return made


def rules_of(module: dict[str, Any]) -> list[Rule]:
    """The rules that a module makes, in their order."""
    return [value for value in module.values() if isinstance(value, Rule)]
