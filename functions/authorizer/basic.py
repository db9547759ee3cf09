"""User name and password in an Authorization header: https://www.rfc-editor.org/rfc/rfc7617."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

# https://github.com/freeipa/freeipa/blob/master/ipalib/constants.py; nothing in it means anything in a DN or a filter.
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,253}[$]?")


class Login(NamedTuple):
    """Who someone says that they are."""

    user: str
    password: str


def read(event: Mapping[str, Any]) -> Login | None:
    """The login of a request; None where there is not exactly one, or it cannot be anyone's.

    An empty password is nobody's: a server would take it for a bind without a name, and that succeeds
    (https://www.rfc-editor.org/rfc/rfc4513#section-5.1.2).
    """
    headers = event.get("multiValueHeaders") or {}
    values = [value for name, given in headers.items() if name.lower() == "authorization" for value in given]
    if len(values) != 1:
        return None
    scheme, _, encoded = values[0].strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = _decoded(encoded.strip()).decode().partition(":")
    except (UnicodeError, binascii.Error, ValueError):
        return None
    if not colon or not password or "\x00" in password or not _USER.fullmatch(user):
        return None
    return Login(user.lower(), password)


def _decoded(encoded: str) -> bytes:
    """Base64, or its URL-safe form without padding: some senders allow few other characters in a header."""
    standard = encoded.translate(str.maketrans("-_", "+/"))
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
