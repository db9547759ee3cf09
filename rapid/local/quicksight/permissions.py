"""Whom a resource is shared with.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ResourcePermission.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from .errors import invalid, only
from .groups import Groups
from .registry import DASHBOARD, DATA_SET, DATA_SOURCE, THEME, Kind, Operations, Registry, Resource

QUERY = "quicksight:QueryDashboard"
_PREFIX = "quicksight:"
_READER = {"quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", QUERY}
_OWNER = {
    *_READER,
    "quicksight:UpdateDashboard",
    "quicksight:DeleteDashboard",
    "quicksight:UpdateDashboardPermissions",
    "quicksight:DescribeDashboardPermissions",
    "quicksight:UpdateDashboardPublishedVersion",
}
_LINKS = "quicksight:UpdateDashboardLinks"
# Those whose answer to a change tells the permissions.
_TOLD = (DASHBOARD, THEME)


def may_query(dashboard: Resource, principal_arn: str) -> bool:
    """Whether somebody may look at a dashboard."""
    return QUERY in dashboard.permissions.get(principal_arn, ())


class Permissions:
    """Answers requests about permissions."""

    def __init__(self, registry: Registry, groups: Groups) -> None:
        self._registry = registry
        self._groups = groups
        self.operations: Operations = {}
        for kind in (DASHBOARD, DATA_SET, DATA_SOURCE, THEME):
            self.operations |= {
                f"Describe{kind.name}Permissions": partial(self._describe, kind),
                f"Update{kind.name}Permissions": partial(self._update, kind),
            }

    def check(self, kind: Kind, grants: Iterable[Mapping[str, Any]]) -> None:
        """Raise ServiceError for a grant to somebody who is not there, or of actions that are not granted."""
        for grant in grants:
            self._groups.check(grant["Principal"])
            actions = {*grant["Actions"]}
            if kind is DASHBOARD and actions - {_LINKS} not in (_READER, _OWNER):
                raise invalid(f"The actions for {grant['Principal']} are neither those of a reader nor of an owner")
            if unknown := sorted(action for action in actions if not action.startswith(_PREFIX)):
                raise invalid(f"{', '.join(unknown)} is no action of QuickSight")

    def _describe(self, kind: Kind, asked: Mapping[str, Any]) -> dict[str, Any]:
        found = self._registry.find(kind, asked[f"{kind.name}Id"])
        return {**_named(found), "Permissions": _grants(found)}

    def _update(self, kind: Kind, asked: Mapping[str, Any]) -> dict[str, Any]:
        found = self._registry.find(kind, asked[f"{kind.name}Id"])
        known = ("AwsAccountId", f"{kind.name}Id", "GrantPermissions", "RevokePermissions")
        only(asked, known, f"permissions of {kind.name}")
        granted, revoked = asked.get("GrantPermissions") or [], asked.get("RevokePermissions") or []
        self.check(kind, granted)
        with self._registry.lock:
            for grant in revoked:
                left = [it for it in found.permissions.pop(grant["Principal"], []) if it not in grant["Actions"]]
                if left:
                    found.permissions[grant["Principal"]] = left
            for grant in granted:
                before = found.permissions.get(grant["Principal"], [])
                found.permissions[grant["Principal"]] = list(dict.fromkeys([*before, *grant["Actions"]]))
        return {**_named(found), **({"Permissions": _grants(found)} if kind in _TOLD else {})}


def _named(found: Resource) -> dict[str, Any]:
    return {f"{found.kind.name}Id": found.id, f"{found.kind.name}Arn": found.arn}


def _grants(found: Resource) -> list[dict[str, Any]]:
    return [{"Principal": who, "Actions": actions} for who, actions in found.permissions.items()]
