"""The security rules of the program, and which of its resources are let off: by nothing but Python and this folder.

docs/security.md shows how to add a rule or an exemption.
"""

from collections.abc import Sequence

from . import analytics, api, edge, firewall, functions, identity, messages, network, s3, watching
from .exemptions import EXEMPTIONS, Exemption
from .resource import UNKNOWN, Resource, Stack, Undecided
from .rule import Rule, Violation
from .without_rules import WITHOUT_RULES

__all__ = [
    "EXEMPTIONS",
    "RULES",
    "UNKNOWN",
    "WITHOUT_RULES",
    "Exemption",
    "Resource",
    "Rule",
    "Stack",
    "Undecided",
    "Violation",
    "broken",
    "exempt",
]

RULES: Sequence[Rule] = [
    rule
    for module in (s3, messages, api, functions, identity, analytics, watching, network, edge, firewall)
    for rule in module.RULES
]


def exempt(violation: Violation) -> Exemption | None:
    """What lets a resource off a rule that it breaks; None where nothing does."""
    return next((it for it in EXEMPTIONS if it.covers(violation)), None)


def broken(rule: Rule, resource: Resource, stack: Stack) -> list[Violation]:
    """What a rule finds wrong with a resource, without what it is let off."""
    return [violation for violation in rule.violations(resource, stack) if not exempt(violation)]
