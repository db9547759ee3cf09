"""What the text of a value may be: functions from text to value, which raise ValueError with what it must be."""

import re
import ssl
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from components import log_group
from contracts.limits import SOURCE_PATTERN

_PRINCIPAL_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:(root|(user|role)/[\w+=,.@*?/-]+)")
"""What IAM takes in names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), `*` and `?`."""

_EMAIL = re.compile(r"[^\s@,;<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LDAP_URL = re.compile(r"ldaps://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9]\d{0,4})?")
_BASE_DN = re.compile(r"[A-Za-z]+=[A-Za-z0-9.-]+(,[A-Za-z]+=[A-Za-z0-9.-]+)*")

_Choice = TypeVar("_Choice", bound=Enum)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A whole number within limits."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?\d+", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def choice(choices: type[_Choice]) -> Callable[[str], _Choice]:
    """A member of an Enum, by its value."""

    def parse(text: str) -> _Choice:
        for each in choices:
            if each.value == text:
                return each
        raise ValueError(f"must be one of {', '.join(each.value for each in choices)}")

    return parse


def log_retention(text: str) -> int:
    """Days, as CloudWatch Logs has them."""
    if text not in {str(days) for days in log_group.RETENTION_DAYS}:
        raise ValueError(f"must be one of {', '.join(map(str, log_group.RETENTION_DAYS))}")
    return int(text)


def ldap_url(text: str) -> str:
    """The address of a directory."""
    if not _LDAP_URL.fullmatch(text):
        raise ValueError("must be ldaps:// and a host, with a port if it is not 636, such as ldaps://ipa.example.com")
    return text


def base_dn(text: str) -> str:
    """The suffix of a directory."""
    if not _BASE_DN.fullmatch(text):
        raise ValueError("must be a distinguished name such as dc=example,dc=com")
    return text


def certificate(text: str) -> str:
    """Certificates in PEM."""
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        raise ValueError("must be one or more certificates in PEM; give a file with: < ca.pem") from None
    return text


def email(text: str) -> str:
    """One e-mail address."""
    if not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address, such as operations@example.com")
    return text


def principals(text: str) -> tuple[str, ...]:
    """ARNs of roles, users or the root user, with commas between."""
    arns = tuple(arn.strip() for arn in text.split(","))
    for arn in arns:
        if not _PRINCIPAL_ARN.fullmatch(arn):
            raise ValueError(
                "must be ARNs of roles, users or the root user with commas between, such as "
                f"arn:aws:iam::123456789012:role/analyst-*, which {arn!r} is not; of a role's session it is the role's"
            )
    return arns


def sources(text: str) -> tuple[str, ...]:
    """Names of sources, with commas between."""
    found = tuple(part.strip() for part in text.split(","))
    if len(set(found)) != len(found) or not all(re.fullmatch(SOURCE_PATTERN, source) for source in found):
        raise ValueError("must be names of sources with commas between, each once, such as clickstream,feedback")
    return found
