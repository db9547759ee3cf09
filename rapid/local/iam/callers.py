"""Who a request comes from, by the access key that it is signed with."""

from dataclasses import dataclass
from datetime import datetime

from moto.sts.models import sts_backends

from ..clients import ACCESS_KEY_ID, ACCOUNT_ID

_PARTITION = "aws"
_SERVICE_SUFFIX = ".amazonaws.com"


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
    expires: datetime | None = None
    has_session_policy: bool = False

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


Caller = Administrator | Service | RoleSession

_ADMINISTRATOR = Administrator()


class Callers:
    """Finds callers; a role session is looked for in STS once."""

    def __init__(self) -> None:
        self._sessions: dict[str, RoleSession] = {}

    def find(self, access_key_id: str) -> Caller | None:
        """The caller who has an access key; None where the account has issued no such key."""
        if access_key_id == ACCESS_KEY_ID:
            return _ADMINISTRATOR
        if access_key_id.endswith(_SERVICE_SUFFIX):
            return Service(access_key_id)
        found = self._sessions.get(access_key_id)
        if found is None:
            issued = sts_backends[ACCOUNT_ID][_PARTITION].get_assumed_role_from_access_key(access_key_id)
            if issued is None:
                return None
            found = RoleSession(issued.role_arn, issued.session_name, issued.expiration, bool(issued.policy))
            self._sessions[access_key_id] = found
        return found
