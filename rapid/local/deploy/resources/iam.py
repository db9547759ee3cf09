"""IAM: roles and the policies on them."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType, UpdateRule, whole
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update


def _role(creation: Creation) -> Created:
    creation.take("forceDetachPolicies")  # speaks of the role's end, which creation does not meet
    managed_policy_arns = creation.take_list("managedPolicyArns")
    inline_policies = _inline_policies(creation)
    renames = {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}
    role = creation.call("CreateRole", **creation.convert("CreateRole", creation.rest(), renames))["Role"]
    name = role["RoleName"]
    creation.begin(Created(name))
    for arn in managed_policy_arns:
        creation.call("AttachRolePolicy", RoleName=name, PolicyArn=arn)
    for policy in inline_policies:
        creation.call("PutRolePolicy", RoleName=name, **policy)
    return Created(name, {"arn": role["Arn"], "uniqueId": role["RoleId"], "createDate": role["CreateDate"].isoformat()})


def _inline_policies(creation: Creation) -> list[dict[str, Any]]:
    renames = {"inlinePolicies.name": "PolicyName", "inlinePolicies.policy": "PolicyDocument"}
    policies = creation.take_list("inlinePolicies")
    return [creation.convert("PutRolePolicy", policy, renames, "inlinePolicies") for policy in policies]


def _role_policy(creation: Creation) -> Created:
    renames = {"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"}
    parameters = creation.convert("PutRolePolicy", creation.rest(), renames)
    creation.call("PutRolePolicy", **parameters)
    return Created(f"{parameters['RoleName']}:{parameters['PolicyName']}")


def _role_policy_attachment(creation: Creation) -> Created:
    parameters = creation.convert("AttachRolePolicy", creation.rest(), {"role": "RoleName"})
    creation.call("AttachRolePolicy", **parameters)
    return Created(f"{parameters['RoleName']}/{parameters['PolicyArn']}")


def _trust(update: Update) -> None:
    policy = update.need("assumeRolePolicy")
    update.call("UpdateAssumeRolePolicy", RoleName=update.id, PolicyDocument=policy)


def _description_and_duration(update: Update) -> None:
    values = update.pick(("description", "maxSessionDuration"), {"description": "", "maxSessionDuration": 3600})
    update.call("UpdateRole", RoleName=update.id, **update.convert("UpdateRole", values))


def _boundary(update: Update) -> None:
    boundary = update.take("permissionsBoundary")
    if boundary:
        update.call("PutRolePermissionsBoundary", RoleName=update.id, PermissionsBoundary=boundary)
    else:
        update.call("DeleteRolePermissionsBoundary", RoleName=update.id)


def _managed(update: Update) -> None:
    before, after = set(update.inputs_before.get("managedPolicyArns", [])), set(update.take_list("managedPolicyArns"))
    for arn in sorted(before - after):
        update.call("DetachRolePolicy", RoleName=update.id, PolicyArn=arn)
    for arn in sorted(after - before):
        update.call("AttachRolePolicy", RoleName=update.id, PolicyArn=arn)


def _inline(update: Update) -> None:
    policies = _inline_policies(update)
    names = {policy["PolicyName"] for policy in policies}
    for policy in update.inputs_before.get("inlinePolicies", []):
        if policy["name"] not in names:
            update.call("DeleteRolePolicy", RoleName=update.id, PolicyName=policy["name"])
    for policy in policies:
        update.call("PutRolePolicy", RoleName=update.id, **policy)


def _delete_role(deletion: Deletion) -> None:
    # The provider takes off what the role was made with, and what others put on it where it was told to.
    is_forced = deletion.value("forceDetachPolicies")
    if is_forced or deletion.value("managedPolicyArns"):
        attached = deletion.call("ListAttachedRolePolicies", RoleName=deletion.id).get("AttachedPolicies", [])
        for policy in attached:
            deletion.call("DetachRolePolicy", RoleName=deletion.id, PolicyArn=policy["PolicyArn"])
    if is_forced or deletion.value("inlinePolicies"):
        for name in deletion.call("ListRolePolicies", RoleName=deletion.id).get("PolicyNames", []):
            deletion.call("DeleteRolePolicy", RoleName=deletion.id, PolicyName=name)
    deletion.call("DeleteRole", RoleName=deletion.id)


def _delete_role_policy(deletion: Deletion) -> None:
    deletion.call("DeleteRolePolicy", RoleName=deletion.value("role"), PolicyName=deletion.value("name"))


def _detach(deletion: Deletion) -> None:
    deletion.call("DetachRolePolicy", RoleName=deletion.value("role"), PolicyArn=deletion.value("policyArn"))


# What makes a replacement: internal/service/iam/role.go, role_policy.go and role_policy_attachment.go.
ROWS = (
    ResourceType(
        "aws:iam/role:Role",
        "iam",
        _role,
        _delete_role,
        AutoName(64),
        replace_on=("name", "namePrefix", "path"),
        updates=(
            UpdateRule(("assumeRolePolicy",), _trust),
            UpdateRule(("description", "maxSessionDuration"), _description_and_duration),
            UpdateRule(("permissionsBoundary",), _boundary),
            UpdateRule(("managedPolicyArns",), _managed),
            UpdateRule(("inlinePolicies",), _inline),
            tags("TagRole", "UntagRole", "name"),
        ),
        end_only=("forceDetachPolicies",),
    ),
    ResourceType(
        "aws:iam/rolePolicy:RolePolicy",
        "iam",
        _role_policy,
        _delete_role_policy,
        AutoName(128),
        replace_on=("name", "namePrefix", "role"),
        updates=(UpdateRule(("policy",), whole(_role_policy)),),
    ),
    ResourceType(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "iam",
        _role_policy_attachment,
        _detach,
        replace_on=(ANY_PROPERTY,),
        id_property="policyArn",
    ),
)
