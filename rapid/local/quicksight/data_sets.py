"""Data sets: one table or one query of a data source each, imported into SPICE or asked at each view.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateDataSet.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..service_error import unsupported
from .errors import invalid, not_found, only
from .permissions import Permissions
from .registry import DATA_SET, DATA_SOURCE, Operations, Registry, Resource

SPICE = "SPICE"
GRANT = "GRANT_ACCESS"
# https://docs.aws.amazon.com/quicksight/latest/APIReference/API_RowLevelPermissionDataSet.html: FormatVersion.
NAMES_BY_FORMAT = {"VERSION_1": ("UserName", "GroupName"), "VERSION_2": ("UserARN", "GroupARN")}
_TYPES = ("STRING", "INTEGER", "DECIMAL", "DATETIME")
_MEMBERS = (
    "AwsAccountId",
    "DataSetId",
    "DataSetUsageConfiguration",
    "ImportMode",
    "Name",
    "Permissions",
    "PhysicalTableMap",
    "RowLevelPermissionDataSet",
    "Tags",
    "UseAs",
)
_KEPT = ("PhysicalTableMap", "ImportMode", "RowLevelPermissionDataSet", "DataSetUsageConfiguration", "UseAs")
_RULES = "RLS_RULES"
_INITIAL, _EDIT = "INITIAL_INGESTION", "EDIT"


@dataclass(frozen=True)
class Source:
    """Where the rows of a data set come from: a table, or a query in parentheses, with the columns that are taken."""

    table_id: str
    """By what the data set calls it; one that is called otherwise is another one."""
    data_source_arn: str
    relation: str
    """In Athena's SQL."""
    columns: Mapping[str, str]
    """QuickSight's types by name."""


def source_of(content: Mapping[str, Any]) -> Source:
    """The source of a data set as it was deployed."""
    ((table_id, table),) = content["PhysicalTableMap"].items()
    if "CustomSql" in table:
        query = table["CustomSql"]
        columns = query["Columns"]
        relation = f"(\n{query['SqlQuery']}\n) AS {quoted('query')}"
    else:
        query = table["RelationalTable"]
        columns = query["InputColumns"]
        relation = ".".join(quoted(query[name]) for name in ("Catalog", "Schema", "Name") if query.get(name))
    return Source(table_id, query["DataSourceArn"], relation, {column["Name"]: column["Type"] for column in columns})


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


