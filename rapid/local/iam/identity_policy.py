"""What the policies of a role, inline and attached, say of an action; and who may assume the role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import Role, iam_backends

from ..clients import ACCOUNT_ID
from ..s3.bucket_policy import Verdict
from .matching import UnsupportedElementError, as_list, condition_holds, is_action_like, is_like

_PARTITION = "aws"
_ASSUME_ROLE = "sts:AssumeRole"
_ASSUME_BY_IDENTITY = "sts:AssumeRoleWithWebIdentity"
# Known here: the rest of a statement's elements would change what it says.
_ELEMENTS = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})


class RolePolicies:
    """The policies of one role as IAM has them at one moment."""

    def __init__(self, role: Role) -> None:
        if role.permissions_boundary:
            raise UnsupportedElementError("a permissions boundary")
        self._trust = _statements([role.assume_role_policy_document])
        attached = (
            version.document
            for policy in role.managed_policies.values()
            for version in policy.versions
            if version.version_id == policy.default_version_id
        )
        self._statements = _statements([*role.policies.values(), *attached])

    def verdict(self, action: str, resource: str) -> Verdict:
        """What they say of an action on a resource. Raises UnsupportedElementError."""
        return _verdict(self._statements, action, resource)

    def trusts(self, kind: str, principals: Iterable[str]) -> bool:
        """Whether the trust policy lets one of the principals (`kind` is `Service` or `AWS`) assume the role."""
        wanted = set(principals)
        effects = {
            statement["Effect"]
            for statement in self._trust
            if any(is_action_like(pattern, _ASSUME_ROLE) for pattern in as_list(statement.get("Action", [])))
            and wanted.intersection(_principals(statement, kind))
            and condition_holds(statement)
        }
        return effects == {"Allow"}

    def trusts_identity(self, provider: str, claims: Mapping[str, str]) -> bool:
        """Whether the trust policy lets an identity of a provider, with these condition keys, in small letters, assume
        the role."""
        effects = {
            statement["Effect"]
            for statement in self._trust
            if any(is_action_like(pattern, _ASSUME_BY_IDENTITY) for pattern in as_list(statement.get("Action", [])))
            and {"*", provider}.intersection(_principals(statement, "Federated"))
            and condition_holds(statement, claims)
        }
        return effects == {"Allow"}


def verdict(documents: Sequence[Any], action: str, resource: str) -> Verdict:
    """What some policies say of an action on a resource. Raises UnsupportedElementError."""
    return _verdict(_statements(documents), action, resource)


def _verdict(statements: Iterable[Mapping[str, Any]], action: str, resource: str) -> Verdict:
    effects = {statement["Effect"] for statement in statements if _concerns(statement, action, resource)}
    if "Deny" in effects:
        return Verdict.DENY
    return Verdict.ALLOW if "Allow" in effects else Verdict.NOTHING


def of_role(arn: str) -> RolePolicies | None:
    """The policies of a role, read from IAM now; None where there is no such role."""
    try:
        return RolePolicies(iam_backends[ACCOUNT_ID][_PARTITION].get_role_by_arn(arn))
    except NotFoundException:
        return None


def _statements(documents: Sequence[Any]) -> list[dict[str, Any]]:
    parsed = [json.loads(document) if isinstance(document, str) else document for document in documents]
    return [statement for document in parsed for statement in as_list(document.get("Statement", []))]


def _concerns(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    unknown = sorted(set(statement) - _ELEMENTS)
    if unknown:
        raise UnsupportedElementError(f"the element {', '.join(unknown)}")
    if not any(is_action_like(pattern, action) for pattern in as_list(statement["Action"])):
        return False
    for pattern in as_list(statement["Resource"]):
        if "${" in pattern:
            raise UnsupportedElementError(f"the policy variable in {pattern}")
        if is_like(pattern, resource):
            return condition_holds(statement)
    return False


def _principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    principal = statement.get("Principal", {})
    return ["*"] if principal == "*" else as_list(principal.get(kind, []))
