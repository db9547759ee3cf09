"""What Athena says when it refuses a request, or when a query fails.

Two ways to fail, as in Athena: a request that cannot be accepted answers ``InvalidRequestException`` at once; a query
that was accepted and fails ends in state FAILED, with Trino's error name and text in ``StateChangeReason`` and
``AthenaError``.

Source: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html (categories and types; Athena does not
publish which Trino error carries which type, so each one here has the type whose description fits it).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ErrorCategory(enum.IntEnum):
    """Who caused a failure, by Athena's numbers."""

    SYSTEM = 1
    USER = 2
    OTHER = 3


class ErrorName(enum.Enum):
    """Trino's error names that this plane gives, each with Athena's error type number."""

    AMBIGUOUS_NAME = ("AMBIGUOUS_NAME", 1006)
    CATALOG_NOT_FOUND = ("CATALOG_NOT_FOUND", 1301)
    COLUMN_NOT_FOUND = ("COLUMN_NOT_FOUND", 1006)
    COLUMN_TYPE_UNKNOWN = ("COLUMN_TYPE_UNKNOWN", 1006)
    DIVISION_BY_ZERO = ("DIVISION_BY_ZERO", 1001)
    DUPLICATE_COLUMN_NAME = ("DUPLICATE_COLUMN_NAME", 1006)
    EXPRESSION_NOT_AGGREGATE = ("EXPRESSION_NOT_AGGREGATE", 1006)
    EXPRESSION_NOT_IN_DISTINCT = ("EXPRESSION_NOT_IN_DISTINCT", 1006)
    EXPRESSION_NOT_SCALAR = ("EXPRESSION_NOT_SCALAR", 1006)
    FUNCTION_NOT_FOUND = ("FUNCTION_NOT_FOUND", 1303)
    GENERIC_INTERNAL_ERROR = ("GENERIC_INTERNAL_ERROR", 200)
    GENERIC_USER_ERROR = ("GENERIC_USER_ERROR", 1100)
    HIVE_BAD_DATA = ("HIVE_BAD_DATA", 1001)
    HIVE_CANNOT_OPEN_SPLIT = ("HIVE_CANNOT_OPEN_SPLIT", 1001)
    HIVE_CURSOR_ERROR = ("HIVE_CURSOR_ERROR", 1001)
    HIVE_FILESYSTEM_ERROR = ("HIVE_FILESYSTEM_ERROR", 1001)
    HIVE_INVALID_METADATA = ("HIVE_INVALID_METADATA", 1103)
    HIVE_INVALID_VIEW_DATA = ("HIVE_INVALID_VIEW_DATA", 1103)
    HIVE_PATH_ALREADY_EXISTS = ("HIVE_PATH_ALREADY_EXISTS", 1100)
    ICEBERG_BAD_DATA = ("ICEBERG_BAD_DATA", 1001)
    ICEBERG_CANNOT_OPEN_SPLIT = ("ICEBERG_CANNOT_OPEN_SPLIT", 1001)
    ICEBERG_INVALID_METADATA = ("ICEBERG_INVALID_METADATA", 1103)
    ICEBERG_MISSING_METADATA = ("ICEBERG_MISSING_METADATA", 1103)
    INVALID_CAST_ARGUMENT = ("INVALID_CAST_ARGUMENT", 1106)
    INVALID_COLUMN_REFERENCE = ("INVALID_COLUMN_REFERENCE", 1006)
    INVALID_FUNCTION_ARGUMENT = ("INVALID_FUNCTION_ARGUMENT", 1106)
    INVALID_LITERAL = ("INVALID_LITERAL", 1006)
    INVALID_PARAMETER_USAGE = ("INVALID_PARAMETER_USAGE", 1006)
    INVALID_WINDOW_REFERENCE = ("INVALID_WINDOW_REFERENCE", 1006)
    INVALID_VIEW = ("INVALID_VIEW", 1006)
    INVALID_TABLE_PROPERTY = ("INVALID_TABLE_PROPERTY", 1103)
    MISSING_COLUMN_NAME = ("MISSING_COLUMN_NAME", 1006)
    MISMATCHED_COLUMN_ALIASES = ("MISMATCHED_COLUMN_ALIASES", 1006)
    NOT_SUPPORTED = ("NOT_SUPPORTED", 1200)
    NUMERIC_VALUE_OUT_OF_RANGE = ("NUMERIC_VALUE_OUT_OF_RANGE", 1001)
    PERMISSION_DENIED = ("PERMISSION_DENIED", 1501)
    RESULT_LOCATION_FAILED = ("RESULT_LOCATION_FAILED", 401)
    SCHEMA_NOT_FOUND = ("SCHEMA_NOT_FOUND", 1301)
    SUBQUERY_MULTIPLE_ROWS = ("SUBQUERY_MULTIPLE_ROWS", 1001)
    TABLE_ALREADY_EXISTS = ("TABLE_ALREADY_EXISTS", 1302)
    TABLE_NOT_FOUND = ("TABLE_NOT_FOUND", 1110)
    TYPE_MISMATCH = ("TYPE_MISMATCH", 1006)
    VIEW_IS_RECURSIVE = ("VIEW_IS_RECURSIVE", 1006)
    VIEW_IS_STALE = ("VIEW_IS_STALE", 1006)

    @property
    def error_type(self) -> int:
        """Athena's ``ErrorType`` number."""
        return self.value[1]


