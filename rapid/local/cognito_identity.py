"""Cognito identity pools: guests get an identity, and for it temporary credentials of the pool's role.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/Welcome.html; the enhanced flow alone:
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.sts.models import sts_backends
from werkzeug import Request, Response

from . import input_constraints
from .clients import ACCOUNT_ID, Clients
from .iam import identity_policy
from .server.planes import Forward
from .service_error import ServiceError

GUEST_SESSION_SECONDS = 3600
"""How long credentials of the enhanced flow are good for."""
SESSION_NAME = "CognitoIdentityCredentials"
_PROVIDER = "cognito-identity.amazonaws.com"
_POOL_NAME = re.compile(r"[\w\s+=,.@-]{1,128}")
_UNSUPPORTED = (
    "CognitoIdentityProviders",
    "DeveloperProviderName",
    "OpenIdConnectProviderARNs",
    "SamlProviderARNs",
    "SupportedLoginProviders",
)
GUEST_ACTIONS = (
    "firehose:*",
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptTo",
    "kms:ReEncryptFrom",
    "kms:GenerateDataKey*",
)
"""What guests may do at most, whatever their role says, with the services that the local cloud has.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonCognitoUnAuthedIdentitiesSessionPolicy.html
"""
_SESSION_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(GUEST_ACTIONS), "Resource": "*"}],
    }
)


class CognitoIdentityService:
    """All of the service; an operation that is not here is refused by name."""

    def __init__(self, clients: Clients) -> None:
        self._clients, self._region = clients, clients.region
        self._pools: dict[str, dict[str, Any]] = {}
        self._roles: dict[str, dict[str, str]] = {}
        self._identities: dict[str, str] = {}
        self._lock = threading.RLock()
        self._operations: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateIdentityPool": self._create,
            "DeleteIdentityPool": self._delete,
            "DescribeIdentityPool": self._describe,
            "GetCredentialsForIdentity": self._credentials,
            "GetId": self._id,
            "GetIdentityPoolRoles": self._get_roles,
            "ListIdentityPools": self._list,
            "SetIdentityPoolRoles": self._set_roles,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateIdentityPool": self._update,
        }

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        operation = self._operations.get(name)
        if operation is None:
            raise _unsupported(f"the operation {name}")
        input_constraints.check(
            self._clients.client("cognito-identity").meta.service_model, name, request, "ValidationException"
        )
        members = request.get_json(force=True, silent=True)
        if not isinstance(members, dict):
            raise ServiceError("SerializationException", "The request is no JSON object")
        with self._lock:
            answer = operation(members)
        return Response(json.dumps(answer), content_type="application/x-amz-json-1.1")

    def _create(self, members: dict[str, Any]) -> dict[str, Any]:
        pool_id = f"{self._region}:{uuid.uuid4()}"
        self._pools[pool_id] = {"IdentityPoolId": pool_id, **_pool(members)}
        return self._pools[pool_id]

    def _update(self, members: dict[str, Any]) -> dict[str, Any]:
        pool = self._pool(members)
        pool.update({"IdentityPoolId": members["IdentityPoolId"], **_pool(members)})
        return pool

    def _describe(self, members: dict[str, Any]) -> dict[str, Any]:
        return self._pool(members)

    def _delete(self, members: dict[str, Any]) -> dict[str, Any]:
        pool = self._pool(members)["IdentityPoolId"]
        del self._pools[pool]
        self._roles.pop(pool, None)
        self._identities = {identity: of for identity, of in self._identities.items() if of != pool}
        return {}

    def _list(self, _members: dict[str, Any]) -> dict[str, Any]:
        names = ("IdentityPoolId", "IdentityPoolName")
        return {"IdentityPools": [{name: pool[name] for name in names} for pool in self._pools.values()]}

    def _set_roles(self, members: dict[str, Any]) -> dict[str, Any]:
        if members.get("RoleMappings"):
            raise _unsupported("RoleMappings")
        self._roles[self._pool(members)["IdentityPoolId"]] = dict(members["Roles"])
        return {}

    def _get_roles(self, members: dict[str, Any]) -> dict[str, Any]:
        pool = self._pool(members)["IdentityPoolId"]
        return {"IdentityPoolId": pool, "Roles": self._roles.get(pool, {})}

    def _tag(self, members: dict[str, Any]) -> dict[str, Any]:
        self._tagged(members).update(members["Tags"])
        return {}

    def _untag(self, members: dict[str, Any]) -> dict[str, Any]:
        tags = self._tagged(members)
        for key in members["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _tagged(self, members: dict[str, Any]) -> dict[str, str]:
        pool = self._pool({"IdentityPoolId": members["ResourceArn"].rpartition("/")[2]})
        tags: dict[str, str] = pool.setdefault("IdentityPoolTags", {})
        return tags

    def _id(self, members: dict[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html."""
        if members.get("Logins"):
            raise _unsupported("Logins: guests alone get identities")
        pool = self._pool(members)
        if not pool["AllowUnauthenticatedIdentities"]:
            raise _no_guests()
        identity = f"{self._region}:{uuid.uuid4()}"
        self._identities[identity] = pool["IdentityPoolId"]
        return {"IdentityId": identity}

    def _credentials(self, members: dict[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html."""
        if members.get("Logins") or members.get("CustomRoleArn"):
            raise _unsupported("Logins and CustomRoleArn: guests alone get credentials")
        identity = members["IdentityId"]
        if identity not in self._identities:
            raise ServiceError("ResourceNotFoundException", f"Identity '{identity}' not found.")
        pool = self._identities[identity]
        if not self._pools[pool]["AllowUnauthenticatedIdentities"]:
            raise _no_guests()
        role_arn = self._roles.get(pool, {}).get("unauthenticated")
        policies = identity_policy.of_role(role_arn) if role_arn else None
        context = {f"{_PROVIDER}:aud": pool, f"{_PROVIDER}:sub": identity, f"{_PROVIDER}:amr": "unauthenticated"}
        if role_arn is None or policies is None or not policies.trusts_identity(_PROVIDER, context):
            raise ServiceError(
                "InvalidIdentityPoolConfigurationException",
                "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
            )
        granted = sts_backends[ACCOUNT_ID]["aws"].assume_role(
            region_name=self._region,
            role_session_name=SESSION_NAME,
            role_arn=role_arn,
            policy=_SESSION_POLICY,
            duration=GUEST_SESSION_SECONDS,
            external_id="",
        )
        return {
            "IdentityId": identity,
            "Credentials": {
                "AccessKeyId": granted.access_key_id,
                "SecretKey": granted.secret_access_key,
                "SessionToken": granted.session_token,
                "Expiration": granted.expiration.timestamp(),
            },
        }

    def _pool(self, members: Mapping[str, Any]) -> dict[str, Any]:
        found = self._pools.get(members["IdentityPoolId"])
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"IdentityPool '{members['IdentityPoolId']}' not found.")
        return found


def _pool(members: Mapping[str, Any]) -> dict[str, Any]:
    named = [name for name in _UNSUPPORTED if members.get(name)]
    if members.get("AllowClassicFlow"):
        named.append("AllowClassicFlow")
    if named:
        raise _unsupported(f"{', '.join(named)} of an identity pool")
    if not _POOL_NAME.fullmatch(members["IdentityPoolName"]):
        raise ServiceError("InvalidParameterException", "Invalid IdentityPoolName")
    return {
        "IdentityPoolName": members["IdentityPoolName"],
        "AllowUnauthenticatedIdentities": members["AllowUnauthenticatedIdentities"],
        "AllowClassicFlow": False,
        **({"IdentityPoolTags": dict(members["IdentityPoolTags"])} if members.get("IdentityPoolTags") else {}),
    }


def _no_guests() -> ServiceError:
    return ServiceError("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")


def _unsupported(what: str) -> ServiceError:
    return ServiceError("NotImplemented", f"The local cloud does not support this: cognito-identity: {what}", 501)
