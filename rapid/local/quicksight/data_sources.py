"""Data sources: Athena, asked with a role.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDataSource.html. Whether the role may be assumed
shows when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..service_error import unsupported
from .errors import only
from .permissions import Permissions
from .registry import DATA_SOURCE, Operations, Registry, Resource

_MEMBERS = ("AwsAccountId", "DataSourceId", "Name", "Type", "DataSourceParameters", "SslProperties", "Permissions")
_STATUS = "CREATION_SUCCESSFUL"


class DataSources:
    """Answers requests about data sources."""

    def __init__(self, registry: Registry, permissions: Permissions) -> None:
        self._registry = registry
        self._permissions = permissions
        self.operations: Operations = {
            "CreateDataSource": self._create,
            "DeleteDataSource": self._delete,
            "DescribeDataSource": lambda asked: {"DataSource": _shown(self._found(asked))},
            "ListDataSources": lambda asked: {"DataSources": [_shown(it) for it in registry.all(DATA_SOURCE)]},
            "UpdateDataSource": self._update,
        }

    def _found(self, asked: Mapping[str, Any]) -> Resource:
        return self._registry.find(DATA_SOURCE, asked["DataSourceId"])

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        _check(asked, asked["Type"])
        self._permissions.check(DATA_SOURCE, asked.get("Permissions") or [])
        made = self._registry.add(DATA_SOURCE, asked)
        return {"Arn": made.arn, "DataSourceId": made.id, "CreationStatus": _STATUS}

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        _check(asked, found.content["Type"])
        self._registry.change(found, {**found.content, **asked})
        return {"Arn": found.arn, "DataSourceId": found.id, "UpdateStatus": "UPDATE_SUCCESSFUL"}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        self._registry.remove(found)
        return {"Arn": found.arn, "DataSourceId": found.id}


def _check(asked: Mapping[str, Any], type_: str) -> None:
    if type_ != "ATHENA":
        raise unsupported(f"data sources of the type {type_}, but those of ATHENA alone")
    only(asked, (*_MEMBERS, "Tags"), "data sources")
    only(asked.get("DataSourceParameters") or {}, ("AthenaParameters",), "data sources of ATHENA")
    parameters = (asked.get("DataSourceParameters") or {}).get("AthenaParameters") or {}
    only(parameters, ("WorkGroup", "RoleArn"), "AthenaParameters")


def _shown(found: Resource) -> dict[str, Any]:
    content = found.content
    return {
        "Arn": found.arn,
        "DataSourceId": found.id,
        "Name": content["Name"],
        "Type": content["Type"],
        "Status": _STATUS,
        "CreatedTime": found.created,
        "LastUpdatedTime": found.updated,
        **{name: content[name] for name in ("DataSourceParameters", "SslProperties") if name in content},
    }
