"""IAM policies as read by parliament (do they mean what they say?) and cloudsplaining (what could a thief of these
credentials do?), and what of their findings is accepted. Both know AWS's actions from data that they bring along.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any

import pytest

from policy.rules import Resource, Stack

POLICIES = ("policy", "assumeRolePolicy")
"""The inputs that hold a policy."""


@dataclass(frozen=True)
class Finding:
    """What a tool says of a policy."""

    tool: str
    issue: str
    resource: str
    """Name of the resource with the policy; where a finding is accepted, `*` and `?` stand for others."""
    about: str
    """The action, or whatever else of the policy; the reason, where a finding is accepted."""
    of: str = "*"
    """Where a finding is accepted: what it is about; `*` and `?` stand for others."""


ACCEPTED = (
    Finding(
        "parliament",
        "RESOURCE_STAR",
        "ingest-api-gateway-logging-policy",
        "API Gateway takes no role that may write to some log groups alone; nobody but API Gateway may assume it",
    ),
    Finding(
        "cloudsplaining",
        "infrastructure_modification",
        "ingest-api-gateway-logging-policy",
        "the same: log groups and streams, in all of the account",
    ),
    Finding(
        "parliament",
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        "*-starter-execution-policy",
        "iam:PassRole of one role, which Scheduler alone may assume, and which may invoke this one function",
        "iam:passrole",
    ),
    Finding(
        "parliament",
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        "operations-key",
        "the account has its own key, as in every default policy of KMS: IAM then decides who may use it",
    ),
    Finding(
        "parliament",
        "RESOURCE_STAR",
        "operations-key",
        "in a key's policy the resource is that key",
    ),
)
"""Each is still found; another fails the tests."""


def policies(stack: Stack) -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    """Each policy document, with its resource and the input that holds it."""
    for resource in stack.resources:
        for key in POLICIES:
            if found := resource.document(key):
                yield resource, key, dict(found)


@cache
def _parliament() -> Any:
    """parliament finds its data by pkg_resources, which setuptools has no longer."""
    stand_in = ModuleType("pkg_resources")
    stand_in.resource_filename = lambda package, name: str(files(package) / name)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pkg_resources", stand_in)
        return importlib.import_module("parliament")


def by_parliament(resource: str, key: str, document: dict[str, Any]) -> list[Finding]:
    """What parliament says of a policy, and its community of one that is no role's trust."""
    trust = key == "assumeRolePolicy"
    if trust:
        # Of its own role, which parliament wants written.
        statements = [{**statement, "Resource": "arn:aws:iam::*:role/*"} for statement in document["Statement"]]
        document = {**document, "Statement": statements}
    analysed = _parliament().analyze_policy_string(json.dumps(document), include_community_auditors=not trust)
    return [
        Finding("parliament", it.issue, resource, about)
        for it in analysed.findings
        for about in _subjects(it.detail or it.location.get("actions") or it.location)
    ]


def _subjects(told: Any) -> list[str]:
    """What a finding is about, one by one: actions where it names some."""
    if not isinstance(told, list):
        return [str(told)]
    return [str(it["action"] if isinstance(it, dict) and "action" in it else it) for it in told]


RISKS = (
    "allows_data_exfiltration_actions",
    "allows_privilege_escalation",
    "credentials_exposure",
    "infrastructure_modification",
    "permissions_management_without_constraints",
    "service_wildcard",
)


def by_cloudsplaining(resource: str, document: dict[str, Any]) -> list[Finding]:
    """What cloudsplaining says of a role's policy."""
    from cloudsplaining.scan.policy_document import PolicyDocument

    read = PolicyDocument(document)
    return [
        Finding("cloudsplaining", risk, resource, about) for risk in RISKS for about in _subjects(getattr(read, risk))
    ]


def accepts(accepted: Finding, found: Finding) -> bool:
    """Whether a finding is one that is accepted."""
    return (
        (accepted.tool, accepted.issue) == (found.tool, found.issue)
        and fnmatchcase(found.resource, accepted.resource)
        and fnmatchcase(found.about, accepted.of)
    )
