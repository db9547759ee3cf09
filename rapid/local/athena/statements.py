"""The statements that the plane runs, as parsed.

Each says how Athena files it: StatementType (https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html;
CREATE TABLE AS is told as DDL all the same, as https://github.com/aws/aws-sdk-pandas relies on),
SubstatementType (Athena publishes no list; these are the statements' names), and the form of its result
(https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from sqlglot import exp


class ResultForm(enum.Enum):
    """What lies at a statement's output location: the folder below the result location, and the suffix of the name."""

    CSV = ("", ".csv")
    TEXT = ("", ".txt")
    WRITTEN = ("", "")
    TABLE = ("tables/", "")

    @property
    def folder(self) -> str:
        """The folder below the result location."""
        return self.value[0]

    @property
    def suffix(self) -> str:
        """What follows the query's id."""
        return self.value[1]


class Kind(NamedTuple):
    """How Athena files a statement."""

    statement_type: str
    substatement_type: str
    form: ResultForm = ResultForm.TEXT


@dataclass(frozen=True)
class TableName:
    """A table as a statement names it, in lower case; ``database`` is None if it names none."""

    database: str | None
    name: str


@dataclass(frozen=True)
class Statement:
    """Any statement."""

    kind: ClassVar[Kind]


@dataclass(frozen=True)
class Query(Statement):
    """SELECT, WITH, VALUES, TABLE."""

    kind = Kind("DML", "SELECT", ResultForm.CSV)
    tree: exp.Expr


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE … AS."""

    kind = Kind("DDL", "CREATE_TABLE_AS_SELECT", ResultForm.TABLE)
    table: TableName
    if_not_exists: bool
    properties: Mapping[str, str]
    tree: exp.Expr
    with_data: bool


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD (query) TO location WITH (properties)."""

    kind = Kind("DML", "UNLOAD", ResultForm.WRITTEN)
    tree: exp.Expr
    location: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE VIEW; ``sql`` is its query as written."""

    kind = Kind("DDL", "CREATE_VIEW")
    view: TableName
    is_replacing: bool
    sql: str
    tree: exp.Expr


@dataclass(frozen=True)
class DropView(Statement):
    """DROP VIEW."""

    kind = Kind("DDL", "DROP_VIEW")
    view: TableName
    if_exists: bool


@dataclass(frozen=True)
class DropTable(Statement):
    """DROP TABLE."""

    kind = Kind("DDL", "DROP_TABLE")
    table: TableName
    if_exists: bool


@dataclass(frozen=True)
class RepairTable(Statement):
    """MSCK REPAIR TABLE."""

    kind = Kind("DDL", "MSCK_REPAIR")
    table: TableName


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE name FROM statement."""

    kind = Kind("DDL", "PREPARE")
    name: str
    sql: str


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE name USING values."""

    kind = Kind("DML", "EXECUTE", ResultForm.CSV)
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Deallocate(Statement):
    """DEALLOCATE PREPARE name."""

    kind = Kind("DDL", "DEALLOCATE_PREPARE")
    name: str


class Listing(enum.Enum):
    """What a SHOW or DESCRIBE statement lists: its result's columns."""

    DATABASES = ("database_name",)
    TABLES = ("tab_name",)
    VIEWS = ("views",)
    COLUMNS = ("field",)
    PARTITIONS = ("partition",)
    DESCRIPTION = ("col_name", "data_type", "comment")


@dataclass(frozen=True)
class Show(Statement):
    """A SHOW statement or DESCRIBE; ``pattern`` is a regular expression on names."""

    kind = Kind("UTILITY", "SHOW")
    listing: Listing
    database: str | None = None
    table: TableName | None = None
    pattern: str | None = None
