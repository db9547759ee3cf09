"""boto3 clients for the local cloud, with the account's credentials or with those of a role."""

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials

ACCOUNT_ID = "123456789012"
"""The one account of the local cloud."""
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"
DEFAULT_REGION = "us-east-1"

_SESSION_NAME = "local-cloud"
_POOL_CONNECTIONS = 64
# Nothing of the user's own AWS configuration may reach the local cloud.
_ISOLATED: dict[str, tuple[Any, ...]] = {
    "profile": (None, [], None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Clients:
    """boto3 clients of one local cloud; each is made once and shared by threads."""

    def __init__(self, endpoint_url: str, region: str = DEFAULT_REGION) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._sessions: dict[str | None, Any] = {}
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

    def client(self, service: str, role_arn: str | None = None) -> Any:
        """The client of a service, acting as the account or, where a role is named, with its temporary credentials.

        A role's credentials come from STS when the client is first used.
        """
        key = (service, role_arn)
        found = self._clients.get(key)
        if found is None:
            # Making a client is slow and not thread-safe.
            with self._lock:
                found = self._clients.get(key)
                if found is None:
                    found = self._clients[key] = self._session(role_arn).client(
                        service, region_name=self.region, endpoint_url=self.endpoint_url, config=self._config
                    )
        return found

    def _session(self, role_arn: str | None) -> Any:
        if role_arn not in self._sessions:
            core = _new_session()
            core.register_component("data_loader", self._loader)
            if role_arn is None:
                core.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
            else:
                core._credentials = DeferredRefreshableCredentials(lambda: self._assume(role_arn), "assume-role")
            self._sessions[role_arn] = boto3.Session(botocore_session=core, region_name=self.region)
        return self._sessions[role_arn]

    def _assume(self, role_arn: str) -> dict[str, str]:
        granted = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=_SESSION_NAME)["Credentials"]
        return {
            "access_key": granted["AccessKeyId"],
            "secret_key": granted["SecretAccessKey"],
            "token": granted["SessionToken"],
            "expiry_time": granted["Expiration"].isoformat(),
        }


def _new_session() -> Any:
    return botocore.session.Session(session_vars=_ISOLATED)
