"""Prepared statements: kept by work group and name, made by PREPARE.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html. Names are told apart by
case.
"""

from __future__ import annotations

import threading

from .errors import InvalidRequestError


class PreparedStatements:
    """The texts of all prepared statements; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[tuple[str, str], str] = {}

    def create(self, workgroup: str, name: str, sql: str) -> None:
        """Keep a new statement; raises InvalidRequestError if the name is taken."""
        with self._lock:
            if (workgroup, name) in self._texts:
                raise InvalidRequestError(f"PreparedStatement {name} already exists in workGroup {workgroup}")
            self._texts[workgroup, name] = sql

    def get(self, workgroup: str, name: str) -> str:
        """Return a statement's text; raises InvalidRequestError if there is none."""
        with self._lock:
            return self._text(workgroup, name)

    def delete(self, workgroup: str, name: str) -> None:
        """Forget a statement; raises InvalidRequestError if there is none."""
        with self._lock:
            self._text(workgroup, name)
            del self._texts[workgroup, name]

    def _text(self, workgroup: str, name: str) -> str:
        found = self._texts.get((workgroup, name))
        if found is None:
            raise InvalidRequestError(f"PreparedStatement {name} was not found in workGroup {workgroup}")
        return found
