"""Who a request comes from, by the access key that it is signed with."""

import calendar
from dataclasses import dataclass

from moto.sts.models import sts_backends

from ..clients import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY, Credentials

_PARTITION = "aws"
_SERVICE_SUFFIX = ".amazonaws.com"

ACCESS_KEY = "rapid.local.access_key"
"""Where the environment of a request keeps the AccessKey that signed it."""


@dataclass(frozen=True)
class Administrator:
    """The account's own key: a person who deploys and looks; may do everything."""

    arn: str = f"arn:aws:iam::{ACCOUNT_ID}:root"


@dataclass(frozen=True)
class Service:
    """A service that is about to assume a role; it signs with its principal as the access key."""

    arn: str
    """The principal, such as `firehose.amazonaws.com`."""


@dataclass(frozen=True)
class RoleSession:
    """Temporary credentials of a role."""

    role_arn: str
    session_name: str
    session_policy: str = ""
    """A policy, as JSON, that limits the session; empty if none does."""

    @property
    def role_name(self) -> str:
        """The role's name, without its path."""
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """How AWS names the caller in its messages."""
        return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def principals(self) -> frozenset[str]:
        """What a resource's policy may call the caller."""
        return frozenset({self.role_arn, self.arn})


@dataclass(frozen=True)
class Anonymous:
    """Whoever sends a request without a signature."""

    arn: str = "anonymous"

    @property
    def principals(self) -> frozenset[str]:
        """No policy names one, other than by meaning everyone."""
        return frozenset({self.arn})


Caller = Administrator | Service | RoleSession


@dataclass(frozen=True)
class AccessKey:
    """An access key, and who it was issued to."""

    caller: Caller
    credentials: Credentials
    user_id: str
    """The caller's unique id: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""
    expires_at: float | None = None
    """Seconds since the epoch; None for a key that does not expire."""


_ACCOUNT_KEY = AccessKey(Administrator(), Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY), ACCOUNT_ID)


class Callers:
    """Finds access keys; a role session is looked for in STS once."""

    def __init__(self) -> None:
        self._sessions: dict[str, AccessKey] = {}

    def find(self, access_key_id: str) -> AccessKey | None:
        """An access key; None where the account has issued no such key."""
        if access_key_id == ACCESS_KEY_ID:
            return _ACCOUNT_KEY
        if access_key_id.endswith(_SERVICE_SUFFIX):
            return AccessKey(Service(access_key_id), Credentials(access_key_id, SECRET_ACCESS_KEY), access_key_id)
        found = self._sessions.get(access_key_id)
        if found is None:
            issued = sts_backends[ACCOUNT_ID][_PARTITION].get_assumed_role_from_access_key(access_key_id)
            if issued is None:
                return None
            found = self._sessions[access_key_id] = AccessKey(
                RoleSession(issued.role_arn, issued.session_name, issued.policy or ""),
                Credentials(access_key_id, issued.secret_access_key, issued.session_token),
                issued.user_id,
                calendar.timegm(issued.expiration.utctimetuple()),
            )
        return found
