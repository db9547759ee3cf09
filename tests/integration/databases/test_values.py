"""Every value leaves a database as it was: each type at its ends, and whatever else is generated."""

import contextlib
import datetime
import json
import math
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.exports import mysql, postgresql, selection
from etl.exports.plan import Plan
from etl.exports.selection import UNFIT
from tests.database_servers import Server
from tests.integration.databases.tables import Compiler, connection_of

SESSIONS = {"postgresql": postgresql.connect, "mysql": mysql.connect}


def read(server: Server, plan: Plan) -> pa.Table:
    """The table's rows in the order of their ids, as an export has them."""
    with SESSIONS[server.engine](connection_of(server)) as session:
        chosen = selection.look_at(session, plan)
        return pa.Table.from_batches(chosen.rows(None, chosen.mark()), chosen.schema).sort_by("id")


FIELDS = {
    "id": "integer",
    "whole": "integer",
    "small": "integer",
    "money": "decimal(38,10)",
    "few": "decimal(10,2)",
    "double": "number",
    "single": "number",
    "yes": "boolean",
    "at": "timestamp",
    "wall": "timestamp",
    "day": "date",
    "words": "string",
    "note": "string",
    "document": "string",
    "octets": "string",
}
TABLES = {
    "postgresql": """CREATE TABLE sales (id int8 PRIMARY KEY, whole int8, small int2, money numeric(38,10),
        few numeric(10,2), "double" float8, single float4, yes bool, at timestamptz, wall timestamp, day date,
        words text, note varchar(500), document jsonb, octets bytea)""",
    "mysql": """CREATE TABLE sales (id bigint PRIMARY KEY, whole bigint, small smallint, money decimal(38,10),
        few decimal(10,2), `double` double, single float, yes tinyint(1), at timestamp(6) NULL, wall datetime(6),
        day date, words longtext, note varchar(500), document json, octets longblob) CHARACTER SET utf8mb4""",
}

# PostgreSQL has no NUL in a text, and no database has half a surrogate.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
MOMENTS = st.datetimes(datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 30))
# MySQL's TIMESTAMP: https://dev.mysql.com/doc/refman/8.4/en/datetime.html
UNIX_MOMENTS = st.datetimes(datetime.datetime(1970, 1, 1, 0, 0, 1), datetime.datetime(2038, 1, 19))
ROWS = st.fixed_dictionaries(
    {
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
        "small": st.none() | st.integers(-(2**15), 2**15 - 1),
        "money": st.none() | st.decimals(-(10**28) + 1, 10**28 - 1, places=10, allow_nan=False, allow_infinity=False),
        "few": st.none() | st.decimals(-99_999_999, 99_999_999, places=2, allow_nan=False, allow_infinity=False),
        "double": st.none() | FLOATS,
        "single": st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False),
        "yes": st.none() | st.booleans(),
        "at": st.none() | UNIX_MOMENTS,
        "wall": st.none() | MOMENTS,
        "day": st.none() | st.dates(datetime.date(1, 1, 1)),
        "words": st.none() | TEXTS,
        "note": st.none() | TEXTS,
        "document": st.none()
        | st.recursive(
            st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXTS.filter(str.isprintable),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            max_leaves=5,
        ).map(json.dumps),
        "octets": st.none() | st.binary(max_size=50),
    }
)


def literal(server: Server, name: str, value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea" if server.engine == "postgresql" else f"X'{value.hex()}'"
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return (
            f"'{value!r}'::float8"
            if server.engine == "postgresql"
            else f"{value!r}e0".replace("e0", "" if "e" in repr(value) else "e0")
        )
    text = str(value)
    if server.engine == "postgresql":
        cast = "::timestamptz" if name == "at" else ""
        return "'" + (text + ("+00" if name == "at" else "")).replace("'", "''") + "'" + cast
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.fixture
def table(server: Server) -> Server:
    server.run("DROP VIEW IF EXISTS sales_text", "DROP TABLE IF EXISTS sales", TABLES[server.engine])
    return server


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(ROWS, min_size=1, max_size=20))
def test_values_of_every_type_are_equal_to_what_was_stored(table: Server, compiler: Compiler, rows: list[Any]) -> None:
    names = list(rows[0])
    quote = '"' if table.engine == "postgresql" else "`"
    listed = ", ".join(f"{quote}{name}{quote}" for name in ("id", *names))
    values = ", ".join(
        f"({number}, {', '.join(literal(table, name, row[name]) for name in names)})" for number, row in enumerate(rows)
    )
    zone = ["SET time_zone = '+00:00'"] if table.engine == "mysql" else []
    table.run(*zone, "DELETE FROM sales", f"INSERT INTO sales ({listed}) VALUES {values}")
    found = read(table, compiler.plan(table, FIELDS))
    assert found[UNFIT].null_count == len(rows)
    for row, exported in zip(rows, found.to_pylist(), strict=True):
        for name in names:
            wanted, value = row[name], exported[name]
            if wanted is not None and name == "document":
                wanted, value = json.loads(wanted), json.loads(value)
            if wanted is not None and name == "octets":
                wanted = wanted.hex()
            assert value == wanted, name


