"""The policy pack: `pulumi preview --policy-pack policy` holds the program against the security rules.

Rules that a resource's own inputs decide refuse it before it is made; the others look at the whole stack.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Secret,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from rules import RULES, UNKNOWN, Resource, Rule, Stack, broken


def _policy(rule: Rule) -> Policy:
    described = f"{rule.title} [{', '.join(rule.ids)}]"
    if rule.alone:
        return ResourceValidationPolicy(rule.name, described, _of_resource(rule))
    return StackValidationPolicy(rule.name, described, _of_stack(rule))


def _of_resource(rule: Rule) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = Resource(args.urn, args.resource_type, args.name, _known(args.props))
        for violation in broken(rule, resource, Stack([resource])):
            report(violation.detail, None)

    return validate


def _of_stack(rule: Rule) -> Any:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = Stack([_seen(it) for it in args.resources])
        for resource in stack.resources:
            for violation in broken(rule, resource, stack):
                report(violation.detail, resource.urn)

    return validate


def _seen(resource: PolicyResource) -> Resource:
    sources = {key: [it.urn for it in found] for key, found in resource.property_dependencies.items()}
    return Resource(resource.urn, resource.resource_type, resource.name, _known(resource.props), sources)


def _known(value: Any) -> Any:
    """A value as rules know it: a preview's unknown values are UNKNOWN, and secrets are what they hold."""
    if isinstance(value, Secret):
        return _known(value.value)
    if isinstance(value, Mapping):
        return {key: _at(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_at(value, index) for index in range(len(value))]
    return value


def _at(values: Any, key: Any) -> Any:
    try:
        return _known(values[key])
    except UnknownValueError:
        return UNKNOWN


PolicyPack(
    "rapid-analytics-security",
    [_policy(rule) for rule in RULES],
    enforcement_level=EnforcementLevel.MANDATORY,
)
