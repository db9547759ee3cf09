"""What a sender presents at a source's path: nothing, an API key, a signature, or user name and password."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any, Protocol

from contracts import Authentication, Contract

from .errors import CommandError
from .target import Target

_SERVICE = "execute-api"
USER_VARIABLE, PASSWORD_VARIABLE = "RAPID_LDAP_USER", "RAPID_LDAP_PASSWORD"
"""A password on a command line could be read by everyone on the machine."""
SECRET_VARIABLE = "RAPID_SIGNING_SECRET"


class Credentials(Protocol):
    """What opens a path."""

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of one request, with those that it has anyway."""


class Anonymous:
    """Nothing: the path is open."""

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers as they are."""
        return dict(headers)


class ApiKey:
    """An API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, and `x-api-key`."""
        return {**headers, "x-api-key": self._key}


class Signature:
    """Signature Version 4 with the caller's own AWS credentials; temporary ones are renewed as they expire.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    """

    def __init__(self, credentials: Any, region: str) -> None:
        """`credentials` are botocore's."""
        self._credentials, self._region = credentials, region

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, all of them signed."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, data=body, headers=dict(headers))
        SigV4Auth(self._credentials.get_frozen_credentials(), _SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())


class Login:
    """User name and password, by HTTP Basic (https://www.rfc-editor.org/rfc/rfc7617)."""

    def __init__(self, user: str, password: str) -> None:
        self._encoded = base64.b64encode(f"{user}:{password}".encode()).decode()

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, and `Authorization`."""
        return {**headers, "Authorization": f"Basic {self._encoded}"}


class SignedBody:
    """A signature of each body, by the secret that the sender shares with the stack."""

    def __init__(self, header: str, secret: str) -> None:
        self._header, self._secret = header, secret.strip().encode()

    def headers(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers, and the signature."""
        return {**headers, self._header: "sha256=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest()}


def can_open(contract: Contract) -> bool:
    """Whether there is in the environment what the path of a source asks for."""
    match contract.authentication:
        case Authentication.LDAP:
            return has_login()
        case Authentication.SIGNATURE:
            return bool(os.environ.get(SECRET_VARIABLE))
        case _:
            return True


def has_login() -> bool:
    """Whether there are user name and password for paths that ask for LDAP."""
    return bool(os.environ.get(USER_VARIABLE) and os.environ.get(PASSWORD_VARIABLE))


def of(stack: Target, contract: Contract) -> Credentials:
    """What opens a source's path for this caller. Raises CommandError where there is none."""
    match contract.authentication:
        case Authentication.API_KEY:
            return ApiKey(stack.outputs["api_key"])
        case Authentication.IAM:
            return signature(stack, contract.path)
        case Authentication.LDAP:
            return _login(contract)
        case Authentication.SIGNATURE:
            return _signed_body(contract)
        case _:
            return Anonymous()


def _signed_body(contract: Contract) -> SignedBody:
    if not can_open(contract):
        raise CommandError(
            f"the path of {contract.source} wants each body signed with the secret of the output signing_secret_arns; "
            f"set {SECRET_VARIABLE} to the secret"
        )
    return SignedBody(contract.signature_header, os.environ[SECRET_VARIABLE])


def _login(contract: Contract) -> Login:
    if not has_login():
        raise CommandError(
            f"the path of {contract.source} wants user name and password of someone in the LDAP directory; "
            f"set {USER_VARIABLE} and {PASSWORD_VARIABLE}"
        )
    return Login(os.environ[USER_VARIABLE], os.environ[PASSWORD_VARIABLE])


def signature(stack: Target, path: str) -> Signature:
    """What opens a path that wants signatures. Raises CommandError where there are no credentials to sign with."""
    found, region = stack.credentials, stack.region
    if found is None or region is None:
        raise CommandError(
            f"the path {path} wants a signature, and there are no AWS credentials to sign with; "
            "`aws configure`, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY give some"
        )
    return Signature(found, region)