def test_the_types_of_the_files_are_those_of_the_contract(table: Server, compiler: Compiler) -> None:
    types = {field.name: field.type for field in read(table, compiler.plan(table, FIELDS)).schema}
    assert types["money"] == pa.decimal128(38, 10)
    assert types["at"] == types["wall"] == pa.timestamp("us")
    assert (types["whole"], types["double"], types["yes"], types["day"]) == (
        pa.int64(),
        pa.float64(),
        pa.bool_(),
        pa.date32(),
    )


def test_a_null_of_json_is_not_a_missing_value(table: Server, compiler: Compiler) -> None:
    table.run("INSERT INTO sales (id, document) VALUES (1, 'null'), (2, NULL)")
    assert read(table, compiler.plan(table, FIELDS))["document"].to_pylist() == ["null", None]


def test_a_wall_clock_ahead_of_utc_is_told_by_the_contract(table: Server, compiler: Compiler) -> None:
    table.run("INSERT INTO sales (id, wall) VALUES (1, '2026-03-14 18:30:00.123456')")
    found = read(table, compiler.plan(table, {"id": "integer", "wall": "timestamp"}, utcOffset="+05:30"))
    assert found["wall"].to_pylist() == [datetime.datetime(2026, 3, 14, 13, 0, 0, 123456)]


def test_what_the_contract_calls_text_is_the_databases_own_text(table: Server, compiler: Compiler) -> None:
    table.run("INSERT INTO sales (id, money, day) VALUES (1, 1.5, '2026-03-14')")
    found = read(table, compiler.plan(table, {"id": "integer", "money": "string", "day": "string"}))
    assert found.to_pylist() == [{"id": 1, "money": "1.5000000000", "day": "2026-03-14", UNFIT: None}]


def is_kept_as_text(server: Server, compiler: Compiler, column: str, value: str, shown: str) -> None:
    """A value that no column can hold leaves a null, with the text beside; no value only the null."""
    name = column.split()[0]
    server.run(
        "DROP VIEW IF EXISTS sales_text",
        "DROP TABLE IF EXISTS sales",
        f"CREATE TABLE sales (id int PRIMARY KEY, {column} NULL)",
        f"INSERT INTO sales VALUES (1, {value}), (2, NULL)",
    )
    first, second = read(server, compiler.plan(server, {"id": "integer", name: FIELDS[name]})).to_pylist()
    assert first[name] is None
    assert json.loads(first[UNFIT]) == {"id": 1, name: shown}
    assert second == {"id": 2, name: None, UNFIT: None}


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("at timestamptz", "'infinity'", "infinity"),
        ("at timestamptz", "'-infinity'", "-infinity"),
        ("day date", "'0044-03-15 BC'", "0044-03-15 BC"),
        ("day date", "'infinity'", "infinity"),
        ("few numeric", "'NaN'", "NaN"),
        ("few numeric", "'-Infinity'", "-Infinity"),
        ("few numeric", "123456789", "123456789"),
        ("few numeric", "0.001", "0.001"),
    ],
)
def test_what_no_column_can_hold_is_kept_as_text_for_the_quarantine(
    postgresql: Server, compiler: Compiler, column: str, value: str, shown: str
) -> None:
    is_kept_as_text(postgresql, compiler, column, value, shown)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("day date", "'0000-00-00'", "0000-00-00"),
        ("day date", "'2026-02-00'", "2026-02-00"),
        ("wall datetime", "'0000-00-00'", "0000-00-00 00:00:00"),
        ("few decimal(40,5)", "0.001", "0.00100"),
        ("whole bigint unsigned", "18446744073709551615", "18446744073709551615"),
        ("yes tinyint(1)", "2", "2"),
    ],
)
def test_what_no_column_can_hold_of_mariadb_is_kept_as_text_too(
    mariadb: Server, compiler: Compiler, column: str, value: str, shown: str
) -> None:
    mariadb.run("SET sql_mode = ''")
    is_kept_as_text(mariadb, compiler, column, value, shown)


