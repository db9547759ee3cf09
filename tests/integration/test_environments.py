"""Stacks side by side in one account and region, each from one file of configuration; made in parts; and their end."""

import datetime
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from playwright.sync_api import expect, sync_playwright
from typer.testing import CliRunner

from rapid.cli import local_changes, project
from rapid.cli.app import app
from rapid.cli.errors import CommandError
from rapid.cli.target import LocalStack
from rapid.cli.teardown import buckets, command, jobs
from rapid.cli.teardown.state import LocalState
from tests.browser.phones import PHONE, Phone
from tests.deployed import project_folder
from tests.deployed.clouds import ROOT
from tests.deployed.evidence import curate_here, number
from tests.deployed.mishaps import send, some_orders

CUSTOMER = "customer-a"
SOURCES = ("clickstream", "feedback", "orders")
INIT = ["init", CUSTOMER, "--storefront", "guest", "--sources", ",".join(SOURCES), "--yes"]
"""Writes all that the stack of another customer needs."""
NEW_FIELD = """\
      - name: tip
        logicalType: integer
        description: What the guest gave on top.
"""
TAG = "rapid-analytics:stack"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with four sources, and one more file of configuration, by which a stack has three."""
    folder = tmp_path_factory.mktemp("project")
    project_folder.copy(folder, {*SOURCES, "users"})
    shutil.copy(ROOT / "Pulumi.prod.yaml", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        assert CliRunner().invoke(app, INIT).exit_code == 0
    # The shared stack has set API Gateway's role for logs.
    configure(folder, CUSTOMER, api_gateway_logging="existing")
    return folder


@pytest.fixture(scope="module")
def parts(shared_stack: LocalStack, folder: Path) -> Iterator[list[set[str]]]:
    """The stack of a customer on the cloud of the shared stack, made in three parts: what each of them made."""
    stack = LocalStack(shared_stack.endpoint_url, CUSTOMER)
    made: list[set[str]] = []
    for target in (["--target", "lakehouse"], ["--target", "orders"], []):
        project_folder.deploy(folder, stack.endpoint_url, CUSTOMER, *target)
        made.append({item["name"] for item in resources(stack)} - {name for part in made for name in part})
    yield made
    if resources(stack):  # a test failed
        configure(folder, CUSTOMER, data_protection="destroy")
        project_folder.deploy(folder, stack.endpoint_url, CUSTOMER)
        project_folder.deploy(folder, stack.endpoint_url, CUSTOMER, "--action", "destroy")


@pytest.fixture(scope="module")
def theirs(shared_stack: LocalStack, parts: list[set[str]]) -> LocalStack:
    """That stack."""
    return LocalStack(shared_stack.endpoint_url, CUSTOMER)


@pytest.fixture(autouse=True)
def _commands(stack: LocalStack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are of the copy, and which stack they talk to is put back after each test."""
    monkeypatch.setattr(local_changes, "ROOT", folder)
    monkeypatch.setattr(project, "ROOT", folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def teardown(*, keep_data: bool = False) -> int:
    return command.run(CUSTOMER, force=True, keep_data=keep_data)


def tagged(stack: LocalStack) -> set[str]:
    client = stack.client("resourcegroupstaggingapi")
    filters = [{"Key": TAG, "Values": [f"rapid-analytics/{stack.stack}"]}]
    pages = client.get_paginator("get_resources").paginate(TagFilters=filters)
    return {item["ResourceARN"] for page in pages for item in page["ResourceTagMappingList"]}


def resources(stack: LocalStack) -> list[dict[str, Any]]:
    record = urllib3.request("GET", f"{stack.endpoint_url}/_rapid/stacks/{stack.stack}").json()
    return [item for item in record.get("resources", []) if item["id"]]


def buckets_of(stack: LocalStack) -> set[str]:
    return {item["id"] for item in resources(stack) if item["type"] == "aws:s3/bucket:Bucket"}


def configure(folder: Path, stack: str, **config: str) -> None:
    file = folder / f"Pulumi.{stack}.yaml"
    settings: dict[str, Any] = yaml.safe_load(file.read_text())
    settings["config"] |= {f"rapid-analytics:{key}": value for key, value in config.items()}
    file.write_text(yaml.safe_dump(settings))


def orders(prefix: str, count: int) -> list[dict[str, Any]]:
    return [{**event, "event_id": f"{prefix}{index}"} for index, event in enumerate(some_orders(count))]


def seen(stack: LocalStack, prefix: str, table: str = "orders") -> int:
    return number(stack, f"SELECT count(*) FROM {table} WHERE event_id LIKE '{prefix}%'")


def interrupt(*_arguments: object) -> int:
    raise KeyboardInterrupt


def test_a_part_is_deployed_alone_then_another_then_the_rest(parts: list[set[str]]) -> None:
    lakehouse, orders_alone, rest = parts
    assert "lakehouse-orders-processed" in lakehouse
    assert [name for name in lakehouse if not name.startswith("lakehouse-")] == []
    assert "orders-stream" in orders_alone
    assert [name for name in orders_alone if not name.startswith("orders-")] == []
    assert {"clickstream-stream", "ingest-stage", "curation-job"} <= rest


def test_two_stacks_of_one_account_work_and_neither_sees_what_the_other_was_sent(
    stack: LocalStack, theirs: LocalStack
) -> None:
    send(stack, orders("ours-", 30))
    send(theirs, orders("theirs-", 7))
    for one in (stack, theirs):
        curate_here(one, "orders")
    assert (seen(stack, "ours-"), seen(stack, "theirs-")) == (30, 0)
    assert (seen(theirs, "ours-"), seen(theirs, "theirs-")) == (0, 7)


def test_an_answer_goes_from_a_deployed_page_onto_the_stream_as_the_page_s_own_policy_lets_it(
    theirs: LocalStack, chromium: str
) -> None:
    # In this test alone: while Playwright runs no other event loop can.
    with sync_playwright() as playwright:
        guest = Phone(playwright.chromium.launch(executable_path=chromium).new_context(**PHONE))
        guest.page.goto(f"{theirs.outputs['storefront_url']}/?store=theirs")
        guest.page.locator(".scale label:has([value='9'])").tap()
        guest.page.locator("button.main").tap()
        expect(guest.page.locator("#thanks.sent")).to_be_visible()
        assert guest.problems == []
    theirs.flush()
    answers = "SELECT count(*) FROM feedback_processed WHERE store_id = 'theirs' AND score = 9"
    assert number(theirs, f"{answers} AND ingest_id LIKE 'guest-%'") == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["counts", "--json"], SOURCES),
        (["query", "--list", "--json"], (*SOURCES, "all")),
        (["errors", "list", "--json"], ()),
        (["trace", "theirs-0", "--json"], ("orders",)),
    ],
    ids=lambda given: given[0] if given else "none",
)
def test_commands_are_about_the_sources_that_the_stack_has_chosen(
    theirs: LocalStack, monkeypatch: pytest.MonkeyPatch, words: list[str], named: tuple[str, ...]
) -> None:
    assert theirs.outputs["sources"] == [*SOURCES]
    monkeypatch.setenv("PULUMI_STACK", CUSTOMER)
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert {*re.findall(r'"source": "(\w+)"', said.stdout)} == {*named}


