"""Requests signed by hand, for what boto3 would not send."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .cloud_rig import REGION

ACCOUNT = Credentials("test", "test")


def signed(
    service: str,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    credentials: Credentials = ACCOUNT,
    region: str = REGION,
    age_seconds: float = 0,
) -> dict[str, str]:
    """The headers of a request as it is signed some time ago, or in the future."""
    request = AWSRequest(method, url, dict(headers or {}), body)
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, region)
    with _clock(age_seconds):
        signer.add_auth(request)
    return {"Host": urlsplit(url).netloc, **dict(request.headers.items())}


def link(
    service: str,
    method: str,
    url: str,
    *,
    credentials: Credentials = ACCOUNT,
    expires_seconds: int = 60,
    age_seconds: float = 0,
) -> str:
    """A link that is signed some time ago, or in the future."""
    request = AWSRequest(method, url)
    signer = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
    with _clock(age_seconds):
        signer(credentials, service, REGION, expires=expires_seconds).add_auth(request)
    return str(request.url)


def _clock(age_seconds: float) -> mock._patch:
    moment = datetime.now(UTC) - timedelta(seconds=age_seconds)
    return mock.patch.object(botocore.auth, "get_current_datetime", return_value=moment)