MALFORMED_QUERY = "MALFORMED_QUERY"
SYSTEM_ERRORS = frozenset({ErrorName.GENERIC_INTERNAL_ERROR, ErrorName.RESULT_LOCATION_FAILED})


@dataclass(frozen=True)
class Position:
    """A place in the query text; line and column count from 1, as Trino's messages do."""

    line: int
    column: int

    @classmethod
    def in_text(cls, text: str, offset: int) -> Position:
        """Return the line and column of an offset."""
        return cls(text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)

    def __str__(self) -> str:
        return f"line {self.line}:{self.column}"


class InvalidRequestError(Exception):
    """The request is refused: HTTP 400 ``InvalidRequestException``.

    ``code`` is Athena's ``AthenaErrorCode`` (``INVALID_INPUT``, ``MALFORMED_QUERY`` …).
    """

    def __init__(self, message: str, code: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def mismatched(text: str, offset: int, found: str) -> InvalidRequestError:
    """What Athena answers to a token that its grammar does not have there."""
    return InvalidRequestError(f"{Position.in_text(text, offset)}: mismatched input '{found}'", MALFORMED_QUERY)


class QueryFailedError(Exception):
    """The query fails with one of Trino's errors; ``message`` is the text after the error's name."""

    def __init__(self, name: ErrorName, message: str, position: Position | None = None) -> None:
        self.name = name
        self.position = position
        self.detail = f"{position}: {message}" if position else message
        self.text = f"{name.name}: {self.detail}"
        super().__init__(self.text)

    def placed(self, position: Position | None) -> QueryFailedError:
        """Return the failure with a place in the query, if it has none."""
        return self if self.position else QueryFailedError(self.name, self.detail, position)

    @property
    def category(self) -> ErrorCategory:
        """Whether the system or the user caused it."""
        return ErrorCategory.SYSTEM if self.name in SYSTEM_ERRORS else ErrorCategory.USER


class HiveFailedError(QueryFailedError):
    """DDL fails, told in Hive's words: ``message`` is the whole text."""

    def __init__(self, name: ErrorName, message: str) -> None:
        super().__init__(name, message)
        self.text = message


class QueryCancelledError(Exception):
    """The query ends in state CANCELLED: stopped by the user, or past the work group's scan limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def not_supported(what: str, position: Position | None = None) -> QueryFailedError:
    """The failure for what Athena may know and the local cloud does not; the message names it."""
    return QueryFailedError(ErrorName.NOT_SUPPORTED, f"{what} is not supported by the local cloud", position)