def test_two_stacks_have_no_resource_and_no_tag_in_common(stack: LocalStack, theirs: LocalStack) -> None:
    arns = [{item["outputs"].get("arn") for item in resources(one)} - {None} for one in (stack, theirs)]
    assert arns[0] & arns[1] == set()
    assert len(arns[1]) > 50
    assert len(tagged(theirs)) > 30
    assert tagged(stack) & tagged(theirs) == set()


def test_a_stack_that_protects_its_data_is_refused_and_loses_nothing(
    theirs: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPID_DELETE_DATA", CUSTOMER)
    with pytest.raises(CommandError, match="turn two keys"):
        teardown()
    assert seen(theirs, "theirs-") == 7


def test_what_is_kept_outlives_its_stack_and_is_built_around_again(
    stack: LocalStack, theirs: LocalStack, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(theirs, orders("theirs-late-", 1))
    queue, sqs = theirs.outputs["dead_letter_queue_url"], theirs.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    with pytest.raises(CommandError, match=r"1 message on the queue .* would be lost; `rapid errors replay`"):
        teardown(keep_data=True)
    sqs.purge_queue(QueueUrl=queue)
    assert teardown(keep_data=True) == 0
    told = capsys.readouterr().out
    assert f"Kept: aws:s3/bucket:Bucket {theirs.outputs['curated_bucket']}" in told
    assert "deploying it again builds the rest around it" in told
    assert {item["type"] for item in resources(theirs) if not item["protect"]} == set()
    # The first key: what is deployed now may be deleted.
    configure(folder, CUSTOMER, data_protection="destroy")
    contract = folder / "sources" / "orders.yaml"
    contract.write_text(contract.read_text().replace("      - name: menuItem", NEW_FIELD + "      - name: menuItem"))
    project_folder.deploy(folder, theirs.endpoint_url, CUSTOMER)
    # What was on its way when the stack ended was delivered first.
    assert seen(LocalStack(theirs.endpoint_url, CUSTOMER), "theirs-", "orders_processed") == 8


def test_after_a_contract_gained_a_field_a_run_begins_soon_and_its_views_answer_without_new_events(
    theirs: LocalStack,
) -> None:
    again = LocalStack(theirs.endpoint_url, CUSTOMER)
    with pytest.raises(CommandError, match="answer again minutes after"):
        seen(again, "theirs-")
    scheduler = again.client("scheduler")
    [group] = [item["id"] for item in resources(again) if item["name"] == "curation-starter-schedules"]
    [one_time] = scheduler.list_schedules(GroupName=group, NamePrefix="start-")["Schedules"]
    schedule = scheduler.get_schedule(GroupName=group, Name=one_time["Name"])
    due = datetime.datetime.fromisoformat(schedule["ScheduleExpression"][3:-1]).replace(tzinfo=datetime.UTC)
    assert due - datetime.datetime.now(datetime.UTC) < datetime.timedelta(minutes=2)
    again.client("lambda").invoke(
        FunctionName=schedule["Target"]["Arn"].rpartition(":")[2], Payload=schedule["Target"]["Input"]
    )
    jobs.wait(again, LocalState(again).resources(), lambda _what: None)
    [run] = again.client("glue").get_job_runs(JobName=again.outputs["curate_job"])["JobRuns"]
    assert run["JobRunState"] == "SUCCEEDED"
    assert seen(again, "theirs-") == 8
    assert number(again, "SELECT count(*) FROM orders_now WHERE tip IS NULL") == 8


def test_with_two_keys_turned_a_stack_goes_with_all_it_had_and_the_other_does_not_notice(
    stack: LocalStack,
    theirs: LocalStack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(CommandError, match="the second is not turned"):
        teardown()
    monkeypatch.setenv("RAPID_DELETE_DATA", CUSTOMER)
    [api] = [item["id"] for item in resources(theirs) if item["type"] == "aws:apigateway/restApi:RestApi"]
    # As API Gateway makes one for itself.
    group = f"API-Gateway-Execution-Logs_{api}/v1"
    stack.client("logs").create_log_group(logGroupName=group)
    ended, stays = buckets_of(theirs), buckets_of(stack)
    with monkeypatch.context() as patch:
        patch.setattr(buckets, "empty", interrupt)
        with pytest.raises(CommandError, match=f"rapid teardown --stack {CUSTOMER}` goes on from what there is"):
            teardown()
    assert teardown() == 0
    told = capsys.readouterr().out
    assert f"Deleted the log group {group}" in told
    assert f"{theirs.outputs['database']}.orders_curated from the catalog" in told
    assert f"Nothing else of stack {CUSTOMER} is left" in told
    # KMS deletes no key at once.
    assert {arn.split(":")[2] for arn in tagged(theirs)} <= {"kms"}
    left = {bucket["Name"] for bucket in stack.client("s3").list_buckets()["Buckets"]}
    assert (ended & left, stays - left) == (set(), set())
    send(stack, orders("after-", 3))
    stack.flush()
    assert seen(stack, "after-", "orders_now") == 3


def test_a_stack_that_is_gone_is_torn_down_once_more_without_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    assert teardown() == 0
    assert f"Nothing else of stack {CUSTOMER} is left" in capsys.readouterr().out


def test_a_name_that_no_stack_has_is_refused() -> None:
    with pytest.raises(CommandError, match=r"Pulumi\.customer-b\.yaml does not exist; name a stack that exists"):
        command.run("customer-b", force=True, keep_data=False)
