"""Cognito: identity pools, and the roles that their identities get.

What makes a replacement: internal/service/cognitoidentity/pool.go and pool_roles_attachment.go.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.operations import Deletion
from rapid.local.deploy.resource_type import ResourceType, created, deleted, listed, sent, tags

_DEFAULTS = {"allowClassicFlow": False, "allowUnauthenticatedIdentities": False}

_set_roles = created("SetIdentityPoolRoles", "{IdentityPoolId}")


def _forget_roles(deletion: Deletion) -> dict[str, Any]:
    return deletion.call("SetIdentityPoolRoles", IdentityPoolId=deletion.id, Roles={})


ROWS = (
    ResourceType(
        "aws:cognito/identityPool:IdentityPool",
        "cognito-identity",
        created(
            "CreateIdentityPool",
            "{IdentityPoolId}",
            {"tags": "IdentityPoolTags"},
            {"arn": "arn:aws:cognito-identity:{region}:{account}:identitypool/{IdentityPoolId}"},
            defaults=_DEFAULTS,
        ),
        deleted("DeleteIdentityPool", IdentityPoolId="id"),
        replace_on=("identityPoolName", "developerProviderName"),
        updates=(tags(),),
        # The operation takes the whole pool.
        update=sent("UpdateIdentityPool", defaults=_DEFAULTS, place={"IdentityPoolId": "id"}),
        find=listed("ListIdentityPools", "IdentityPoolId", {"IdentityPoolName": "identityPoolName"}),
    ),
    ResourceType(
        "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
        "cognito-identity",
        _set_roles,
        _forget_roles,
        replace_on=("identityPoolId",),
        update=_set_roles,
        id_property="identityPoolId",
    ),
)
