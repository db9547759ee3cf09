"""A MySQL or MariaDB database, read by PyMySQL without a buffer: the server's own text of each value, made Arrow by us.

The text protocol says every value exactly (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html);
PyMySQL's own conversions, to Python's types and with zero dates lost, are off.
"""

import contextlib
import datetime
import ssl
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pymysql
import pymysql.converters
import pymysql.cursors

from etl.exports.described import Column, Expression, NoCounterpart, Table, no_counterpart
from etl.exports.errors import ExportError
from etl.exports.plan import Field, FieldType
from etl.exports.secret import Connection

_CONNECT_TIMEOUT_SECONDS = 15
_READ_TIMEOUT_SECONDS = 3600
_BATCH_ROWS = 20_000
_SETTINGS = (
    "SET SESSION time_zone = '+00:00'",
    # How long the server waits while a part is stored.
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION sql_mode = ''",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_TRANSACTIONAL = ("InnoDB", "ROCKSDB", "MyRocks")
_KINDS = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), "integer"),
    "bit": "bit",
    "float": "float",
    "double": "float",
    "decimal": "numeric",
    "datetime": "timestamp",
    "timestamp": "timestamp",
    "date": "date",
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), "binary"),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json"), "text"),
    **dict.fromkeys(("time", "uuid", "inet4", "inet6"), "text"),
}
_INT64_MAX = 2**63 - 1


