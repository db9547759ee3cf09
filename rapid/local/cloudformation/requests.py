"""Requests in the query protocol: flat names such as `Parameters.member.1.ParameterKey`.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from rapid.local.cloudformation.errors import not_supported, validation_error
from rapid.local.input_constraints import violation

_PAIRS = re.compile(r"^(\w+)\.member\.(\d+)\.(\w+)$")


class Arguments:
    """The arguments of one request."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = {name: value for name, value in form.items() if name not in ("Action", "Version")}

    def allow(self, *names: str) -> None:
        """Refuse by name every argument beside these."""
        for given in self._form:
            name = given.split(".", 1)[0]
            if name not in names:
                raise not_supported(f"the parameter {name} of this action")

    def has(self, name: str) -> bool:
        """Whether an argument was given, be it an empty list."""
        return any(given.split(".", 1)[0] == name for given in self._form)

    def get(self, name: str) -> str | None:
        """Return an argument, or None where it was not given."""
        return self._form.get(name)

    def need(self, name: str) -> str:
        """Return an argument; raises ServiceError where it was not given."""
        value = self._form.get(name)
        if not value:
            member = name[0].lower() + name[1:]
            raise validation_error(violation(None, member, "Member must not be null"))
        return value

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """Return one of the values allowed; raises ServiceError for any other."""
        value = self._form.get(name, default)
        if value not in allowed:
            member = name[0].lower() + name[1:]
            values = ", ".join(sorted(allowed))
            raise validation_error(violation(value, member, f"Member must satisfy enum value set: [{values}]"))
        return value

    def pairs(self, name: str, key: str, value: str) -> dict[str, str]:
        """Return a list of pairs, such as tags, as a dictionary."""
        members: dict[str, dict[str, str]] = {}
        for given, text in self._form.items():
            match = _PAIRS.match(given)
            if match and match[1] == name:
                members.setdefault(match[2], {})[match[3]] = text
        for member in members.values():
            for field in member:
                if field not in (key, value):
                    raise not_supported(f"{field} in {name}")
        return {member.get(key, ""): member.get(value, "") for member in members.values()}
