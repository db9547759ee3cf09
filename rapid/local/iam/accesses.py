"""What a request does: the IAM actions and the ARNs of the resources that they are done to.

Names and ARNs come from AWS's reference (service_table.py). By hand is only what the reference leaves to prose.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..clients import ACCOUNT_ID
from . import service_table, special_accesses
from .operations import Operation, Parameters
from .service_table import Action, ResourceType

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_ROLE_ARN = re.compile(r"arn:aws:iam::\d{12}:role/.+")
# They take roles as their subject; they do not hand them on.
_IDENTITY_SERVICES = frozenset({"iam", "sts"})
# An ARN in what these carry is nobody's role.
_CARRY_DATA = frozenset(
    {"PutLogEvents", "PutRecord", "PutRecordBatch", "PutRecords", "SendMessage", "SendMessageBatch"}
)
# The members that name a resource where they are not called as its placeholder is.
_MEMBERS: Mapping[str, Sequence[str]] = {
    "BucketName": ("Bucket",),
    "DistributionId": ("DistributionId", "Id"),
    "ObjectName": ("Key",),
    "DatabaseName": ("DatabaseName", "Name", "DatabaseInput.Name"),
    "TableName": ("TableName", "Name", "TableInput.Name"),
    "GroupName": ("GroupName", "Name"),
    "JobName": ("JobName", "Name"),
    "RuleName": ("Name", "Rule"),
    "WorkGroupName": ("WorkGroup", "Name"),
    "DataCatalogName": ("Name", "CatalogName"),
    "RoleNameWithPath": ("RoleName",),
    "SecretId": ("SecretId", "Name"),
}


@dataclass(frozen=True)
class Access:
    """One action on one resource; `*` where the action knows no resources."""

    action: str
    resource: str


class UnnamedError(Exception):
    """It cannot be told what a request does to what; the message names what is missing."""


def of(operation: Operation, region: str, work_group: Callable[[str], str]) -> list[Access]:
    """All that a request's caller must be allowed. `work_group` gives that of an Athena query execution.

    Raises UnnamedError.
    """
    found: list[Access] = []
    for name, parameters in special_accesses.actions(operation, work_group):
        action = service_table.actions(operation.service).get(name)
        if action is None:
            raise UnnamedError(f"the IAM action of {operation.service} {operation.name}")
        found += [Access(action.name, arn) for arn in _resources(operation, action, parameters, region)]
        if operation.service not in _IDENTITY_SERVICES and operation.name not in _CARRY_DATA:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html; the reference lists few.
            found += [Access("iam:PassRole", role) for role in _roles(parameters)]
    return found


def _resources(operation: Operation, action: Action, parameters: Parameters, region: str) -> Iterator[str]:
    if not action.required and not action.optional:
        yield "*"
        return
    missing = None
    for kind in action.required or action.optional:
        arn = _arn(operation.service, kind, parameters, region)
        if isinstance(arn, str):
            yield arn
            if not action.required:
                return
        elif action.required:
            raise arn
        else:
            missing = arn
    if missing:
        raise missing


def _arn(service: str, kind: ResourceType, parameters: Parameters, region: str) -> str | UnnamedError:
    own = special_accesses.arn(service, kind.name, parameters, region)
    if own:
        return own
    known = {"Partition": "aws", "Region": region, "Account": ACCOUNT_ID}
    for placeholder in _PLACEHOLDER.findall(kind.arn):
        if placeholder not in known:
            value = _value(parameters, _MEMBERS.get(placeholder, (placeholder,)))
            if value is None:
                return UnnamedError(f"the {kind.name} of {service}: the request has no {placeholder}")
            known[placeholder] = value
    return _PLACEHOLDER.sub(lambda match: known[match[1]], kind.arn)


def _value(parameters: Parameters, members: Iterable[str]) -> str | None:
    given = {name.lower(): value for name, value in parameters.items()}
    for member in members:
        outer, _, inner = member.partition(".")
        value = given.get(outer.lower())
        if inner:
            value = value.get(inner) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            return value
    return None


def _roles(value: Any) -> Iterator[str]:
    """All ARNs of roles in a request's parameters."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _roles(item)
    elif isinstance(value, str) and _ROLE_ARN.fullmatch(value):
        yield value
