"""Exports of changing tables: each version of a row once, whatever is killed, and clear words where one cannot be."""

import dataclasses
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest

from contracts import exports
from etl.exports import parts, postgresql, secret
from etl.exports.errors import ExportError
from etl.exports.export import Report, export
from tests.database_servers import PASSWORD, Server
from tests.integration.databases.tables import BUCKET, Compiler, Secrets, connection_of

ROOT = Path(__file__).parents[3]
FIELDS = {"id": "integer", "name": "string", "changed_at": "timestamp"}
MOMENTS = {"postgresql": "now() - interval '{} seconds'", "mysql": "UTC_TIMESTAMP(6) - INTERVAL {} SECOND"}
UPSERT = {
    "postgresql": "ON CONFLICT (id) DO UPDATE SET name = excluded.name, changed_at = excluded.changed_at",
    "mysql": "ON DUPLICATE KEY UPDATE name = VALUES(name), changed_at = VALUES(changed_at)",
}
IN_UTC = {"postgresql": "SET TimeZone = 'UTC'", "mysql": "SET time_zone = '+00:00'"}


def create(server: Server, more: str = "") -> None:
    moment = "timestamptz" if server.engine == "postgresql" else "timestamp(6)"
    server.run(
        IN_UTC[server.engine],
        "DROP VIEW IF EXISTS sales_text",
        "DROP TABLE IF EXISTS sales",
        f"CREATE TABLE sales (id int PRIMARY KEY, name varchar(100), changed_at {moment} NOT NULL{more})",
        "CREATE INDEX changed ON sales (changed_at)",
    )


def change(server: Server, *rows: tuple[int, str], seconds_ago: int = 120) -> None:
    """Insert rows, or change those that there are."""
    moment = MOMENTS[server.engine].format(seconds_ago)
    values = ", ".join(f"({number}, '{name}', {moment})" for number, name in rows)
    server.run(IN_UTC[server.engine], f"INSERT INTO sales VALUES {values} {UPSERT[server.engine]}")


def run(s3: Any, server: Server, plan: Any, *, full: bool = False) -> Report:
    return export(s3, BUCKET, plan, connection_of(server), full=full)


