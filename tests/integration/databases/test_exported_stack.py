"""The whole way, deployed: from tables of real databases to SQL over their rows."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.athena import run as query
from rapid.cli.target import LocalStack
from tests.database_servers import Server
from tests.integration.conftest import ROOT, found_by_commands, own_cloud
from tests.integration.databases.tables import document

FIELDS = {"id": "integer", "name": "string", "price": "decimal(38,10)", "changed_at": "timestamp"}
TABLES = {
    "postgresql": """CREATE TABLE stock (id bigint PRIMARY KEY, name text, price numeric(38,10),
                     changed_at timestamptz NOT NULL)""",
    "mysql": """CREATE TABLE stock (id bigint PRIMARY KEY, name text, price decimal(38,10),
                changed_at timestamp(6) NOT NULL)""",
}
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
    for file in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / file, folder)
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
        rows = (f"({number}, 'item {number}', {price}, '2026-03-14 18:30:00.123456')" for number, price in ROWS.items())
        utc = "SET TimeZone = 'UTC'" if server.engine == "postgresql" else "SET time_zone = '+00:00'"
        server.run(
            utc, "DROP TABLE IF EXISTS stock", TABLES[server.engine], f"INSERT INTO stock VALUES {', '.join(rows)}"
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
