"""A PostgreSQL database, read by ADBC: rows arrive as Arrow, by the binary COPY protocol.

https://arrow.apache.org/adbc/current/driver/postgresql.html
"""

import contextlib
import datetime
import ssl
import tempfile
import urllib.parse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import pyarrow as pa

from etl.exports.described import Column, Expression, NoCounterpart, Table, no_counterpart
from etl.exports.errors import ExportError
from etl.exports.plan import Field, FieldType
from etl.exports.secret import Connection

_CONNECT_TIMEOUT_SECONDS = 15
_BATCH_BYTES = 8 * 1024 * 1024
_JSON_PAIRS = 40
"""PostgreSQL's functions take 100 arguments."""
_SETTINGS = (
    # One snapshot for all that is asked, as of the first query.
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    # The planner's guess for cursors; an export reads all.
    "SET LOCAL cursor_tuple_fraction = 1",
)
_INTEGERS = ("int2", "int4", "int8")
_KINDS = {
    **dict.fromkeys(_INTEGERS, "integer"),
    "float4": "float",
    "float8": "float",
    "numeric": "numeric",
    "bool": "boolean",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "date": "date",
    "bytea": "binary",
}
# Types of PostgreSQL itself whose text says all of a value.
_TEXTS = (
    *("text", "varchar", "bpchar", "char", "name", "citext", "uuid", "json", "jsonb", "xml", "inet", "cidr", "macaddr"),
    *("macaddr8", "interval", "time", "timetz", "bit", "varbit", "oid", "tsvector", "pg_lsn"),
)
_CATALOG = """\
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)::text, t.typname::text, t.typtype::text,
       t.typcategory::text, n.nspname::text, a.attnotnull, coalesce(e.typname::text, ''), coalesce(e.typtype::text, '')
FROM pg_attribute a
JOIN LATERAL (
    WITH RECURSIVE base AS (
        SELECT oid, typbasetype, typtype FROM pg_type WHERE oid = a.atttypid
        UNION ALL
        SELECT p.oid, p.typbasetype, p.typtype
        FROM base JOIN pg_type p ON p.oid = base.typbasetype WHERE base.typtype = 'd'
    )
    SELECT p.* FROM base JOIN pg_type p ON p.oid = base.oid WHERE base.typtype <> 'd'
) t ON true
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum"""
_INDEXES = """\
SELECT i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL,
       (SELECT string_agg(a.attname::text, chr(1) ORDER BY k.position)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.position <= i.indnkeyatts)
FROM pg_index i WHERE i.indrelid = {oid} AND i.indisvalid"""


