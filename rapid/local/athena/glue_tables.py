"""Databases, tables and partitions in the Glue Data Catalog, as DDL reads and writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from .errors import ErrorName, HiveFailedError, QueryFailedError, not_supported

DDL_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
_TABLE_INPUT = (
    "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "ViewOriginalText",
    "ViewExpandedText", "TableType", "Parameters",
)  # fmt: skip
_BATCH = 100


class GlueTables:
    """The catalog, with Glue's refusals told as Athena tells them."""

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def databases(self) -> list[str]:
        """Return the names of all databases."""
        return [found["Name"] for found in self._pages("get_databases", "DatabaseList")]

    def has_database(self, name: str) -> bool:
        """Whether a database exists."""
        return self._found(lambda: self._glue.get_database(Name=name)) is not None

    def tables(self, database: str) -> list[dict[str, Any]]:
        """Return all tables and views of a database; raises QueryFailedError if there is no such database."""
        if not self.has_database(database):
            raise HiveFailedError(
                ErrorName.SCHEMA_NOT_FOUND,
                f"FAILED: SemanticException [Error 10072]: Database does not exist: {database}",
            )
        return list(self._pages("get_tables", "TableList", DatabaseName=database))

    def find(self, database: str, name: str) -> dict[str, Any] | None:
        """Return a table's definition, None if it is missing."""
        found = self._found(lambda: self._glue.get_table(DatabaseName=database, Name=name))
        return found["Table"] if found else None

    def get(self, database: str, name: str) -> dict[str, Any]:
        """Return a table's definition; raises QueryFailedError if it is missing."""
        found = self.find(database, name)
        if found is None:
            message = f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}"
            raise HiveFailedError(ErrorName.TABLE_NOT_FOUND, message)
        return found

    def hive_table(self, database: str, name: str, statement: str) -> dict[str, Any]:
        """Return an external table's definition; raises QueryFailedError for a view or an Iceberg table."""
        found = self.get(database, name)
        if found.get("TableType") == "VIRTUAL_VIEW":
            raise not_supported(f"{statement} on a view")
        if is_iceberg(found):
            raise not_supported(f"{statement} on an Iceberg table")
        return found

    def create(self, database: str, definition: dict[str, Any]) -> None:
        """Make a table or a view."""
        self._call(self._glue.create_table, DatabaseName=database, TableInput=definition)

    def change(self, definition: dict[str, Any], **changes: Any) -> None:
        """Change parts of a table's definition."""
        changed = {**definition, **changes}
        written = {name: changed[name] for name in _TABLE_INPUT if changed.get(name) is not None}
        self._call(self._glue.update_table, DatabaseName=definition["DatabaseName"], TableInput=written)

    def delete(self, database: str, name: str) -> None:
        """Remove a table or a view from the catalog."""
        self._call(self._glue.delete_table, DatabaseName=database, Name=name)

    def create_database(self, definition: dict[str, Any]) -> None:
        """Make a database."""
        self._call(self._glue.create_database, DatabaseInput=definition)

    def delete_database(self, name: str) -> None:
        """Remove a database with all that is in it."""
        self._call(self._glue.delete_database, Name=name)

    def partitions(self, definition: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the partitions that are registered for a table."""
        return list(
            self._pages(
                "get_partitions", "Partitions", DatabaseName=definition["DatabaseName"], TableName=definition["Name"]
            )
        )

    def add_partitions(self, definition: dict[str, Any], added: list[tuple[list[str], str]]) -> list[list[str]]:
        """Register partitions (values, location); return the values of those that are there already."""
        present: list[list[str]] = []
        inputs = [
            {"Values": values, "StorageDescriptor": {**definition["StorageDescriptor"], "Location": location}}
            for values, location in added
        ]
        for start in range(0, len(inputs), _BATCH):
            answer = self._call(
                self._glue.batch_create_partition,
                DatabaseName=definition["DatabaseName"],
                TableName=definition["Name"],
                PartitionInputList=inputs[start : start + _BATCH],
            )
            present += [error["PartitionValues"] for error in answer.get("Errors", [])]
        return present

    def delete_partition(self, definition: dict[str, Any], values: list[str]) -> None:
        """Forget a partition."""
        self._call(
            self._glue.delete_partition,
            DatabaseName=definition["DatabaseName"],
            TableName=definition["Name"],
            PartitionValues=values,
        )

    def _pages(self, operation: str, member: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        try:
            for page in self._glue.get_paginator(operation).paginate(**arguments):
                yield from page[member]
        except ClientError as error:
            _refuse(error)

    def _found(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            _refuse(error)

    def _call(self, operation: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any]:
        try:
            return operation(**arguments)
        except ClientError as error:
            _refuse(error)


def is_iceberg(definition: dict[str, Any]) -> bool:
    """Whether a table is an Iceberg table."""
    return bool(definition.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG")


def _refuse(error: ClientError) -> NoReturn:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code == "AccessDeniedException":
        raise QueryFailedError(ErrorName.PERMISSION_DENIED, message) from None
    raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, f"{DDL_TASK} {code}(message:{message})") from None
