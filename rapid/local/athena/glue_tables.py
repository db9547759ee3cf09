"""Databases, tables and partitions in the Glue Data Catalog, as DDL reads and writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from .errors import ErrorName, HiveFailedError, QueryFailedError

DDL_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
NO_DATABASE = "FAILED: SemanticException [Error 10072]: Database does not exist: {}"
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
            raise HiveFailedError(ErrorName.SCHEMA_NOT_FOUND, NO_DATABASE.format(database))
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

    def create(self, database: str, definition: dict[str, Any]) -> None:
        """Make a table or a view."""
        self._call(self._glue.create_table, DatabaseName=database, TableInput=definition)

    def replace(self, database: str, definition: dict[str, Any]) -> None:
        """Make a table or a view anew."""
        self._call(self._glue.update_table, DatabaseName=database, TableInput=definition)

    def delete(self, database: str, name: str) -> None:
        """Remove a table or a view from the catalog."""
        self._call(self._glue.delete_table, DatabaseName=database, Name=name)

    def partitions(self, definition: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the partitions that are registered for a table."""
        return list(
            self._pages(
                "get_partitions", "Partitions", DatabaseName=definition["DatabaseName"], TableName=definition["Name"]
            )
        )

    def add_partitions(self, definition: dict[str, Any], added: Sequence[tuple[Sequence[str], str]]) -> None:
        """Register partitions (values, location)."""
        inputs = [
            {"Values": list(values), "StorageDescriptor": {**definition["StorageDescriptor"], "Location": location}}
            for values, location in added
        ]
        for start in range(0, len(inputs), _BATCH):
            self._call(
                self._glue.batch_create_partition,
                DatabaseName=definition["DatabaseName"],
                TableName=definition["Name"],
                PartitionInputList=inputs[start : start + _BATCH],
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