class Postgresql:
    """A session that sees one snapshot of the database."""

    def __init__(self, connection: Any, described_as: Connection) -> None:
        self._connection, self._described_as = connection, described_as
        with connection.cursor() as cursor:
            for statement in _SETTINGS:
                cursor.execute(statement)
        if self._rows("SELECT current_setting('server_encoding')")[0][0] == "SQL_ASCII":
            raise ExportError("the database's encoding is SQL_ASCII, which says of no byte what it means; convert it")
        # The moment at which the transaction began, and so not later than its snapshot.
        self.moment: datetime.datetime = self._rows("SELECT now() AT TIME ZONE 'UTC'")[0][0]

    def describe(self, name: str) -> Table:
        """What the catalog says of a table. Raises ExportError if there is none."""
        schema, _, table = name.rpartition(".")
        quoted = f"{self.quote(schema)}.{self.quote(table)}" if schema else self.quote(table)
        found = self._rows(
            f"SELECT c.oid::int8, c.relkind::text FROM pg_class c WHERE c.oid = to_regclass({_literal(quoted)})"
        )
        if not found or found[0][1] not in "rpvmf":
            raise ExportError(
                f"table {name}: there is none in the database {self._described_as.database}, or the user "
                f"{self._described_as.user} may not see its schema; correct database.table in the contract, or grant "
                "USAGE on the schema and SELECT on the table"
            )
        oid, kind = found[0]
        columns = {row[0]: _described(row) for row in self._rows(_CATALOG.format(oid=oid))}
        indexes = [(unique, (names or "").split("\1")) for unique, names in self._rows(_INDEXES.format(oid=oid))]
        return Table(
            name=f"table {name}",
            columns=columns,
            is_view=kind not in "rp",
            unique=[
                frozenset(names)
                for unique, names in indexes
                if unique and all(not columns[name].nullable for name in names if name in columns)
            ],
            leading=frozenset(names[0] for _, names in indexes),
        )

    def table(self, name: str) -> str:
        """A table's name in a query."""
        schema, _, table = name.rpartition(".")
        return f"{self.quote(schema)}.{self.quote(table)}" if schema else self.quote(table)

    def quote(self, name: str) -> str:
        """A name in a query."""
        return '"' + name.replace('"', '""') + '"'

    def moment_literal(self, column: Column, moment: datetime.datetime) -> str:
        """A moment (UTC, or the wall clock of a column without time zone) to compare a column with."""
        text = moment.isoformat(" ", "microseconds")
        return f"timestamptz '{text}+00'" if column.zoned else f"timestamp '{text}'"

    def expression(self, field: Field, column: Column, utc_offset_minutes: int) -> Expression:
        """SQL that makes a field of a column. Raises NoCounterpart."""
        return _expression(field, column, self.quote(column.name), utc_offset_minutes)

    def json_object(self, pairs: Sequence[tuple[str, Expression]]) -> str:
        """SQL of a row as a JSON object, values that do not fit as their text."""
        objects = []
        for start in range(0, len(pairs), _JSON_PAIRS):
            arguments = []
            for name, value in pairs[start : start + _JSON_PAIRS]:
                shown = f"to_jsonb({value.sql})"
                if value.fits:
                    shown = f"CASE WHEN {value.fits} THEN {shown} ELSE to_jsonb({value.text}) END"
                arguments.append(f"{_literal(name)}, {shown}")
            objects.append(f"jsonb_build_object({', '.join(arguments)})")
        return f"({' || '.join(objects)})::text"

    def one(self, sql: str) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        rows = self._rows(sql)
        return rows[0] if rows else None

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a query, some at a time, as a schema's types."""
        with self._errors(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
            cursor.execute(sql)
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._errors(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except adbc_driver_manager.Error as error:
            state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
            reason = _first_line(self._described_as.without_password(error))
            raise ExportError(f"PostgreSQL refused: {reason}{state}") from None


@contextlib.contextmanager
def connect(to: Connection) -> Iterator[Postgresql]:
    """A session in one read-only transaction. Raises ExportError naming the host and the reason."""
    with tempfile.TemporaryDirectory(prefix="rapid-ca-") as folder:
        options = {"connect_timeout": str(_CONNECT_TIMEOUT_SECONDS), "application_name": "rapid-analytics export"}
        options |= {"client_encoding": "UTF8", "keepalives_idle": "60", "sslmode": "disable"}
        if to.encrypted:
            options |= {"sslmode": "verify-full", "sslrootcert": _authorities(to, Path(folder))}
        address = f"[{to.host}]" if ":" in to.host else to.host
        user, password, database = (urllib.parse.quote(part, safe="") for part in (to.user, to.password, to.database))
        query = urllib.parse.urlencode(options, quote_via=urllib.parse.quote)
        uri = f"postgresql://{user}:{password}@{address}:{to.port}/{database}?{query}"
        try:
            connection = adbc_driver_postgresql.dbapi.connect(uri)
        except adbc_driver_manager.Error as error:
            raise ExportError(
                f"PostgreSQL at {to.host}:{to.port}: cannot be reached as {to.user}: "
                f"{_first_line(to.without_password(error))}; correct the secret, or let the job reach the host"
            ) from None
    with connection:
        yield Postgresql(connection, to)


def _authorities(to: Connection, folder: Path) -> str:
    if to.ca is None:
        return ssl.get_default_verify_paths().cafile or "system"
    file = folder / "ca.pem"
    file.write_text(to.ca)
    return str(file)


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.replace("[libpq] ", "").splitlines() if line.strip()]
    return " ".join(lines[:2])[:400] if lines else "no reason was given"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _described(row: tuple[Any, ...]) -> Column:
    name, words, base, category_type, category, schema, not_null, element, element_type = row
    kind = "other"
    if category == "A":
        known = element in _KINDS or element in _TEXTS or element_type == "e"
        kind = "array" if known and element != "bytea" else "other"
    elif schema == "pg_catalog" or base == "citext":
        kind = _KINDS.get(base, "text" if base in _TEXTS or category_type in "rm" else "other")
    elif category_type == "e":
        kind = "text"
    return Column(name, words, kind, nullable=not not_null, zoned=base == "timestamptz")


def _expression(field: Field, column: Column, quoted: str, utc_offset_minutes: int) -> Expression:
    text = f"{quoted}::text"
    match field.type, column.kind:
        case FieldType.INTEGER, "integer":
            return Expression(f"{quoted}::int8")
        case FieldType.NUMBER, "float" | "integer":
            if column.type == "bigint":
                raise NoCounterpart("a double keeps 15 digits; write integer")
            return Expression(f"{quoted}::float8")
        case FieldType.DECIMAL, "numeric" | "integer":
            number, bound = f"{quoted}::numeric", f"1e{field.precision - field.scale}::numeric"
            # NaN and the infinities are numbers to PostgreSQL, larger than any bound.
            fits = f"({quoted} IS NULL OR (abs({number}) < {bound} AND {number} = round({number}, {field.scale})))"
            return Expression(f"(CASE WHEN {fits} THEN {text} END)", fits, text)
        case FieldType.BOOLEAN, "boolean":
            return Expression(quoted)
        case FieldType.DATE, "date":
            fits = f"({quoted} IS NULL OR ({quoted} >= date '0001-01-01' AND {quoted} <= date '9999-12-31'))"
            return Expression(f"(CASE WHEN {fits} THEN {quoted} END)", fits, text)
        case FieldType.TIMESTAMP, "timestamp":
            kind, zone = ("timestamptz", "+00") if column.zoned else ("timestamp", "")
            value = f"({quoted} AT TIME ZONE 'UTC')" if column.zoned else quoted
            if not column.zoned and utc_offset_minutes:
                value = f"({quoted} - interval '{utc_offset_minutes} minutes')"
            # A day away from the ends of the calendar, which no offset passes.
            low, high = (f"{kind} '{day} 00:00:00{zone}'" for day in ("0001-01-02", "9999-12-31"))
            fits = f"({quoted} IS NULL OR ({quoted} >= {low} AND {quoted} < {high}))"
            return Expression(f"(CASE WHEN {fits} THEN {value} END)", fits, text)
        case FieldType.STRING, "array":
            return Expression(f"to_json({quoted})::text")
        case FieldType.STRING, "binary":
            return Expression(f"encode({quoted}, 'hex')")
        case FieldType.STRING, kind if kind != "other":
            return Expression(text)
        case _:
            raise no_counterpart(field, column)
