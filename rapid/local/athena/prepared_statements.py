"""Prepared statements: kept by work group and name, made by the API or by PREPARE.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_CreatePreparedStatement.html and its neighbours,
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html. Names are told apart by case.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from .errors import InvalidRequestError
from .statement_parsing import is_statement_name, prepared

MOST_LISTED = 50


class ResourceNotFoundError(Exception):
    """HTTP 400 ``ResourceNotFoundException``."""

    def __init__(self, resource: str, message: str) -> None:
        super().__init__(message)
        self.resource = resource
        self.message = message


@dataclass(frozen=True)
class PreparedStatement:
    """A statement with question marks under a name."""

    name: str
    workgroup: str
    sql: str
    description: str | None
    modified_at: float

    def describe(self) -> dict[str, Any]:
        """Return the API's PreparedStatement."""
        described = {
            "StatementName": self.name,
            "QueryStatement": self.sql,
            "WorkGroupName": self.workgroup,
            "LastModifiedTime": self.modified_at,
        }
        return described | ({"Description": self.description} if self.description else {})


class PreparedStatements:
    """All prepared statements; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statements: dict[tuple[str, str], PreparedStatement] = {}

    def create(self, workgroup: str, name: str, sql: str, description: str | None = None) -> None:
        """Keep a new statement; raises InvalidRequestError for a wrong name or text, or if the name is taken."""
        if not is_statement_name(name):
            raise InvalidRequestError(f"Prepared statement name {name} is not valid")
        prepared(sql)
        with self._lock:
            if (workgroup, name) in self._statements:
                raise InvalidRequestError(f"PreparedStatement {name} already exists in workGroup {workgroup}")
            self._statements[workgroup, name] = PreparedStatement(name, workgroup, sql, description, time.time())

    def update(self, workgroup: str, name: str, sql: str, description: str | None) -> None:
        """Replace a statement; raises ResourceNotFoundError if there is none, InvalidRequestError for a wrong text."""
        prepared(sql)
        with self._lock:
            self._get(workgroup, name)
            self._statements[workgroup, name] = PreparedStatement(name, workgroup, sql, description, time.time())

    def get(self, workgroup: str, name: str) -> PreparedStatement:
        """Return a statement; raises ResourceNotFoundError if there is none."""
        with self._lock:
            return self._get(workgroup, name)

    def delete(self, workgroup: str, name: str) -> None:
        """Forget a statement; raises ResourceNotFoundError if there is none."""
        with self._lock:
            self._get(workgroup, name)
            del self._statements[workgroup, name]

    def of_work_group(self, workgroup: str) -> list[PreparedStatement]:
        """Return a work group's statements by name."""
        with self._lock:
            return sorted(
                (found for found in self._statements.values() if found.workgroup == workgroup),
                key=lambda found: found.name,
            )

    def _get(self, workgroup: str, name: str) -> PreparedStatement:
        found = self._statements.get((workgroup, name))
        if found is None:
            message = f"PreparedStatement {name} was not found in workGroup {workgroup}"
            raise ResourceNotFoundError(name, message)
        return found


class PreparedStatementOperations:
    """The API operations on prepared statements."""

    def __init__(self, statements: PreparedStatements) -> None:
        self._statements = statements

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """CreatePreparedStatement."""
        sql = _text(body, "QueryStatement")
        self._statements.create(_text(body, "WorkGroup"), _text(body, "StatementName"), sql, body.get("Description"))
        return {}

    def update(self, body: dict[str, Any]) -> dict[str, Any]:
        """UpdatePreparedStatement."""
        sql = _text(body, "QueryStatement")
        self._statements.update(_text(body, "WorkGroup"), _text(body, "StatementName"), sql, body.get("Description"))
        return {}

    def get(self, body: dict[str, Any]) -> dict[str, Any]:
        """GetPreparedStatement."""
        found = self._statements.get(_text(body, "WorkGroup"), _text(body, "StatementName"))
        return {"PreparedStatement": found.describe()}

    def delete(self, body: dict[str, Any]) -> dict[str, Any]:
        """DeletePreparedStatement."""
        self._statements.delete(_text(body, "WorkGroup"), _text(body, "StatementName"))
        return {}

    def list(self, body: dict[str, Any]) -> dict[str, Any]:
        """ListPreparedStatements."""
        found = self._statements.of_work_group(_text(body, "WorkGroup"))
        token = body.get("NextToken")
        names = [statement.name for statement in found]
        if token and token not in names:
            raise InvalidRequestError("Invalid NextToken")
        first, count = names.index(token) if token else 0, min(body.get("MaxResults") or MOST_LISTED, MOST_LISTED)
        summaries = [
            {"StatementName": statement.name, "LastModifiedTime": statement.modified_at}
            for statement in found[first : first + count]
        ]
        rest = names[first + count :]
        return {"PreparedStatements": summaries, **({"NextToken": rest[0]} if rest else {})}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(f"{name} is required")
    return value
