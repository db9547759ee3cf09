"""The real program on a local cloud: edited, previewed, deployed again, ended."""

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from rapid.local.cloud import LocalCloud

from .deploy_rig import is_write
from .provider_schema import SCHEMAS

pytestmark = pytest.mark.aws(
    "Pulumi deployer", "Preview, update, destroy", "https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/"
)

ROOT = Path(__file__).parents[3]
PROGRAM = ("components", "contracts", "dashboards", "etl", "functions", "settings", "sources", "web")
FIELD = {"name": "tableNumber", "logicalType": "integer", "description": "The table.", "examples": [4]}


@dataclass
class Checkout:
    """A copy of the program, and the local cloud that it is deployed onto."""

    folder: Path
    cloud: LocalCloud

    def run(self, action: str, *options: str, is_failing: bool = False) -> list[dict[str, Any]]:
        """Run the deployer; what it told."""
        command = [sys.executable, "-m", "rapid.local.deploy", "--stack", "dev", "--endpoint", self.cloud.url]
        command += ["--action", action, "--project", str(self.folder), *options]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
        events = [json.loads(line) for line in ended.stdout.splitlines()]
        assert ended.returncode == is_failing, f"{events[-1:]} {ended.stderr}"
        return events

    @contextlib.contextmanager
    def counted_writes(self) -> Iterator[list[str]]:
        """What the cloud is asked meanwhile that changes something."""
        application, writes = self.cloud._http.application, []

        def counting(environ: dict[str, Any], start_response: Any) -> Any:
            if is_write(environ):
                writes.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            return application(environ, start_response)

        self.cloud._http.application = counting
        try:
            yield writes
        finally:
            self.cloud._http.application = application

    def client(self, service: str) -> Any:
        return self.cloud.clients.client(service)

    def record(self) -> dict[str, Any]:
        return urllib3.request("GET", f"{self.cloud.url}/_rapid/stacks/dev").json()

    def outputs(self) -> dict[str, Any]:
        return self.record()["outputs"]

    def add_field(self) -> None:
        """Give the contract of the source orders one more field."""
        file = self.folder / "sources" / "orders.yaml"
        contract = yaml.safe_load(file.read_text())
        contract["schema"][0]["properties"].append(FIELD)
        file.write_text(yaml.safe_dump(contract, sort_keys=False))

    def columns(self, table: str) -> list[str]:
        found = self.client("glue").get_table(DatabaseName=self.outputs()["database"], Name=table)["Table"]
        return [column["Name"] for column in found["StorageDescriptor"]["Columns"]]

    def post(self, event: dict[str, Any]) -> dict[str, Any]:
        outputs = self.outputs()
        headers = {"x-api-key": outputs["api_key"], "content-type": "application/json"}
        url = f"{outputs['ingest_url']}{outputs['paths']['orders']}"
        answer = urllib3.request("POST", url, headers=headers, body=json.dumps(event))
        assert answer.status == 202, answer.data
        return answer.json()

    def query(self, sql: str) -> list[list[str]]:
        outputs, athena = self.outputs(), self.client("athena")
        context = {"Database": outputs["database"]}
        id_ = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext=context, WorkGroup=outputs["workgroup"]
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=id_)["QueryExecution"]["Status"]
            if status["State"] in ("SUCCEEDED", "FAILED"):
                assert status["State"] == "SUCCEEDED", status
                break
        rows = athena.get_query_results(QueryExecutionId=id_)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows[1:]]


def told(events: list[dict[str, Any]], status: str) -> list[str]:
    return [event["name"] for event in events if event.get("status") == status]


def types(events: list[dict[str, Any]], status: str) -> set[str]:
    return {event["type"].split(":")[-1] for event in events if event.get("status") == status}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder = tmp_path_factory.mktemp("checkout")
    for name in PROGRAM:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "requirements-local.txt"):
        shutil.copy(ROOT / file, folder)
    with LocalCloud(0) as cloud:
        made = Checkout(folder, cloud)
        made.run("deploy")
        yield made


