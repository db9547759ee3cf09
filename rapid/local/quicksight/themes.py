"""Themes, whose configuration is kept for whoever draws dashboards.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateTheme.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..service_error import unsupported
from .errors import conflict, not_found, only
from .permissions import Permissions
from .registry import DASHBOARD, THEME, Operations, Registry, Resource

_MEMBERS = (
    "AwsAccountId",
    "BaseThemeId",
    "Configuration",
    "Name",
    "Permissions",
    "Tags",
    "ThemeId",
    "VersionDescription",
)
# https://docs.aws.amazon.com/quicksight/latest/APIReference/API_ListThemes.html: the starter themes.
STARTERS = ("CLASSIC", "MIDNIGHT", "SEASIDE", "RAINIER")
_STARTER_ARN = "arn:aws:quicksight::aws:theme/"


class Themes:
    """Answers requests about themes."""

    def __init__(self, registry: Registry, permissions: Permissions) -> None:
        self._registry = registry
        self._permissions = permissions
        self.operations: Operations = {
            "CreateTheme": self._create,
            "DeleteTheme": self._delete,
            "DescribeTheme": lambda asked: {"Theme": _shown(self._found(asked))},
            "ListThemes": self._list,
            "UpdateTheme": self._update,
        }

    def check(self, arn: str) -> None:
        """Raise ServiceError if there is no theme with this ARN."""
        if arn.removeprefix(_STARTER_ARN) not in STARTERS and self._registry.of_arn(arn) is None:
            raise not_found("Theme", arn)

    def configuration(self, arn: str | None) -> Mapping[str, Any]:
        """The configuration of a theme, of one of AWS's own an empty one."""
        found = self._registry.of_arn(arn) if arn else None
        return found.content.get("Configuration") or {} if found else {}

    def _found(self, asked: Mapping[str, Any]) -> Resource:
        return self._registry.find(THEME, asked["ThemeId"])

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked.get("Type", "CUSTOM") != "CUSTOM":
            raise unsupported(f"a list of themes of the type {asked['Type']}, but CUSTOM alone")
        return {"ThemeSummaryList": [_summary(it) for it in self._registry.all(THEME)]}

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._check(asked)
        self._permissions.check(THEME, asked.get("Permissions") or [])
        made = self._registry.add(THEME, asked)
        return {
            "Arn": made.arn,
            "VersionArn": made.version_arn,
            "ThemeId": made.id,
            "CreationStatus": "CREATION_SUCCESSFUL",
        }

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        self._check(asked)
        self._registry.change(found, {**found.content, **asked})
        status = "CREATION_SUCCESSFUL"
        return {"Arn": found.arn, "VersionArn": found.version_arn, "ThemeId": found.id, "CreationStatus": status}

    def _check(self, asked: Mapping[str, Any]) -> None:
        only(asked, _MEMBERS, "themes")
        if asked["BaseThemeId"] not in STARTERS:
            self._registry.find(THEME, asked["BaseThemeId"])

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        if any(dashboard.content.get("ThemeArn") == found.arn for dashboard in self._registry.all(DASHBOARD)):
            raise conflict(f"Theme {found.id} is used by a dashboard")
        self._registry.remove(found)
        return {"Arn": found.arn, "ThemeId": found.id}


def _shown(found: Resource) -> dict[str, Any]:
    content = found.content
    return {
        "Arn": found.arn,
        "Name": content["Name"],
        "ThemeId": found.id,
        "Type": "CUSTOM",
        "CreatedTime": found.created,
        "LastUpdatedTime": found.updated,
        "Version": {
            "VersionNumber": found.version,
            "Arn": found.version_arn,
            "BaseThemeId": content["BaseThemeId"],
            "CreatedTime": found.updated,
            "Configuration": content.get("Configuration") or {},
            "Status": "CREATION_SUCCESSFUL",
        },
    }


def _summary(found: Resource) -> dict[str, Any]:
    return {
        "Arn": found.arn,
        "Name": found.content["Name"],
        "ThemeId": found.id,
        "LatestVersionNumber": found.version,
        "CreatedTime": found.created,
        "LastUpdatedTime": found.updated,
    }
