"""IAM: roles and the policies on them. What makes a replacement: internal/service/iam/role.go and role_policy.go."""

from __future__ import annotations

from rapid.local.deploy.resource_type import AutoName, ResourceType, changed, created, deleted, tags

_put_policy = created(
    "PutRolePolicy",
    "{RoleName}:{PolicyName}",
    {"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"},
)

ROWS = (
    ResourceType(
        "aws:iam/role:Role",
        "iam",
        created(
            "CreateRole",
            "{RoleName}",
            {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
            {"arn": "{Role[Arn]}"},
        ),
        deleted("DeleteRole", RoleName="id"),
        AutoName(64),
        replace_on=("name", "namePrefix", "path"),
        updates=(
            changed(
                "UpdateAssumeRolePolicy",
                {"RoleName": "id"},
                {"assumeRolePolicy": ...},
                {"assumeRolePolicy": "PolicyDocument"},
            ),
            changed("UpdateRole", {"RoleName": "id"}, {"description": "", "maxSessionDuration": 3600}),
            tags("TagRole", "UntagRole", "name"),
        ),
    ),
    ResourceType(
        "aws:iam/rolePolicy:RolePolicy",
        "iam",
        _put_policy,
        deleted("DeleteRolePolicy", RoleName="role", PolicyName="name"),
        AutoName(128),
        replace_on=("name", "namePrefix", "role"),
        update=_put_policy,
    ),
)
