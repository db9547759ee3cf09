"""Dashboards: their definitions in full, and whom they are shared with.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDashboard.html. What the local cloud could not draw
is refused when a dashboard is made, rather than when somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..service_error import unsupported
from .data_sets import source_of
from .definition import read
from .definition.parts import Definition
from .errors import not_found, only
from .permissions import Permissions
from .registry import DASHBOARD, DATA_SET, Operations, Registry, Resource
from .themes import Themes

_MEMBERS = (
    "AwsAccountId",
    "DashboardId",
    "DashboardPublishOptions",
    "Definition",
    "Name",
    "Permissions",
    "Tags",
    "ThemeArn",
    "ValidationStrategy",
    "VersionDescription",
)
_ALIASES = ("$LATEST", "$PUBLISHED")
_CREATED = "CREATION_SUCCESSFUL"


def definition_of(content: Mapping[str, Any], registry: Registry) -> Definition:
    """The definition of a dashboard, over the data sets as they are. Raises ServiceError."""
    columns = {data_set.arn: source_of(data_set.content).columns for data_set in registry.all(DATA_SET)}
    return read(content["Definition"], columns)


class Dashboards:
    """Answers requests about dashboards."""

    def __init__(self, registry: Registry, permissions: Permissions, themes: Themes) -> None:
        self._registry = registry
        self._permissions = permissions
        self._themes = themes
        self.operations: Operations = {
            "CreateDashboard": self._create,
            "DeleteDashboard": self._delete,
            "DescribeDashboard": lambda asked: {"Dashboard": _shown(self._version(asked))},
            "DescribeDashboardDefinition": self._definition,
            "ListDashboards": lambda asked: {"DashboardSummaryList": [_summary(it) for it in registry.all(DASHBOARD)]},
            "UpdateDashboard": self._update,
            "UpdateDashboardPublishedVersion": self._publish,
        }

    def _found(self, asked: Mapping[str, Any]) -> Resource:
        return self._registry.find(DASHBOARD, asked["DashboardId"])

    def _version(self, asked: Mapping[str, Any]) -> Resource:
        """A dashboard whose last version is asked for, which is the published one, too."""
        found = self._found(asked)
        if asked.get("VersionNumber", found.version) != found.version:
            raise unsupported(f"the version {asked['VersionNumber']} of a dashboard, but the last one alone")
        if asked.get("AliasName") not in (None, *_ALIASES):
            raise not_found("Alias", asked["AliasName"])
        return found

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._registry.check_absent(DASHBOARD, asked["DashboardId"])
        self._check(asked)
        made = self._registry.add(DASHBOARD, asked)
        return {"Arn": made.arn, "VersionArn": made.version_arn, "DashboardId": made.id, "CreationStatus": _CREATED}

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        self._check(asked)
        self._registry.change(found, asked)
        return {"Arn": found.arn, "VersionArn": found.version_arn, "DashboardId": found.id, "CreationStatus": _CREATED}

    def _publish(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._version(asked)
        return {"DashboardId": found.id, "DashboardArn": found.arn}

    def _check(self, asked: Mapping[str, Any]) -> None:
        only(asked, _MEMBERS, "dashboards")
        if not asked.get("Definition"):
            raise unsupported("dashboards without a Definition")
        if (asked.get("ValidationStrategy") or {}).get("Mode") == "LENIENT":
            raise unsupported("the ValidationStrategy LENIENT, but STRICT alone")
        if asked.get("ThemeArn"):
            self._themes.check(asked["ThemeArn"])
        self._permissions.check(DASHBOARD, asked.get("Permissions") or [])
        definition_of(asked, self._registry)

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        self._registry.remove(found)
        return {"Arn": found.arn, "DashboardId": found.id}

    def _definition(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._version(asked)
        theme = found.content.get("ThemeArn")
        return {
            "DashboardId": found.id,
            "Name": found.content["Name"],
            "ResourceStatus": _CREATED,
            "Definition": found.content["Definition"],
            **({"ThemeArn": theme} if theme else {}),
        }


def _shown(found: Resource) -> dict[str, Any]:
    content = found.content
    definition = content["Definition"]
    version: dict[str, Any] = {
        "CreatedTime": found.updated,
        "VersionNumber": found.version,
        "Status": _CREATED,
        "Arn": found.version_arn,
        "DataSetArns": [it["DataSetArn"] for it in definition["DataSetIdentifierDeclarations"]],
        "Sheets": [
            {name: sheet[name] for name in ("SheetId", "Name") if name in sheet}
            for sheet in definition.get("Sheets") or []
        ],
    }
    if content.get("ThemeArn"):
        version["ThemeArn"] = content["ThemeArn"]
    return {
        "DashboardId": found.id,
        "Arn": found.arn,
        "Name": content["Name"],
        "Version": version,
        "CreatedTime": found.created,
        "LastPublishedTime": found.updated,
        "LastUpdatedTime": found.updated,
    }


def _summary(found: Resource) -> dict[str, Any]:
    return {
        "Arn": found.arn,
        "DashboardId": found.id,
        "Name": found.content["Name"],
        "CreatedTime": found.created,
        "LastUpdatedTime": found.updated,
        "PublishedVersionNumber": found.version,
        "LastPublishedTime": found.updated,
    }