def test_types_of_postgresql_alone(postgresql: Server, compiler: Compiler) -> None:
    postgresql.run(
        "DROP VIEW IF EXISTS sales_text",
        "DROP TABLE IF EXISTS sales",
        "DROP TYPE IF EXISTS mood",
        "DROP DOMAIN IF EXISTS price",
        "CREATE TYPE mood AS ENUM ('glad', 'sad')",
        "CREATE DOMAIN price AS numeric(10,2)",
        """CREATE TABLE sales (id uuid PRIMARY KEY, mood mood, price price, tags text[], span interval, at_time timetz,
           address inet, bits bit(3), range int4range, endless float8, none float8)""",
        """INSERT INTO sales VALUES ('00000000-0000-0000-0000-000000000001', 'glad', 1.50, '{a,"b c"}', '1 day 2 hours',
           '18:30:00+02', '10.0.0.1/8', B'101', '[1,5)', 'infinity', 'nan')""",
    )
    fields = dict.fromkeys(("id", "mood", "tags", "span", "at_time", "address", "bits", "range"), "string")
    found = read(
        postgresql,
        compiler.plan(postgresql, {**fields, "price": "decimal(10,2)", "endless": "number", "none": "number"}),
    )
    (row,) = found.to_pylist()
    assert math.isnan(row.pop("none"))
    assert row == {
        "id": str(uuid.UUID(int=1)),
        "mood": "glad",
        "tags": '["a","b c"]',
        "span": "P1DT2H",
        "at_time": "18:30:00+02",
        "address": "10.0.0.1/8",
        "bits": "101",
        "range": "[1,5)",
        "price": Decimal("1.50"),
        "endless": math.inf,
        UNFIT: None,
    }


def test_types_of_mariadb_alone(mariadb: Server, compiler: Compiler) -> None:
    mariadb.run(
        "DROP VIEW IF EXISTS sales_text",
        "DROP TABLE IF EXISTS sales",
        """CREATE TABLE sales (id int PRIMARY KEY, mood enum('glad', 'sad'), tags set('a', 'b'), year year,
           at_time time(3), bits bit(10), flag bit(1), large bigint unsigned, code binary(4), address inet6)""",
        """INSERT INTO sales VALUES (1, 'sad', 'a,b', 2026, '-838:59:58.5', b'1100000001', b'1', 18446744073709551615,
           'ab', '::1')""",
    )
    fields = dict.fromkeys(("mood", "tags", "at_time", "code", "address"), "string")
    fields |= {"id": "integer", "year": "integer", "bits": "integer", "flag": "boolean", "large": "decimal(20,0)"}
    (row,) = read(mariadb, compiler.plan(mariadb, fields)).to_pylist()
    assert row == {
        "id": 1,
        "mood": "sad",
        "tags": "a,b",
        "year": 2026,
        "at_time": "-838:59:58.500",
        "bits": 769,
        "flag": True,
        "large": Decimal(2**64 - 1),
        "code": "61620000",
        "address": "::1",
        UNFIT: None,
    }


def test_a_session_sees_one_moment_of_the_database(table: Server, compiler: Compiler) -> None:
    table.run("INSERT INTO sales (id) VALUES (1)")
    plan = compiler.plan(table, {"id": "integer"})
    with SESSIONS[table.engine](connection_of(table)) as session:
        chosen = selection.look_at(session, plan)
        table.run("INSERT INTO sales (id) VALUES (2)", "DELETE FROM sales WHERE id = 1")
        rows = pa.Table.from_batches(chosen.rows(None, None), chosen.schema)
    assert rows["id"].to_pylist() == [1]


def test_a_session_writes_nothing(table: Server) -> None:
    with (
        SESSIONS[table.engine](connection_of(table)) as session,
        contextlib.suppress(Exception),
    ):
        session.one("INSERT INTO sales (id) VALUES (1)")
    with contextlib.closing(table.connect()) as connection, contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("SELECT count(*) FROM sales")
        assert cursor.fetchone()[0] == 0
