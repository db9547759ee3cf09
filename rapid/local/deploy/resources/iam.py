"""IAM: roles and the policies on them."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.naming import AutoName


def _role(creation: Creation) -> Created:
    creation.take("forceDetachPolicies")  # speaks of the role's end, which creation does not meet
    managed_policy_arns = creation.take_list("managedPolicyArns")
    inline = {"inlinePolicies.name": "PolicyName", "inlinePolicies.policy": "PolicyDocument"}
    inline_policies = [
        creation.convert("PutRolePolicy", policy, inline, "inlinePolicies")
        for policy in creation.take_list("inlinePolicies")
    ]
    renames = {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}
    role = creation.call("CreateRole", **creation.convert("CreateRole", creation.rest(), renames))["Role"]
    name = role["RoleName"]
    for arn in managed_policy_arns:
        creation.call("AttachRolePolicy", RoleName=name, PolicyArn=arn)
    for policy in inline_policies:
        creation.call("PutRolePolicy", RoleName=name, **policy)
    return Created(name, {"arn": role["Arn"], "uniqueId": role["RoleId"], "createDate": role["CreateDate"].isoformat()})


def _role_policy(creation: Creation) -> Created:
    renames = {"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"}
    parameters = creation.convert("PutRolePolicy", creation.rest(), renames)
    creation.call("PutRolePolicy", **parameters)
    return Created(f"{parameters['RoleName']}:{parameters['PolicyName']}")


def _role_policy_attachment(creation: Creation) -> Created:
    parameters = creation.convert("AttachRolePolicy", creation.rest(), {"role": "RoleName"})
    creation.call("AttachRolePolicy", **parameters)
    return Created(f"{parameters['RoleName']}/{parameters['PolicyArn']}")


ROWS = (
    ResourceType("aws:iam/role:Role", "iam", _role, AutoName(64)),
    ResourceType("aws:iam/rolePolicy:RolePolicy", "iam", _role_policy, AutoName(128)),
    ResourceType("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "iam", _role_policy_attachment),
)
