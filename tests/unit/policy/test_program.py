"""The whole program keeps the security rules in every environment, but for what it is let off with a reason; so do its
IAM policies what parliament and cloudsplaining ask."""

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.rules import EXEMPTIONS, RULES, WITHOUT_RULES, Stack, Violation, broken

from .conftest import ROOT, STACKS
from .iam_tools import ACCEPTED, Finding, accepts, by_cloudsplaining, by_parliament, policies

StackOf = Callable[..., Stack]


def violations(stack: Stack) -> list[Violation]:
    return [found for resource in stack.resources for rule in RULES for found in rule.violations(resource, stack)]


@pytest.mark.parametrize("name", STACKS)
def test_the_program_breaks_no_rule(stack_of: StackOf, name: str) -> None:
    stack = stack_of(name)
    assert stack.resources
    found = [it for resource in stack.resources for rule in RULES for it in broken(rule, resource, stack)]
    assert not found, "\n".join(map(str, found))


def test_no_exemption_is_stale(stack_of: StackOf) -> None:
    found = [violation for name in STACKS for violation in violations(stack_of(name))]
    stale = [it for it in EXEMPTIONS if not any(it.covers(violation) for violation in found)]
    assert not stale, "no resource needs these any more; take them away"


def test_every_exemption_is_of_a_rule_and_says_why() -> None:
    names = {rule.name for rule in RULES}
    assert [it for it in EXEMPTIONS if it.rule not in names or len(it.reason.split()) < 5] == []


def types_of_components() -> set[str]:
    """The types of all resources that the components make, whatever the configuration."""
    import pulumi_aws as aws

    return {
        getattr(getattr(aws, node.value.attr), node.attr).pulumi_type
        for file in (ROOT / "components").rglob("*.py")
        for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "aws"
        and node.attr[0].isupper()
        and hasattr(getattr(getattr(aws, node.value.attr), node.attr), "pulumi_type")
    }


def test_every_type_of_resource_has_a_rule_or_a_reason_to_have_none(stack_of: StackOf) -> None:
    used = types_of_components() | {it.type for name in STACKS for it in stack_of(name).resources}
    ruled = {type_ for rule in RULES for type_ in rule.types}
    assert sorted(used - ruled - WITHOUT_RULES.keys()) == [], (
        "write a rule, or a reason in policy/rules/without_rules.py"
    )
    assert sorted(WITHOUT_RULES.keys() - (used - ruled)) == [], "they are not used, or have a rule: take them away"


@pytest.fixture(scope="module")
def findings(stack_of: StackOf) -> list[Finding]:
    """What both say of all policies; one that several environments have is read once."""
    seen: dict[str, None] = {}
    found: list[Finding] = []
    for name in STACKS:
        for resource, key, document in policies(stack_of(name)):
            text = f"{resource.name} {json.dumps(document)}"
            if text in seen:
                continue
            seen[text] = None
            found += by_parliament(resource.name, key, document)
            if resource.type.startswith("aws:iam/") and key == "policy":
                found += by_cloudsplaining(resource.name, document)
    assert len(seen) > 100
    return found


def test_no_iam_policy_has_a_finding_but_what_is_accepted_with_a_reason(findings: list[Finding]) -> None:
    assert [it for it in findings if not any(accepts(accepted, it) for accepted in ACCEPTED)] == []


def test_no_accepted_finding_is_stale(findings: list[Finding]) -> None:
    assert [accepted for accepted in ACCEPTED if not any(accepts(accepted, it) for it in findings)] == []
