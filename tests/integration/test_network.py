"""The stack inside of a VPC that it makes: events in, rows out, a login at the directory, reports on shared files."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from rapid.cli import project
from rapid.cli.target import LocalStack
from rapid.local.ldap import Slapd
from tests import slapd
from tests.deployed import project_folder
from tests.deployed.clouds import found_by_commands, own_cloud
from tests.deployed.events import ORDER
from tests.deployed.evidence import curate, number
from tests.integration.test_ldap_door import PASSWORD, PEOPLE, post
from tests.unit.local.cloud_rig import zipped

WAIT_SECONDS = 60
LISTING = """
import os, pathlib
def handler(event, context):
    root = pathlib.Path(os.environ["DIRECTORY"])
    return {str(file.relative_to(root)): file.read_text() for file in root.rglob("*") if file.is_file()}
"""


@pytest.fixture(scope="module")
def directory() -> Iterator[Slapd]:
    with slapd.started(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def cloud_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud") / "log"


@pytest.fixture(scope="module")
def stack(directory: Slapd, cloud_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("project")
    project_folder.copy(
        folder,
        {"appsflyer", "orders"},
        dashboards="none",
        network="create",
        ldap_url=directory.url,
        ldap_base_dn=directory.base_dn,
        ldap_ca_certificate=directory.ca_certificate,
    )
    with own_cloud(cloud_log) as url, found_by_commands(url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        project_folder.deploy(folder, url)
        yield LocalStack(url)


def send_order(stack: LocalStack) -> urllib3.BaseHTTPResponse:
    url = stack.outputs["ingest_url"] + stack.outputs["paths"]["orders"]
    return urllib3.request("POST", url, json=ORDER, headers={"x-api-key": stack.outputs["api_key"]}, retries=False)


def invoke(stack: LocalStack, function: str) -> dict[str, str]:
    response = stack.client("lambda").invoke(FunctionName=function)
    answer: dict[str, str] = json.loads(response["Payload"].read())
    assert "FunctionError" not in response, answer
    return answer


def lister(stack: LocalStack) -> str:
    """Another function with the same mount, which says what is on the file system; its name."""
    functions = stack.client("lambda").list_functions()["Functions"]
    (copier,) = [item for item in functions if item["FunctionName"].startswith("report-copies-")]
    client, name = stack.client("lambda"), "listing"
    client.create_function(
        FunctionName=name,
        Role=copier["Role"],
        Runtime="python3.13",
        Handler="handler.handler",
        Timeout=60,
        Code={"ZipFile": zipped(handler=LISTING)},
        VpcConfig={name: copier["VpcConfig"][name] for name in ("SubnetIds", "SecurityGroupIds")},
        FileSystemConfigs=copier["FileSystemConfigs"],
        Environment={"Variables": {"DIRECTORY": copier["Environment"]["Variables"]["DIRECTORY"]}},
    )
    return name


def copied_of(files: dict[str, str]) -> list[object]:
    """The reports of runs for orders among files."""
    return [json.loads(text) for name, text in files.items() if name.startswith("reports/orders/")]


def test_every_function_and_job_is_inside(stack: LocalStack) -> None:
    functions = stack.client("lambda").list_functions()["Functions"]
    assert {item["VpcConfig"]["VpcId"] for item in functions} == {stack.outputs["vpc_id"]}
    glue = stack.client("glue")
    for name in glue.list_jobs()["JobNames"]:
        assert glue.get_job(JobName=name)["Job"]["Connections"]["Connections"]


def test_a_login_at_the_directory_goes_out_by_its_port(stack: LocalStack) -> None:
    assert post(stack, "appsflyer", "appsflyer", PASSWORD).status == 202
    assert post(stack, "appsflyer", "outsider", PASSWORD).status == 403


def test_an_order_becomes_a_row_and_the_run_s_report_lies_on_the_file_system_within_the_hour(stack: LocalStack) -> None:
    assert send_order(stack).status == 202
    report = curate(stack, "orders")
    assert number(stack, "SELECT count(*) FROM orders") == 1
    _, ran = stack.tick("+1h")
    assert any("report-copies" in run["name"] for run in ran), ran
    listing, deadline = lister(stack), time.monotonic() + WAIT_SECONDS
    # A schedule invokes a function without waiting for it, which copies one thing after the other.
    while report not in copied_of(found := invoke(stack, listing)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert report in copied_of(found)
    curate_log = re.compile(r"logs/aws-glue/rapid-analytics-dev-curation/output/jr_.*\.log")
    while not any(map(curate_log.fullmatch, found)) and time.monotonic() < deadline:
        found = invoke(stack, listing)
    assert any(map(curate_log.fullmatch, found))


def test_without_the_way_out_events_are_refused_and_the_log_names_the_endpoint_that_is_missing(
    stack: LocalStack, cloud_log: Path
) -> None:
    ec2 = stack.client("ec2")
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [stack.outputs["vpc_id"]]}])["RouteTables"]
    (out,) = [
        (table["RouteTableId"], route["NatGatewayId"])
        for table in tables
        for route in table["Routes"]
        if "NatGatewayId" in route
    ]
    ec2.delete_route(RouteTableId=out[0], DestinationCidrBlock="0.0.0.0/0")
    try:
        assert send_order(stack).status == 503
        assert "has no interface endpoint with private DNS com.amazonaws.us-east-1.kinesis-firehose" in (
            cloud_log.read_text()
        )
    finally:
        ec2.create_route(RouteTableId=out[0], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=out[1])
    assert send_order(stack).status == 202
