"""boto3 clients for the local cloud, with the account's credentials or with those of a role."""

import copy
import os
import threading
from typing import Any, NamedTuple

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials

from .. import answer_times

ACCOUNT_ID = "123456789012"
"""The one account of the local cloud."""
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"
DEFAULT_REGION = "us-east-1"

_SESSION_NAME = "local-cloud"
_POOL_CONNECTIONS = 64
# Temporary credentials are new each hour, and their clients take megabytes.
_MAX_CALLERS = 16
# Nothing of the user's own AWS configuration may reach the local cloud.
_ISOLATED: dict[str, tuple[Any, ...]] = {
    "profile": (None, [], None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Credentials(NamedTuple):
    """What requests are signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


_ACCOUNT = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)


class Clients:
    """boto3 clients of one local cloud; each is made once and shared by threads."""

    def __init__(self, endpoint_url: str, region: str = DEFAULT_REGION) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._credentials = self._assuming = _ACCOUNT
        self._clients: dict[tuple[str, str | None, Credentials], Any] = {}
        self._sessions: dict[tuple[str | None, Credentials], Any] = {}
        self._callers: dict[Credentials, Clients] = {}
        self._loader = _new_session().get_component("data_loader")
        self._lock = threading.RLock()
        self._config = Config(
            max_pool_connections=_POOL_CONNECTIONS,
            proxies={},
            retries={"mode": "standard", "total_max_attempts": 3},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
        )

    def of_service(self, principal: str) -> "Clients":
        """The same clients, but roles are assumed as a service, such as `firehose.amazonaws.com`, does it."""
        clients = copy.copy(self)
        # A service has no key of its own; its principal stands for one.
        clients._assuming = Credentials(principal, SECRET_ACCESS_KEY)
        return clients

    def of_caller(self, credentials: Credentials) -> "Clients":
        """The same clients, but acting with the credentials of who sent a request; kept for the latest callers."""
        with self._lock:
            clients = self._callers.pop(credentials, None)
            if clients is None:
                clients = copy.copy(self)
                clients._credentials = clients._assuming = credentials
                clients._clients, clients._sessions = {}, {}
            if len(self._callers) >= _MAX_CALLERS:
                del self._callers[next(iter(self._callers))]
            self._callers[credentials] = clients
        return clients

    def client(self, service: str, role_arn: str | None = None) -> Any:
        """The client of a service, acting as itself or, where a role is named, with the role's temporary credentials.

        A role's credentials come from STS when the client is first used; ClientError if the role may not be assumed.
        """
        return self._client(service, role_arn, self._assuming if role_arn else self._credentials)

    def assume(self, role_arn: str, session_name: str, duration_seconds: int = 3600) -> dict[str, Any]:
        """Temporary credentials of a role, as STS gives them. Raises ClientError if the role may not be assumed."""
        granted = self._client("sts", None, self._assuming).assume_role(
            RoleArn=role_arn, RoleSessionName=session_name, DurationSeconds=duration_seconds
        )
        credentials: dict[str, Any] = granted["Credentials"]
        return credentials

    def _client(self, service: str, role_arn: str | None, credentials: Credentials) -> Any:
        key = (service, role_arn, credentials)
        found = self._clients.get(key)
        if found is None:
            # Making a client is slow and not thread-safe.
            with self._lock:
                found = self._clients.get(key)
                if found is None:
                    found = self._clients[key] = self._session(role_arn, credentials).client(
                        service, region_name=self.region, endpoint_url=self.endpoint_url, config=self._config
                    )
        return found

    def _session(self, role_arn: str | None, credentials: Credentials) -> Any:
        key = (role_arn, credentials)
        if key not in self._sessions:
            core = _new_session()
            core.register_component("data_loader", self._loader)
            if role_arn is None:
                core.set_credentials(*credentials)
            else:
                core._credentials = DeferredRefreshableCredentials(lambda: self._granted(role_arn), "assume-role")
            self._sessions[key] = boto3.Session(botocore_session=core, region_name=self.region)
        return self._sessions[key]

    def _granted(self, role_arn: str) -> dict[str, str]:
        granted = self.assume(role_arn, _SESSION_NAME)
        return {
            "access_key": granted["AccessKeyId"],
            "secret_key": granted["SecretAccessKey"],
            "token": granted["SessionToken"],
            "expiry_time": granted["Expiration"].isoformat(),
        }


def _new_session() -> Any:
    return answer_times.read_by(botocore.session.Session(session_vars=_ISOLATED))
