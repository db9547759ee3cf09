"""The whole way, deployed: from tables of real databases to SQL over their rows."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
import yaml
from typer.testing import CliRunner, Result

from etl.iceberg import catalog
from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.athena import run as query
from rapid.cli.target import LocalStack
from tests.database_servers import Server
from tests.deployed.clouds import ROOT, found_by_commands, own_cloud
from tests.integration.databases.tables import document

FIELDS = {"id": "integer", "name": "string", "price": "decimal(38,10)", "score": "number", "changed_at": "timestamp"}
TABLES = {
    "postgresql": """CREATE TABLE stock (id bigint PRIMARY KEY, name text, price numeric(38,10), score float8,
                     changed_at timestamptz NOT NULL)""",
    "mysql": """CREATE TABLE stock (id bigint PRIMARY KEY, name text, price decimal(38,10), score double,
                changed_at timestamp(6) NOT NULL)""",
}
IN_UTC = {"postgresql": "SET TimeZone = 'UTC'", "mysql": "SET time_zone = '+00:00'"}
LOCAL_CALLER = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
LOCAL_CALLER |= {"AWS_DEFAULT_REGION": "us-east-1"}
ROWS = {1: "1.5000000000", 2: "-9999999999999999999999999999.9999999999", 3: "0.0000000001"}


class Shop:
    """A stack whose sources are a table of each server."""

    def __init__(self, stack: LocalStack, servers: dict[str, Server]) -> None:
        self.stack, self.servers = stack, servers

    def rapid(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    def take_in(self) -> None:
        """What the starter does some seconds after files landed: run the files job, and then curate."""
        glue, job = self.stack.client("glue"), self.stack.outputs["files_job"]
        run = glue.start_job_run(JobName=job)["JobRunId"]
        while (state := glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"]) in ("STARTING", "RUNNING"):
            time.sleep(0.2)
        assert state == "SUCCEEDED", self.log("/aws-glue/rapid-analytics-dev-files/error")
        done = self.rapid("etl", "run")
        assert done.exit_code == 0, done.output

    def log(self, group: str) -> str:
        """The lines of a log group."""
        events = self.stack.client("logs").filter_log_events(logGroupName=group)["events"]
        return "\n".join(line["message"] for line in events)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        return query(self.stack, f"SELECT id, name, price FROM {table} ORDER BY 1, 2").rows


@pytest.fixture(scope="module")
def shop(postgresql: Server, mariadb: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("program")
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / file, folder)
    settings = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    settings["config"]["rapid-analytics:storefront"] = "none"
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    (folder / "sources").mkdir()
    shutil.copy(ROOT / "sources" / "orders.yaml", folder / "sources")
    servers = {"stock_pg": postgresql, "stock_my": mariadb}
    for source, server in servers.items():
        contract = document(server, FIELDS, ("id",), table="stock", connection=source, highWater="changed_at", lateBy=0)
        contract["id"] = contract["schema"][0]["name"] = source
        (folder / "sources" / f"{source}.yaml").write_text(yaml.safe_dump(contract))
    with own_cloud() as url, found_by_commands(url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        command = [sys.executable, "-m", "rapid.local.deploy", "--stack", "dev", "--endpoint", url]
        done = subprocess.run(
            [*command, "--project", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        yield Shop(LocalStack(url), servers)


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    secrets = shop.stack.client("secretsmanager")
    for source, server in shop.servers.items():
        rows = (
            f"({number}, 'item {number}', {price}, 0.1, '2026-03-14 18:30:00.123456')" for number, price in ROWS.items()
        )
        server.run(
            IN_UTC[server.engine],
            "DROP TABLE IF EXISTS stock",
            TABLES[server.engine],
            f"INSERT INTO stock VALUES {', '.join(rows)}",
        )
        arn = shop.stack.outputs["database_secrets"][source]
        secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(server.secret()))
    return shop


def test_without_a_value_the_secret_says_what_to_put(shop: Shop) -> None:
    done = shop.rapid("etl", "export", "stock_pg")
    assert done.exit_code == 1
    assert "has no value yet" in done.output
    assert "put-secret-value" in done.output


def test_rows_of_both_databases_are_queried_as_they_were_stored(stocked: Shop) -> None:
    done = stocked.rapid("etl", "export")
    assert done.exit_code == 0, done.output
    stocked.take_in()
    for source, server in stocked.servers.items():
        assert stocked.rows(source) == [(str(number), f"item {number}", price) for number, price in ROWS.items()]
        (moment,) = query(stocked.stack, f"SELECT DISTINCT changed_at FROM {source}").rows
        assert moment == ("2026-03-14 18:30:00.123456",)
        server.run("UPDATE stock SET name = 'changed', changed_at = current_timestamp(6) WHERE id = 2")
    assert stocked.rapid("etl", "export").exit_code == 0
    stocked.take_in()
    for source in stocked.servers:
        assert [name for _, name, _ in stocked.rows(source)] == ["item 1", "changed", "item 2", "item 3"]
        assert [name for _, name, _ in stocked.rows(f"{source}_latest")] == ["item 1", "changed", "item 3"]
    counted = stocked.rapid("counts", "--json")
    assert counted.exit_code == 0, counted.output


def test_nothing_secret_is_in_logs_arguments_or_outputs(stocked: Shop) -> None:
    assert stocked.rapid("etl", "export").exit_code == 0
    logs = stocked.stack.client("logs")
    texts = [json.dumps(stocked.stack.outputs), json.dumps(stocked.stack.client("glue").get_jobs(), default=str)]
    for group in logs.describe_log_groups()["logGroups"]:
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            texts += [line["message"] for line in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]]
    for server in stocked.servers.values():
        assert not [text for text in texts if server.secret()["password"] in text]


MILLION = {
    "postgresql": """INSERT INTO stock SELECT n, CASE WHEN n % 7 > 0 THEN 'Crème brûlée 🍮 ' || md5(n::text) END,
        CASE WHEN n % 11 > 0 THEN (n - 500000) * 12345678901234567890.0123456789 END, n / 7.0::float8,
        timestamptz '2026-01-01 00:00:00+00' + n * interval '20.000001 seconds'
        FROM generate_series(1, 1000000) AS n""",
    "mysql": """INSERT INTO stock SELECT seq, IF(seq % 7 > 0, CONCAT('Crème brûlée 🍮 ', MD5(seq)), NULL),
        IF(seq % 11 > 0, (CAST(seq AS SIGNED) - 500000) * 12345678901234567890.0123456789, NULL), seq / 7e0,
        '2026-01-01 00:00:00' + INTERVAL seq * 20000001 MICROSECOND FROM seq_1_to_1000000""",
}
"""A million rows over most of a year: nulls, letters of four bytes, numbers of 36 digits, microseconds."""
IN_ORDER = {
    "postgresql": """SELECT id::text, name, price::text, score, to_char(changed_at, 'YYYY-MM-DD HH24:MI:SS.US')
        FROM stock ORDER BY stock.id""",
    "mysql": """SELECT CAST(id AS CHAR), name, CAST(price AS CHAR), score,
        DATE_FORMAT(changed_at, '%Y-%m-%d %H:%i:%s.%f')
        FROM stock ORDER BY stock.id""",
}


def in_database(server: Server) -> pa.Table:
    """All rows as the server words them, read by a client of its own in the order of their ids."""
    names = ["id", "name", "price", "score", "changed_at"]
    types = [pa.string(), pa.string(), pa.string(), pa.float64(), pa.string()]
    with contextlib.closing(server.connect()) as connection, contextlib.closing(connection.cursor()) as cursor:
        cursor.execute(IN_UTC[server.engine])
        cursor.execute(IN_ORDER[server.engine])
        if server.engine == "postgresql":
            return cursor.fetch_arrow_table().rename_columns(names)
        columns = zip(zip(*cursor.fetchall(), strict=True), types, strict=True)
        return pa.Table.from_arrays([pa.array(values, kind) for values, kind in columns], names)


def in_lake(stack: LocalStack, source: str) -> pa.Table:
    """All rows of the curated table, worded as the server words them."""
    table = (
        catalog.connect().load_table((stack.outputs["database"], f"{source}_curated")).scan().to_arrow().sort_by("id")
    )
    columns = [table["id"].cast(pa.string()), table["name"].cast(pa.string()), table["price"]]
    moments = table["changed_at"].cast(pa.timestamp("us")).cast(pa.string())
    return pa.Table.from_arrays([*columns, table["score"], moments], ["id", "name", "price", "score", "changed_at"])


@pytest.mark.full_size
@pytest.mark.parametrize("source", ["stock_pg", "stock_my"])
def test_a_million_rows_are_equal_by_value_and_a_run_holds_a_part_of_them(stocked: Shop, source: str) -> None:
    stack, server = stocked.stack, stocked.servers[source]
    server.run(IN_UTC[server.engine], "DELETE FROM stock", MILLION[server.engine])
    job = stack.client("glue").get_job(JobName=stack.outputs["exports_job"])["Job"]["DefaultArguments"]
    words = [word for name in ("--exports_uri", "--secret_arns", "--files_bucket") for word in (name, job[name])]
    words += ["--source", source, "--full", "true"]
    with found_by_commands(stack.endpoint_url), pytest.MonkeyPatch.context() as environment:
        for name, value in LOCAL_CALLER.items():
            environment.setenv(name, value)
        started = time.monotonic()
        command = [sys.executable, "-m", "tests.integration.databases.measured_export", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        exported = time.monotonic() - started
        assert done.returncode == 0, done.stderr
        report, memory_kib = (json.loads(line) for line in done.stdout.splitlines())
        assert (report["rows"], report["unfit"]) == (1_000_000, 0)
        stocked.take_in()
        print(
            f"\n{source}: 1,000,000 rows exported in {exported:.1f} s, {memory_kib / 1024:,.0f} MiB at most, "
            f"{report['files']} files of {report['bytes']:,} bytes; curated after {time.monotonic() - started:.1f} s"
        )
        found = in_lake(stack, source)
    wanted = in_database(server)
    assert found.num_rows == 1_000_000
    wanted = wanted.set_column(2, "price", wanted["price"].cast(found["price"].type))
    for name in wanted.column_names:
        assert found[name].combine_chunks().equals(wanted[name].combine_chunks()), name
    assert memory_kib < 500 * 1024