class DataSets:
    """Answers requests about data sets; `begin` starts an import for a reason, and says its id and ARN."""

    def __init__(
        self,
        registry: Registry,
        permissions: Permissions,
        begin: Callable[[Resource, str], tuple[str, str]],
        forget: Callable[[Resource], None],
    ) -> None:
        self._registry = registry
        self._permissions = permissions
        self._begin = begin
        self._forget = forget
        self.operations: Operations = {
            "CreateDataSet": self._create,
            "DeleteDataSet": self._delete,
            "DescribeDataSet": lambda asked: {"DataSet": _shown(self._found(asked))},
            "ListDataSets": lambda asked: {"DataSetSummaries": [_summary(it) for it in registry.all(DATA_SET)]},
            "UpdateDataSet": self._update,
        }

    def _found(self, asked: Mapping[str, Any]) -> Resource:
        return self._registry.find(DATA_SET, asked["DataSetId"])

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._registry.lock:
            self._registry.check_absent(DATA_SET, asked["DataSetId"])
            self._check(asked)
            self._permissions.check(DATA_SET, asked.get("Permissions") or [])
            made = self._registry.add(DATA_SET, asked)
        return self._imported(made, _INITIAL)

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        with self._registry.lock:
            found = self._found(asked)
            self._check(asked)
            before = found.content
            # What a data set is used as is said when it is made.
            self._registry.change(found, {"UseAs": before.get("UseAs"), **asked})
        if before["ImportMode"] == SPICE and source_of(before) == source_of(found.content):
            return {"Arn": found.arn, "DataSetId": found.id}
        return self._imported(found, _EDIT)

    def _imported(self, found: Resource, reason: str) -> dict[str, Any]:
        answer = {"Arn": found.arn, "DataSetId": found.id}
        if found.content["ImportMode"] != SPICE:
            return answer
        ingestion_id, ingestion_arn = self._begin(found, reason)
        return {**answer, "IngestionId": ingestion_id, "IngestionArn": ingestion_arn}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._found(asked)
        self._registry.remove(found)
        self._forget(found)
        return {"Arn": found.arn, "DataSetId": found.id}

    def _check(self, asked: Mapping[str, Any]) -> None:
        only(asked, _MEMBERS, "data sets")
        if len(asked["PhysicalTableMap"]) != 1:
            raise unsupported(f"data sets of {len(asked['PhysicalTableMap'])} physical tables, but of one alone")
        for id_, table in asked["PhysicalTableMap"].items():
            only(table, ("RelationalTable", "CustomSql"), "physical tables")
            if len(table) != 1:
                raise invalid(f"PhysicalTable {id_} must have exactly one of RelationalTable and CustomSql")
            if "CustomSql" in table and not table["CustomSql"].get("Columns"):
                raise invalid(f"PhysicalTable {id_}: CustomSql must have Columns")
        source = source_of(asked)
        if self._registry.of_arn(source.data_source_arn) is None:
            raise not_found(DATA_SOURCE.name, source.data_source_arn)
        ((_, table),) = asked["PhysicalTableMap"].items()
        (details,) = table.values()
        _check_columns(details.get("InputColumns") or details.get("Columns") or [])
        rules = asked.get("RowLevelPermissionDataSet")
        if rules:
            self._check_rules(rules, source)

    def _check_rules(self, rules: Mapping[str, Any], source: Source) -> None:
        if rules["PermissionPolicy"] != GRANT:
            # "not supported for new RLS datasets"
            raise invalid(f"PermissionPolicy {rules['PermissionPolicy']} is not supported for new RLS datasets")
        found = self._registry.of_arn(rules["Arn"])
        if found is None or found.kind is not DATA_SET:
            raise not_found(DATA_SET.name, rules["Arn"])
        if found.content.get("UseAs") != _RULES:
            raise invalid(f"The permissions dataset {found.id} must be made with UseAs {_RULES}")
        names = NAMES_BY_FORMAT[rules.get("FormatVersion") or "VERSION_1"]
        columns = source_of(found.content).columns
        if not columns.keys() & set(names):
            raise invalid(f"The permissions dataset {found.id} must have the column {' or '.join(names)}")
        for name in columns.keys() - set(names):
            if source.columns.get(name) != "STRING":
                raise invalid(f"The column {name} of the permissions dataset {found.id} is no STRING of this dataset")


def _check_columns(columns: list[Mapping[str, str]]) -> None:
    names = [column["Name"] for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"Column name {name} is used more than once")
    for column in columns:
        if column["Type"] not in _TYPES:
            raise unsupported(f"columns of the type {column['Type']}, but those of {', '.join(_TYPES)} alone")


def _shown(found: Resource) -> dict[str, Any]:
    content = found.content
    columns = source_of(content).columns
    return {
        "Arn": found.arn,
        "DataSetId": found.id,
        "Name": content["Name"],
        "CreatedTime": found.created,
        "LastUpdatedTime": found.updated,
        "OutputColumns": [{"Name": name, "Type": type_} for name, type_ in columns.items()],
        **{name: content[name] for name in _KEPT if name in content},
    }


def _summary(found: Resource) -> dict[str, Any]:
    rules = found.content.get("RowLevelPermissionDataSet")
    return {
        "Arn": found.arn,
        "DataSetId": found.id,
        "Name": found.content["Name"],
        "CreatedTime": found.created,
        "LastUpdatedTime": found.updated,
        "ImportMode": found.content["ImportMode"],
        **({"RowLevelPermissionDataSet": rules} if rules else {}),
        "RowLevelPermissionTagConfigurationApplied": False,
        "ColumnLevelPermissionRulesApplied": False,
    }
