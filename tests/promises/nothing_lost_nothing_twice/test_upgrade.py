"""A stack of an earlier release, upgraded: nothing that holds data is replaced, no row is lost or made twice."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rapid.cli import project
from rapid.cli.counts import command
from rapid.cli.counts.fates import Fates
from rapid.cli.target import LocalStack
from tests.deployed.clouds import ROOT, found_by_commands, own_cloud
from tests.deployed.evidence import curate, number, rows
from tests.deployed.mishaps import envelope, environment, put_on_the_stream, send, some_orders

from .test_file_rows import COLUMNS, land, order, run_files_job

RELEASES = sorted((ROOT / "tests/releases").glob("*.tar.xz"))
HOLD_DATA_OR_AN_ADDRESS = {
    "aws:apigateway/apiKey:ApiKey",
    "aws:apigateway/restApi:RestApi",
    "aws:apigateway/stage:Stage",
    "aws:athena/workgroup:Workgroup",
    "aws:cognito/identityPool:IdentityPool",
    "aws:glue/catalogDatabase:CatalogDatabase",
    "aws:glue/catalogTable:CatalogTable",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
    "aws:sqs/queue:Queue",
}
"""Types of resources that clients know by name, or that keep what was accepted."""
ADDRESSES = ("ingest_url", "api_key", "paths", "streams", "identity_pool_id", "database", "workgroup")
"""Outputs that clients and people have written down."""
CURATED, DEAD, BUFFERED, LANDED = 40, 3, 7, 5
"""Orders in each state when the upgrade comes."""
ORDERS = project.contract_of("orders")


def deploy(folder: Path, url: str) -> list[dict[str, str]]:
    """Bring the stack `dev` to what the program in a folder says; what was done, resource by resource."""
    program = [sys.executable, "-m", "rapid.local.deploy", "--stack", "dev", "--endpoint", url]
    ended = subprocess.run([*program, "--project", str(folder)], cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return [event for event in told if event["event"] == "resource"]


def orders(prefix: str, count: int) -> list[dict[str, Any]]:
    return [{**event, "event_id": f"{prefix}{index}"} for index, event in enumerate(some_orders(count))]


def fates(stack: LocalStack) -> Fates:
    [counted] = command.of(stack, (ORDERS,))
    return counted.fates


@dataclass(frozen=True)
class Upgraded:
    """A stack after its upgrade, and what it was before."""

    stack: LocalStack
    done: list[dict[str, str]]
    """What the upgrade did to each resource."""
    before: dict[str, Any]
    """The outputs before it."""
    curated_before: set[tuple[str | None, ...]]
    """Rows of the curated orders before it."""


@pytest.fixture(scope="module", params=RELEASES, ids=lambda archive: archive.name.removesuffix(".tar.xz"))
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """A stack of a release with orders in every state between the door and the table, then this program on top."""
    folder = tmp_path_factory.mktemp("release")
    with tarfile.open(request.param) as archive:
        archive.extractall(folder, filter="data")
    with own_cloud() as url, found_by_commands(url):
        deploy(folder, url)
        release = LocalStack(url, "dev")
        send(release, orders("curated", CURATED))
        put_on_the_stream(release, envelope("bad", {"price": "free"}))
        curate(release, "orders")
        rows_before = set(rows(release, "SELECT * FROM orders"))
        with environment(release, "ingest", STREAMS='{"orders": "no-such-stream"}'):
            send(release, orders("dead", DEAD))
        land(
            release, "landed", (",".join(COLUMNS) + "\n" + "".join(order(f"r{row}") for row in range(LANDED))).encode()
        )
        send(release, orders("buffered", BUFFERED))
        outputs = dict(release.outputs)
        yield Upgraded(LocalStack(url, "dev"), deploy(ROOT, url), outputs, rows_before)


def test_nothing_that_holds_data_or_an_address_is_replaced_or_deleted(upgraded: Upgraded) -> None:
    held = [event for event in upgraded.done if event["type"] in HOLD_DATA_OR_AN_ADDRESS]
    assert {event["type"] for event in held} == HOLD_DATA_OR_AN_ADDRESS
    assert [event for event in held if event["status"] in ("replaced", "deleted", "retained")] == []


def test_clients_go_on_with_the_addresses_that_they_have(upgraded: Upgraded) -> None:
    for name in ADDRESSES:
        before, after = upgraded.before[name], upgraded.stack.outputs[name]
        # A source that is new brings addresses of its own.
        assert (after == before) if isinstance(before, str) else (after.items() >= before.items()), name


def test_every_order_from_before_is_where_it_belongs_and_no_row_is_lost_or_made_twice(upgraded: Upgraded) -> None:
    stack = upgraded.stack
    assert set(rows(stack, "SELECT * FROM orders")) == upgraded.curated_before
    run_files_job(stack)
    # What was sent before and is sent again is the same event still.
    send(stack, [*orders("curated", 2), *orders("buffered", 2), *orders("new", 4)])
    curate(stack, "orders")
    assert set(rows(stack, "SELECT * FROM orders")) > upgraded.curated_before
    assert number(stack, "SELECT count(*) FROM orders") == CURATED + LANDED + BUFFERED + 4
    found = fates(stack)
    assert (found.curated, found.duplicate, found.quarantined, found.dead_lettered, found.in_flight, found.adds_up) == (
        CURATED + LANDED + BUFFERED + 4,
        4,
        1,
        DEAD,
        0,
        True,
    )


def test_another_deployment_has_nothing_to_change(upgraded: Upgraded) -> None:
    assert {event["status"] for event in deploy(ROOT, upgraded.stack.endpoint_url)} == {"unchanged"}