def keys(s3: Any, prefix: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def landed(s3: Any) -> list[dict[str, Any]]:
    """All rows of all files that landed."""
    bodies = [
        s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        for key in keys(s3, "incoming/")
        if key.endswith(".parquet")
    ]
    return [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]


@pytest.fixture
def table(server: Server) -> Server:
    create(server)
    return server


@pytest.fixture
def plan(table: Server, compiler: Compiler) -> Any:
    return compiler.plan(table, FIELDS, highWater="changed_at")


def test_a_first_export_is_of_the_whole_table_and_the_next_of_what_changed(s3: Any, table: Server, plan: Any) -> None:
    change(table, (1, "one"), (2, "two"), seconds_ago=3600)
    first = run(s3, table, plan)
    assert (first.rows, first.files, first.after) == (2, 1, None)
    assert run(s3, table, plan).rows == 0
    # A change that became visible after the first export, at a moment which that one had not reached.
    change(table, (2, "two again"), (3, "three"), seconds_ago=0)
    assert run(s3, table, plan).waiting == 2
    assert run(s3, table, dataclasses.replace(plan, late_by=0)).rows == 2
    rows = landed(s3)
    assert [(row["id"], row["name"]) for row in rows] == [(1, "one"), (2, "two"), (2, "two again"), (3, "three")]
    assert len({row["row_version"] for row in rows}) == 4
    for row in rows:
        assert row["row_version"] == f"{row['id']}@{row['changed_at'].isoformat('T', 'microseconds')}"
        assert row["exported_at"] > row["changed_at"]


def test_rows_of_one_moment_are_exported_together_or_wait_together(s3: Any, table: Server, plan: Any) -> None:
    change(table, *((number, "same") for number in range(10)))
    assert run(s3, table, plan).rows == 10
    change(table, *((number, "other") for number in range(20)), seconds_ago=10)
    report = run(s3, table, plan)
    assert (report.rows, report.waiting) == (0, 20)
    assert report.export == ""


def test_everything_again_gives_every_row_the_version_that_it_had(s3: Any, table: Server, plan: Any) -> None:
    change(table, (1, "one"), (2, "two"))
    run(s3, table, plan)
    assert run(s3, table, plan, full=True).rows == 2
    assert sorted(Counter(row["row_version"] for row in landed(s3)).values()) == [2, 2]


def test_a_table_without_high_water_is_exported_as_a_whole_each_time(
    s3: Any, table: Server, compiler: Compiler
) -> None:
    plan = compiler.plan(table, FIELDS)
    change(table, (1, "one"), (2, "two"))
    first = run(s3, table, plan)
    table.run("DELETE FROM sales WHERE id = 1")
    second = run(s3, table, plan)
    assert [row["row_version"] for row in landed(s3)] == [
        f"1@{first.export}",
        f"2@{first.export}",
        f"2@{second.export}",
    ]


def test_an_integer_high_water_reads_again_what_may_have_become_visible_late(
    s3: Any, table: Server, compiler: Compiler
) -> None:
    plan = compiler.plan(table, FIELDS, highWater="id", lateBy=3)
    change(table, *((number, "row") for number in (1, 2, 3, 4, 5, 7, 8)))
    assert run(s3, table, plan).rows == 7
    change(table, (6, "late"), (9, "new"))
    report = run(s3, table, plan)
    assert (report.after, report.until, report.rows) == ("5", "9", 4)
    assert {row["id"] for row in landed(s3)} == set(range(1, 10))


def test_keys_of_several_columns_never_run_into_each_other(s3: Any, server: Server, compiler: Compiler) -> None:
    server.run(
        "DROP VIEW IF EXISTS sales_text",
        "DROP TABLE IF EXISTS sales",
        "CREATE TABLE sales (a varchar(10), b varchar(10), PRIMARY KEY (a, b))",
        "INSERT INTO sales VALUES ('x/y', 'z'), ('x', 'y/z'), ('x@', '%2F')",
    )
    report = run(s3, server, compiler.plan(server, {"a": "string", "b": "string"}, key=("a", "b")))
    assert {row["row_version"] for row in landed(s3)} == {
        f"x%2Fy/z@{report.export}",
        f"x/y%2Fz@{report.export}",
        f"x%40/%252F@{report.export}",
    }


def test_parts_are_small_and_their_rows_are_all_rows(
    s3: Any, table: Server, plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    monkeypatch.setattr(postgresql, "_BATCH_BYTES", 100_000)
    change(table, *((number, "row") for number in range(30_000)))
    monkeypatch.setattr(parts, "ROW_GROUP_BYTES", 1)
    report = run(s3, table, plan)
    assert report.files > 1
    assert [key.rpartition("/")[2] for key in keys(s3, "incoming/")] == [
        f"part-{number:05d}.parquet" for number in range(report.files)
    ]
    assert sorted(row["id"] for row in landed(s3)) == list(range(30_000))
    assert keys(s3, "exports/sales/staged/") == []


def test_a_row_that_no_column_holds_lands_as_json_with_its_version(
    s3: Any, postgresql: Server, compiler: Compiler
) -> None:
    create(postgresql, ", price numeric")
    moment = "now() - interval '1 hour'"
    postgresql.run(f"INSERT INTO sales VALUES (1, 'bad', {moment}, 'NaN'), (2, 'good', {moment}, 2.5)")
    plan = compiler.plan(postgresql, {**FIELDS, "price": "decimal(10,2)"}, highWater="changed_at")
    report = run(s3, postgresql, plan)
    assert (report.rows, report.unfit, report.files) == (2, 1, 2)
    (key,) = [key for key in keys(s3, "incoming/") if key.endswith("part-00001.ndjson")]
    (line,) = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode().splitlines()
    row = json.loads(line)
    assert (row["id"], row["price"]) == (1, "NaN")
    assert row["row_version"].startswith("1@")
    assert row["exported_at"]
    assert [row["id"] for row in landed(s3)] == [2]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_export_killed_at_any_moment_is_as_if_it_had_not_been(
    s3: Any, account_url: str, postgresql: Server, compiler: Compiler, moment: str
) -> None:
    """At every call of S3: what the next run leaves is each version once, and no half export is ever to be seen."""
    create(postgresql)
    change(postgresql, *((number, "first") for number in range(300)))
    contract = compiler.contract(postgresql, FIELDS, ("id",), highWater="changed_at", lateBy=0)
    compiled = json.dumps([exports.document(contract, contract.database)])
    s3.put_object(Bucket=BUCKET, Key="exports.json", Body=compiled.encode())
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="shop", SecretString=json.dumps(postgresql.secret()))["ARN"]
    job = ["--exports_uri", f"s3://{BUCKET}/exports.json", "--secret_arns", json.dumps({"shop": arn})]
    job += ["--files_bucket", BUCKET, "--JOB_NAME", "exports"]

    def start(number: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.integration.databases.killed_export", str(number), moment, *job]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    killed = 0
    for number in range(2, 60, 2):
        done = start(number)
        change(postgresql, *((row, f"change {number}") for row in range(killed, 300, 7)), seconds_ago=0)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1
        assert _whole(s3)
    assert killed > 3
    assert start(0).returncode == 0
    rows = landed(s3)
    assert max(Counter(row["row_version"] for row in rows).values()) == 1
    last = {row["id"]: row for row in sorted(rows, key=lambda row: row["changed_at"])}
    assert {number: row["name"] for number, row in last.items()} == _in_database(postgresql)
    assert keys(s3, "exports/sales/staged/") == []


def _whole(s3: Any) -> bool:
    """Whether each export that landed was committed; its files need not all be there yet."""
    found = {key.split("/")[2] for key in keys(s3, "incoming/")}
    if not found:
        return True
    state = json.loads(s3.get_object(Bucket=BUCKET, Key="exports/sales/state.json")["Body"].read())
    until = state["mark"].translate(str.maketrans("", "", "-:. "))
    return max(found).translate(str.maketrans("", "", "TZ")) <= until


def _in_database(server: Server) -> dict[int, str]:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM sales")
        return dict(cursor.fetchall())


def test_of_two_runs_at_once_one_counts(s3: Any, table: Server, plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    change(table, (1, "one"))
    write = parts.Parts.close

    def overtaken(self: Any) -> None:
        monkeypatch.setattr(parts.Parts, "close", write)
        run(s3, table, plan)
        write(self)

    monkeypatch.setattr(parts.Parts, "close", overtaken)
    with pytest.raises(ExportError, match="another run exported it meanwhile"):
        run(s3, table, plan)
    assert len(landed(s3)) == 1


@pytest.mark.parametrize(
    ("statements", "fields", "database", "message"),
    [
        ((), {"id": "integer", "nobody": "string"}, {}, "has no column 'nobody'.*its columns are id, name, changed_at"),
        (
            (),
            {"id": "integer", "name": "integer"},
            {},
            "column 'name' is (character )?varying.*|varchar.*no counterpart",
        ),
        ((), FIELDS, {"table": "nothing"}, "table nothing: there is none in the database shop"),
        (
            ("ALTER TABLE sales ADD seen int",),
            {**FIELDS, "seen": "integer"},
            {"highWater": "seen"},
            "'seen'.*may be null",
        ),
        (
            ("ALTER TABLE sales ADD clock {naive} NOT NULL DEFAULT '2026-01-01 00:00:00'",),
            {**FIELDS, "clock": "timestamp"},
            {"highWater": "clock"},
            "'clock'.*without a time zone.*utcOffset",
        ),
        (
            ("CREATE VIEW sales_text AS SELECT 1 AS id, name FROM sales",),
            FIELDS | {},
            {"table": "sales_text"},
            "has no column",
        ),
    ],
)
def test_a_table_that_cannot_be_exported_is_named_with_the_column_and_what_to_do(
    s3: Any, table: Server, compiler: Compiler, statements: Any, fields: Any, database: Any, message: str
) -> None:
    naive = "timestamp" if table.engine == "postgresql" else "datetime"
    table.run(*(statement.format(naive=naive) for statement in statements))
    with pytest.raises(ExportError, match=message):
        run(s3, table, compiler.plan(table, fields, **database))
    assert keys(s3, "incoming/") == []


def test_a_key_that_nothing_keeps_unique_is_refused(s3: Any, table: Server, compiler: Compiler) -> None:
    with pytest.raises(ExportError, match=r"no primary key and no unique index.*name tell its rows apart"):
        run(s3, table, compiler.plan(table, FIELDS, key=("name",)))


def test_a_view_is_looked_through_for_what_the_catalog_does_not_say(s3: Any, table: Server, compiler: Compiler) -> None:
    change(table, (1, "one"), (2, "two"))
    table.run("CREATE VIEW sales_text AS SELECT 1 AS id, name, changed_at FROM sales")
    with pytest.raises(ExportError, match="two rows with the same"):
        run(s3, table, compiler.plan(table, FIELDS, table="sales_text"))
    view = "CREATE VIEW sales_text AS SELECT id, name, CASE WHEN id = 1 THEN changed_at END AS changed_at FROM sales"
    table.run("DROP VIEW sales_text", view)
    with pytest.raises(ExportError, match=r"has rows without .changed_at"):
        run(s3, table, compiler.plan(table, FIELDS, table="sales_text", highWater="changed_at"))


def test_an_index_that_is_missing_is_told(s3: Any, table: Server, plan: Any) -> None:
    assert run(s3, table, plan).notes == []
    table.run("DROP INDEX changed ON sales" if table.engine == "mysql" else "DROP INDEX changed")
    (note,) = run(s3, table, plan).notes
    assert "no index begins with 'changed_at'" in note


def test_another_high_water_needs_the_whole_table_once(s3: Any, table: Server, plan: Any, compiler: Compiler) -> None:
    change(table, (1, "one"))
    run(s3, table, plan)
    other = compiler.plan(table, FIELDS, highWater="id")
    with pytest.raises(ExportError, match=r"was exported by highWater 'changed_at'.*--full"):
        run(s3, table, other)
    assert run(s3, table, other, full=True).rows == 1
    assert run(s3, table, other).after == "-999"


def test_a_type_without_counterpart_is_named(s3: Any, mariadb: Server, compiler: Compiler) -> None:
    create(mariadb, ", place point")
    with pytest.raises(ExportError, match=r"column 'place' is point, which has no counterpart.*ST_AsText"):
        run(s3, mariadb, compiler.plan(mariadb, {"id": "integer", "place": "string"}))


def test_a_table_without_snapshots_is_refused(s3: Any, mariadb: Server, compiler: Compiler) -> None:
    create(mariadb)
    mariadb.run("ALTER TABLE sales ENGINE = MyISAM")
    with pytest.raises(ExportError, match="engine MyISAM knows no snapshots"):
        run(s3, mariadb, compiler.plan(mariadb, FIELDS))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "hunter2-not-it"}, "cannot be reached as shop"),
        ({"port": 1}, "127.0.0.1:1: cannot be reached"),
        ({"dbname": "nowhere"}, "cannot be reached"),
        ({"host": "localhost"}, "cannot be reached.*(certificate|SSL|hostname)"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_and_the_password_is_not(
    s3: Any, table: Server, plan: Any, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ExportError, match=f"(?s){message}") as raised:
        export(s3, BUCKET, plan, connection_of(table, **changes), full=False)
    assert "hunter2" not in str(raised.value)
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_server_that_another_authority_vouches_for_is_not_talked_to(
    s3: Any, postgresql: Server, mariadb: Server, compiler: Compiler
) -> None:
    for server, other in ((postgresql, mariadb), (mariadb, postgresql)):
        create(server)
        with pytest.raises(ExportError, match="certificate verify failed"):
            export(s3, BUCKET, compiler.plan(server, FIELDS), connection_of(server, ca=other.ca), full=False)


def test_tls_is_left_out_on_this_machine_alone_and_only_where_no_certificate_is_named(table: Server) -> None:
    assert connection_of(table).encrypted
    assert not connection_of(table, ca=None).encrypted
    assert connection_of(table, ca=None, host="db.example.com").encrypted


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "is not JSON"),
        ("[]", "is not a JSON object"),
        ({"host": "h"}, "dbname is missing"),
        ({"host": "h", "dbname": "d", "username": "u", "password": 7}, "password is missing or no text"),
        ({"host": "h", "dbname": "d", "username": "u", "password": "p", "port": "x"}, "port must be a number"),
        ({"host": "h", "dbname": "d", "username": "u", "password": "p", "engine": "oracle"}, "its engine is 'oracle'"),
        ({"host": "h", "dbname": "d", "username": "u", "password": "p", "ca": "x"}, "ca must be certificates"),
    ],
)
def test_a_secret_of_the_wrong_shape_is_named_without_its_content(value: Any, message: str) -> None:
    with pytest.raises(ExportError, match=f"secret the-secret: {message}"):
        secret.read(Secrets(value), "the-secret", "postgresql")


def test_a_secret_without_a_value_says_how_to_put_one(s3: Any) -> None:
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="shop")["ARN"]
    with pytest.raises(ExportError, match="has no value yet; put one: aws secretsmanager put-secret-value"):
        secret.read(secrets, arn, "postgresql")


def test_a_state_that_somebody_broke_is_not_gone_on_from(s3: Any, table: Server, plan: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="exports/sales/state.json", Body=b"{}")
    with pytest.raises(ExportError, match=r"exports/sales/state\.json: is not what an export wrote"):
        run(s3, table, plan)
