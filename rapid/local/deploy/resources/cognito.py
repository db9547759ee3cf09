"""Cognito: identity pools, and the roles that their identities get."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, whole
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update

_RENAMES = {"openidConnectProviderArns": "OpenIdConnectProviderARNs", "samlProviderArns": "SamlProviderARNs"}
_SETTINGS = ("allowClassicFlow", "allowUnauthenticatedIdentities")


def _pool(creation: Creation) -> Created:
    made_tags = creation.take("tags")
    parameters = creation.convert("CreateIdentityPool", creation.rest(), _RENAMES)
    parameters.setdefault("AllowUnauthenticatedIdentities", False)
    if made_tags:
        parameters["IdentityPoolTags"] = made_tags
    pool = creation.call("CreateIdentityPool", **parameters)["IdentityPoolId"]
    cloud = creation.cloud
    arn = f"arn:aws:cognito-identity:{cloud.region}:{cloud.account_id}:identitypool/{pool}"
    return Created(pool, {"arn": arn})


def _update_pool(update: Update) -> None:
    # The operation takes the whole pool.
    whole_pool = {name: update.take(name, False) for name in _SETTINGS}
    whole_pool["identityPoolName"] = update.need("identityPoolName")
    update.call("UpdateIdentityPool", IdentityPoolId=update.id, **update.convert("UpdateIdentityPool", whole_pool))


def _delete_pool(deletion: Deletion) -> None:
    deletion.call("DeleteIdentityPool", IdentityPoolId=deletion.id)


def _roles(creation: Creation) -> Created:
    parameters = creation.convert("SetIdentityPoolRoles", creation.rest())
    creation.call("SetIdentityPoolRoles", **parameters)
    return Created(parameters["IdentityPoolId"])


def _forget_roles(deletion: Deletion) -> None:
    deletion.call("SetIdentityPoolRoles", IdentityPoolId=deletion.id, Roles={})


# What makes a replacement: internal/service/cognitoidentity/pool.go and pool_roles_attachment.go.
ROWS = (
    ResourceType(
        "aws:cognito/identityPool:IdentityPool",
        "cognito-identity",
        _pool,
        _delete_pool,
        replace_on=("identityPoolName", "developerProviderName"),
        updates=(UpdateRule(_SETTINGS, _update_pool), tags()),
        find=lambda made: made.listed(
            "ListIdentityPools", "IdentityPoolId", {"IdentityPoolName": "identityPoolName"}, MaxResults=60
        ),
    ),
    ResourceType(
        "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
        "cognito-identity",
        _roles,
        _forget_roles,
        replace_on=("identityPoolId",),
        updates=(UpdateRule(("roles",), whole(_roles)),),
        id_property="identityPoolId",
    ),
)
