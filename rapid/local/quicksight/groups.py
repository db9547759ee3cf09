"""Groups and users, which moto keeps: whether they exist, and what they are called."""

from __future__ import annotations

import re

from moto.quicksight.models import quicksight_backends

from ..clients import ACCOUNT_ID
from .errors import invalid, not_found

_PRINCIPAL = re.compile(
    r"arn:aws:quicksight:[\w-]+:(?P<account>\d{12}):(?P<kind>group|user)/(?P<space>[^/]+)/(?P<name>.+)"
)


class Groups:
    """The groups of the account's namespace."""

    space = "default"
    """The namespace's name."""

    def __init__(self, region: str) -> None:
        self._region = region

    def names(self) -> list[str]:
        """All of them."""
        backend = quicksight_backends[ACCOUNT_ID][self._region]
        return sorted(group.group_name for group in backend.groups.values())

    def arn(self, name: str) -> str:
        """The ARN of a group. Raises ServiceError where there is none of this name."""
        if name not in self.names():
            raise not_found("Group", name)
        return f"arn:aws:quicksight:{self._region}:{ACCOUNT_ID}:group/{self.space}/{name}"

    def check(self, principal_arn: str) -> None:
        """Raise ServiceError where there is no group or user of this ARN."""
        backend = quicksight_backends[ACCOUNT_ID][self._region]
        known = {"group": {*backend.groups}, "user": {*backend.users}}
        match = _PRINCIPAL.fullmatch(principal_arn)
        if not match or ":".join(match.group("account", "space", "name")) not in known[match["kind"]]:
            raise invalid(f"Principal {principal_arn} is not found")