def test_a_field_that_a_contract_gains_flows_through_and_nothing_that_holds_data_is_replaced(checkout):
    event = {"timestamp": "2026-11-22T12:00:00Z", "menuItem": "Pizza", "quantity": 1, "price": 9.5}
    event |= {"customerId": "c", "restaurantId": "r"}
    checkout.post(event)
    before = checkout.outputs()
    again = checkout.run("deploy")
    assert {item["status"] for item in again if item["event"] == "resource"} == {"unchanged"}

    checkout.add_field()
    with checkout.counted_writes() as writes:
        planned = {item["name"]: item["operation"] for item in checkout.run("preview") if item["event"] == "plan"}
    assert writes == []
    assert "tablenumber" not in checkout.columns("orders_processed")

    done = checkout.run("deploy")
    assert checkout.outputs() == before
    assert types(done, "updated") >= {"Function", "CatalogTable", "RestApi", "Stage", "BucketObjectv2"}
    assert types(done, "replaced") <= {"Deployment", "Invocation", "NamedQuery"}
    assert told(done, "created") == told(done, "deleted") == []
    carried_out = {
        **dict.fromkeys(told(done, "updated"), "update"),
        **dict.fromkeys(told(done, "replaced"), "replace"),
        **dict.fromkeys(told(done, "unchanged"), "same"),
    }
    assert planned == carried_out

    assert "tablenumber" in checkout.columns("orders_processed")
    artifacts = checkout.client("s3").get_object(Bucket=before["artifacts_bucket"], Key="curation/contracts.json")
    assert "tablenumber" in artifacts["Body"].read().decode()
    checkout.post({**event, "tableNumber": 7})
    urllib3.request("POST", f"{checkout.cloud.url}/_rapid/flush")
    rows = checkout.query("SELECT tablenumber FROM orders_processed ORDER BY tablenumber")
    assert rows == [["7"], [""]]


@pytest.mark.parametrize(
    ("file", "before", "after", "error"),
    [
        (
            "sources/queries/orders/revenue_by_day.sql",
            "-- ",
            "",
            "sources/queries/orders/revenue_by_day.sql: line 1: must be `-- ` and what the query answers, in 1 to 1024 "
            "characters",
        ),
        (
            "sources/users.yaml",
            "    value: {limit: 1000000, period: DAY}",
            "    value: {limit: 5, period: DAY}",
            "sources/users.yaml: customProperties.quota: must be the same in all sources with authentication: api_key, "
            "which share the key: {limit: 1000000, period: DAY} as in events.yaml",
        ),
    ],
)
def test_a_mistake_ends_a_deployment_with_file_place_and_fix(checkout, file, before, after, error):
    path = checkout.folder / file
    correct, outputs = path.read_text(), checkout.outputs()
    path.write_text(correct.replace(before, after, 1))
    try:
        told = checkout.run("deploy", is_failing=True)
    finally:
        path.write_text(correct)
    assert told[-1]["failures"] == [{"type": "", "name": "", "error": error}]
    assert checkout.outputs() == outputs


def test_what_becomes_of_an_edit_is_looked_up_for_every_property_that_the_program_sets(checkout):
    resources = [item for item in checkout.record()["resources"] if item["type"].startswith("aws:")]
    known = {token: {*schema.updated.split(), *schema.forcing.split()} for token, schema in SCHEMAS.items()}
    unknown = {(item["type"], name) for item in resources for name in {*item["inputs"]} - known[item["type"]]}
    assert unknown == set()


def test_a_stack_that_is_destroyed_leaves_nothing(checkout):
    checkout.run("destroy")
    client = checkout.client
    left = {
        "buckets": client("s3").list_buckets()["Buckets"],
        "databases": client("glue").get_databases()["DatabaseList"],
        "jobs": client("glue").get_jobs()["Jobs"],
        "functions": client("lambda").list_functions()["Functions"],
        "streams": client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "roles": client("iam").list_roles()["Roles"],
        "log groups": client("logs").describe_log_groups()["logGroups"],
        "apis": client("apigateway").get_rest_apis()["items"],
        "keys": client("apigateway").get_api_keys()["items"],
        "plans": client("apigateway").get_usage_plans()["items"],
        "queries": client("athena").list_named_queries()["NamedQueryIds"],
        "stacks": client("cloudformation").describe_stacks()["Stacks"],
        "dashboards": client("quicksight").list_dashboards(AwsAccountId="123456789012")["DashboardSummaryList"],
        "data sets": client("quicksight").list_data_sets(AwsAccountId="123456789012")["DataSetSummaries"],
        "data sources": client("quicksight").list_data_sources(AwsAccountId="123456789012")["DataSources"],
    }
    assert {kind: items for kind, items in left.items() if items} == {}
    groups = [item["Name"] for item in client("athena").list_work_groups()["WorkGroups"]]
    assert groups == ["primary"]
    assert urllib3.request("GET", f"{checkout.cloud.url}/_rapid/stacks/dev").status == 404
