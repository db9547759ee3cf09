"""The signature of a request as its Authorization header or, in a link signed beforehand, its query string has it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from .refusals import Fault, RefusedSignatureError

ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER = re.compile(
    rf"{ALGORITHM} +Credential=(?P<Credential>[^,\s]+),\s*SignedHeaders=(?P<SignedHeaders>[^,\s]+),\s*"
    r"Signature=(?P<Signature>[0-9a-f]+)"
)
_SCOPE = re.compile(r"Credential=[^/\s]+/[^/]*/[^/]*/(?P<service>[^/,\s&]+)/")
_LINK_PARAMETERS = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
_MAX_LINK_SECONDS = 604_800
_CREDENTIAL_PARTS = 5
_FORM = "application/x-www-form-urlencoded"
_OLD = ("AWS ", "AWSAccessKeyId=")


@dataclass(frozen=True)
class Signature:
    """What a signed request claims; nothing of it is verified yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: str
    """Names in small letters, separated by semicolons."""
    value: str
    timestamp: str
    """When it was signed, as `20261122T181500Z`."""
    link_seconds: int | None
    """How long a link is good for; None for a header."""
    session_token: str | None


# Its operations for guests are called without a signature.
_COGNITO_IDENTITY = "AWSCognitoIdentityService."


def claimed_service(environ: Mapping[str, Any]) -> str:
    """The signing name of the service that a request is for; what does not say it is for S3, or a form for no one."""
    query = environ.get("QUERY_STRING", "")
    found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION") or unquote(query))
    if found:
        return found["service"].lower()
    if environ.get("HTTP_X_AMZ_TARGET", "").startswith(_COGNITO_IDENTITY):
        return "cognito-identity"
    return "" if "Action=" in query or environ.get("CONTENT_TYPE", "").startswith(_FORM) else "s3"


def read(environ: Mapping[str, Any]) -> Signature | None:
    """The signature of a request; None where it has none. Raises RefusedSignatureError."""
    authorization, query = environ.get("HTTP_AUTHORIZATION"), environ.get("QUERY_STRING", "")
    if (authorization or "").startswith(_OLD[0]) or _OLD[1] in query:
        raise RefusedSignatureError(Fault.OLD_VERSION, _missing(authorization or "", None))
    if authorization is not None:
        return _of_header(authorization, environ)
    return _of_link(query) if "X-Amz-Algorithm=" in query or "X-Amz-Signature=" in query else None


def of_form(fields: Mapping[str, str]) -> Signature:
    """The signature of a form that is posted to a bucket; it signs the form's policy. Raises RefusedSignatureError.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
    """
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise RefusedSignatureError(Fault.OLD_VERSION)
    return Signature(
        *_credential(fields["x-amz-credential"], Fault.INCOMPLETE_LINK),
        "",
        fields["x-amz-signature"],
        fields["x-amz-date"],
        None,
        fields.get("x-amz-security-token"),
    )


def _of_header(authorization: str, environ: Mapping[str, Any]) -> Signature:
    timestamp = environ.get("HTTP_X_AMZ_DATE") or _timestamp(environ.get("HTTP_DATE"))
    found = _HEADER.fullmatch(authorization)
    if found is None or timestamp is None:
        raise RefusedSignatureError(Fault.INCOMPLETE, _missing(authorization, timestamp))
    return Signature(
        *_credential(found["Credential"], Fault.INCOMPLETE),
        found["SignedHeaders"],
        found["Signature"],
        timestamp,
        None,
        environ.get("HTTP_X_AMZ_SECURITY_TOKEN"),
    )


def _of_link(query: str) -> Signature:
    given = dict(parse_qsl(query, keep_blank_values=True))
    if not all(given.get(f"X-Amz-{name}") for name in _LINK_PARAMETERS):
        names = [f"X-Amz-{name}" for name in _LINK_PARAMETERS]
        message = (
            f"Query-string authentication version 4 requires the {', '.join(names[:-1])}, and {names[-1]} parameters."
        )
        raise RefusedSignatureError(Fault.INCOMPLETE_LINK, message)
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise RefusedSignatureError(Fault.INCOMPLETE_LINK, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    expires = given["X-Amz-Expires"]
    if not expires.isdecimal():
        raise RefusedSignatureError(Fault.INCOMPLETE_LINK, "X-Amz-Expires should be a number")
    if int(expires) > _MAX_LINK_SECONDS:
        message = (
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than"
        )
        raise RefusedSignatureError(Fault.INCOMPLETE_LINK, f"{message} {_MAX_LINK_SECONDS} seconds")
    return Signature(
        *_credential(given["X-Amz-Credential"], Fault.INCOMPLETE_LINK),
        given["X-Amz-SignedHeaders"],
        given["X-Amz-Signature"],
        given["X-Amz-Date"],
        int(expires),
        given.get("X-Amz-Security-Token"),
    )


def _credential(text: str, fault: Fault) -> tuple[str, str, str, str, str]:
    parts = text.split("/")
    if len(parts) != _CREDENTIAL_PARTS:
        message = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
        raise RefusedSignatureError(fault, f"{message}'{text}'")
    access_key_id, date, region, service, terminator = parts
    return access_key_id, date, region, service, terminator


def _missing(authorization: str, timestamp: str | None) -> str:
    """What an Authorization header lacks; AWS shows a digest of the header, never itself."""
    digest = base64.b64encode(hashlib.sha256(authorization.encode()).digest()).decode()
    algorithm, _, rest = authorization.strip().partition(" ")
    pairs = [pair.strip() for pair in (rest or algorithm).split(",")]
    if any("=" not in pair for pair in pairs):
        where = "in Authorization header (hashed with SHA-256 and encoded with Base64)"
        return f"Invalid key=value pair (missing equal-sign) {where}: '{digest}'."
    given = {pair.partition("=")[0] for pair in pairs if pair.partition("=")[2]}
    lacking = [name for name in ("Credential", "Signature", "SignedHeaders") if name not in given]
    said = [f"Authorization header requires '{name}' parameter." for name in lacking]
    if timestamp is None:
        said.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if not said:
        return f"Unsupported AWS 'algorithm': '{algorithm}' (only {ALGORITHM} for now)."
    return f"{' '.join(said)} (Hashed with SHA-256 and encoded with Base64) Authorization={digest}"


def _timestamp(http_date: str | None) -> str | None:
    try:
        return f"{parsedate_to_datetime(http_date or '').astimezone(UTC):%Y%m%dT%H%M%SZ}"
    except ValueError:
        return None