class Mysql:
    """A session that sees one snapshot of the database."""

    def __init__(self, connection: "pymysql.Connection[Any]", described_as: Connection) -> None:
        self._connection, self._described_as = connection, described_as
        for statement in _SETTINGS:
            self._rows(statement)
        # Asked before the snapshot is taken, and so not later than it.
        self.moment = datetime.datetime.fromisoformat(self._rows("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)")[0][0])
        self._rows(_SNAPSHOT)

    def describe(self, name: str) -> Table:
        """What the catalog says of a table. Raises ExportError if there is none, or if it has no snapshots."""
        where = self._where(name)
        found = self._rows(f"SELECT table_type, coalesce(engine, '') FROM information_schema.tables WHERE {where}")
        if not found:
            raise ExportError(
                f"table {name}: there is none in the database {self._described_as.database}, or the user "
                f"{self._described_as.user} may not see it; correct database.table in the contract, or grant SELECT"
            )
        (kind, engine) = found[0]
        if kind == "BASE TABLE" and engine not in _TRANSACTIONAL:
            raise ExportError(
                f"table {name}: its engine {engine} knows no snapshots, so that an export could hold half a change; "
                "ALTER TABLE ... ENGINE = InnoDB"
            )
        rows = self._rows(
            "SELECT column_name, column_type, data_type, is_nullable FROM information_schema.columns "
            f"WHERE {where} ORDER BY ordinal_position"
        )
        columns = {row[0]: _described(*row) for row in rows}
        indexes: dict[tuple[str, str], list[str]] = defaultdict(list)
        for index, not_unique, column in self._rows(
            "SELECT index_name, non_unique, column_name FROM information_schema.statistics "
            f"WHERE {where} ORDER BY index_name, seq_in_index"
        ):
            indexes[index, not_unique].append(column)
        return Table(
            name=f"table {name}",
            columns=columns,
            is_view=kind != "BASE TABLE",
            unique=[
                frozenset(names)
                for (_, not_unique), names in indexes.items()
                if not_unique == "0" and all(name in columns and not columns[name].nullable for name in names)
            ],
            leading=frozenset(names[0] for names in indexes.values()),
        )

    def table(self, name: str) -> str:
        """A table's name in a query."""
        return ".".join(self.quote(part) for part in name.split("."))

    def quote(self, name: str) -> str:
        """A name in a query."""
        return "`" + name.replace("`", "``") + "`"

    def moment_literal(self, column: Column, moment: datetime.datetime) -> str:
        """A moment (UTC, or the wall clock of a column without time zone) to compare a column with."""
        return f"'{moment.isoformat(' ', 'microseconds')}'"

    def expression(self, field: Field, column: Column, utc_offset_minutes: int) -> Expression:
        """SQL that makes a field of a column. Raises NoCounterpart."""
        return _expression(field, column, self.quote(column.name), utc_offset_minutes)

    def json_object(self, pairs: Sequence[tuple[str, Expression]]) -> str:
        """SQL of a row as a JSON object, values that do not fit as their text."""
        arguments = []
        for name, value in pairs:
            shown = f"IF({value.fits}, {value.sql}, {value.text})" if value.fits else value.sql
            arguments.append(f"{self._literal(name)}, {shown}")
        return f"JSON_OBJECT({', '.join(arguments)})"

    def one(self, sql: str) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one; its values are texts."""
        rows = self._rows(sql)
        return rows[0] if rows else None

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a query, some at a time, as a schema's types."""
        with self._errors(), contextlib.closing(self._connection.cursor(pymysql.cursors.SSCursor)) as cursor:
            cursor.execute(sql)
            while rows := cursor.fetchmany(_BATCH_ROWS):
                columns = zip(zip(*rows, strict=True), schema, strict=True)
                arrays = [_array(values, field.type) for values, field in columns]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _where(self, name: str) -> str:
        schema, _, table = name.rpartition(".")
        schema = schema or self._described_as.database
        return f"table_schema = {self._literal(schema)} AND table_name = {self._literal(table)}"

    def _literal(self, text: str) -> str:
        return f"'{pymysql.converters.escape_string(text)}'"

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._errors(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except pymysql.MySQLError as error:
            raise ExportError(f"MySQL refused: {self._described_as.without_password(_reason(error))}") from None


@contextlib.contextmanager
def connect(to: Connection) -> Iterator[Mysql]:
    """A session in one read-only transaction. Raises ExportError naming the host and the reason."""
    context = ssl.create_default_context(cadata=to.ca) if to.encrypted else None
    try:
        connection = pymysql.connect(
            host=to.host,
            port=to.port,
            user=to.user,
            password=to.password,
            database=to.database,
            charset="utf8mb4",
            conv=pymysql.converters.encoders,
            ssl=context,
            ssl_disabled=context is None,
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            read_timeout=_READ_TIMEOUT_SECONDS,
            program_name="rapid-analytics export",
        )
    except (pymysql.MySQLError, OSError) as error:
        raise ExportError(
            f"MySQL at {to.host}:{to.port}: cannot be reached as {to.user}: {to.without_password(_reason(error))}; "
            "correct the secret, or let the job reach the host"
        ) from None
    with connection:
        yield Mysql(connection, to)


def _reason(error: Exception) -> str:
    if len(error.args) > 1:
        return f"{error.args[1]} (error {error.args[0]})"
    return str(error) or type(error).__name__


def _described(name: str, words: str, base: str, nullable: str) -> Column:
    kind = _KINDS.get(base.lower(), "other")
    return Column(name, words.lower(), kind, nullable=nullable == "YES", zoned=base.lower() == "timestamp")


def _array(values: Sequence[str | None], kind: pa.DataType) -> pa.Array:
    texts = pa.array(values, pa.string())
    return texts.cast(pa.int64()).cast(kind) if pa.types.is_boolean(kind) else texts.cast(kind)


def _expression(field: Field, column: Column, quoted: str, utc_offset_minutes: int) -> Expression:
    text = f"CAST({quoted} AS CHAR)"
    match field.type, column.kind:
        case FieldType.INTEGER, "integer" | "bit":
            value = f"({quoted} + 0)"
            if column.kind == "bit" or (column.type.startswith("bigint") and "unsigned" in column.type):
                return _fitting(value, quoted, f"{value} <= {_INT64_MAX}", f"CAST({value} AS CHAR)")
            return Expression(value)
        case FieldType.BOOLEAN, "integer" | "bit":
            value = f"({quoted} + 0)"
            return _fitting(value, quoted, f"{value} IN (0, 1)", f"CAST({value} AS CHAR)")
        case FieldType.NUMBER, "float" | "integer":
            if column.type.startswith("bigint"):
                raise NoCounterpart("a double keeps 15 digits; write integer")
            # A FLOAT's own text has 6 digits.
            return Expression(f"({quoted} + 0e0)")
        case FieldType.DECIMAL, "numeric" | "integer":
            bound = "1" + "0" * (field.precision - field.scale)
            within = f"ABS({quoted}) < {bound} AND {quoted} = ROUND({quoted}, {field.scale})"
            return _fitting(quoted, quoted, within, text)
        case FieldType.DATE, "date":
            return _fitting(quoted, quoted, _real_date(quoted), text)
        case FieldType.TIMESTAMP, "timestamp":
            value = quoted
            if not column.zoned and utc_offset_minutes:
                value = f"({quoted} - INTERVAL {utc_offset_minutes} MINUTE)"
            # A day away from the ends of the calendar, which no offset passes.
            within = f"{quoted} >= '0001-01-02' AND {quoted} < '9999-12-31'"
            return _fitting(value, quoted, f"{_real_date(quoted)} AND {within}", text)
        case FieldType.STRING, "binary":
            return Expression(f"LOWER(HEX({quoted}))")
        case FieldType.STRING, "bit":
            return Expression(f"CAST(({quoted} + 0) AS CHAR)")
        case FieldType.STRING, "float":
            return Expression(f"CAST(({quoted} + 0e0) AS CHAR)")
        case FieldType.STRING, kind if kind != "other":
            return Expression(text)
        case _:
            raise no_counterpart(field, column)


def _real_date(quoted: str) -> str:
    """MySQL keeps days that there are not: 0000-00-00, and months and years without a day."""
    return f"YEAR({quoted}) > 0 AND MONTH({quoted}) > 0 AND DAYOFMONTH({quoted}) > 0"


def _fitting(value: str, quoted: str, condition: str, text: str) -> Expression:
    fits = f"({quoted} IS NULL OR ({condition}))"
    return Expression(f"IF({fits}, {value}, NULL)", fits, text)
