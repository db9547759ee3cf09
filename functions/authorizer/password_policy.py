"""What an LDAP server says of a password beside taking it: that it has expired, or that its account is locked.

The control: https://datatracker.ietf.org/doc/html/draft-behera-ldap-password-policy-10#section-6.2; the older one of
389 Directory Server, on which FreeIPA stands: https://datatracker.ietf.org/doc/html/draft-vchu-ldap-pwd-policy-00
"""

from collections.abc import Mapping
from typing import Any

REQUEST_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"
_EXPIRED_CONTROL = "2.16.840.1.113730.3.4.4"

_SEQUENCE, _WARNING, _ERROR, _GRACE_LOGINS = 0x30, 0xA0, 0x81, 0x81
_PASSWORD_EXPIRED, _ACCOUNT_LOCKED, _CHANGE_AFTER_RESET = 0, 1, 2
_REASONS = {
    _PASSWORD_EXPIRED: "password expired",
    _ACCOUNT_LOCKED: "account locked",
    _CHANGE_AFTER_RESET: "password must be changed",
}


class MalformedControlError(ValueError):
    """A control that is not as the draft says."""


def refusal(controls: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Why a login that was taken must not count; None if it may. Raises MalformedControlError."""
    if _EXPIRED_CONTROL in controls:
        return "password expired"
    value = controls.get(REQUEST_CONTROL, {}).get("value")
    return _refusal(bytes(value)) if value else None


def _refusal(value: bytes) -> str | None:
    for tag, content in _elements(_only(value, _SEQUENCE)):
        if tag == _WARNING and any(inner == _GRACE_LOGINS for inner, _ in _elements(content)):
            # The last logins that an expired password has, for changing it.
            return "password expired"
        if tag == _ERROR:
            return _REASONS.get(int.from_bytes(content, "big"), "refused by the password policy")
    return None


def _only(value: bytes, wanted: int) -> bytes:
    elements = _elements(value)
    if len(elements) != 1 or elements[0][0] != wanted:
        raise MalformedControlError("not one sequence")
    return elements[0][1]


def _elements(value: bytes) -> list[tuple[int, bytes]]:
    """The tags and contents of BER elements of less than 128 bytes, which is all that the control has."""
    found = []
    while value:
        if len(value) < 2 or value[1] > 127 or len(value) < 2 + value[1]:
            raise MalformedControlError("a length that cannot be")
        end = 2 + value[1]
        found.append((value[0], value[2:end]))
        value = value[end:]
    return found
