"""`rapid smoke` on a deployed stack."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.counts import command as counts
from rapid.cli.smoke import arrival
from rapid.cli.target import LocalStack
from tests.deployed.evidence import number
from tests.deployed.mishaps import environment


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["smoke", *arguments])


def checks(result: Result) -> dict[str, dict[str, Any]]:
    return {f"{it['source']} {it['check']}".strip(): it for it in json.loads(result.stdout)["checks"]}


def test_every_door_takes_an_event_that_is_found_and_curated_and_the_counts_add_up(stack: LocalStack) -> None:
    result = run("--curate", "--json")
    found = checks(result)
    # Other tests, which do what sets alarms off, have had the stack too.
    failed = {name for name, check in found.items() if check["result"] == "failed"} - {"alarms"}
    assert failed == set(), result.output
    assert result.exit_code == (found["alarms"]["result"] == "failed")
    for source in stack.outputs["paths"]:
        names = ("accept", "object", f"query {source}_now", f"query {source}")
        assert {found[f"{source} {name}"]["result"] for name in names} == {"ok"}
    assert found["clickstream object file"]["seen"].rpartition("/")[2].startswith("file-")
    assert found["clickstream query clickstream"]["seen"] == "4 sent, 4 in clickstream"
    storefront = ("page", "menu", "feedback accept page", "feedback object page", "clickstream object page")
    assert {found[name]["result"] for name in storefront} == {"ok"}
    assert found["appsflyer accept"]["result"] == "not made"
    assert "docs/ldap.md" in found["appsflyer accept"]["seen"]
    assert "QuickSight rapid-analytics-dev-restaurant" in found["dashboards"]["seen"]
    assert number(stack, "SELECT count(*) FROM orders WHERE menuItem = 'smoke-test' AND price = 0") >= 1
    [counted] = counts.of(stack, [project.contract_of("clickstream")])
    assert counted.fates.adds_up


def test_an_event_that_never_arrives_fails_the_test_with_where_to_look(stack: LocalStack) -> None:
    with environment(stack, "orders-transform", SOURCE="nothing"):
        result = run("orders", "--timeout", "1")
    assert result.exit_code == 1
    assert "no object in the processed zone holds smoke-" in result.stderr
    assert "next: `rapid trace smoke-" in result.stderr
    assert re.search(r"orders +object +FAILED", result.stdout)


def test_what_the_caller_may_not_read_fails_the_test_and_leaves_the_table(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "ListObjectsV2")

    monkeypatch.setattr(arrival.s3_objects, "listing", refused)
    result = run("users", "--json")
    assert result.exit_code == 1
    found = checks(result)
    assert found["users accept"]["result"] == "ok"
    assert found["delivery"]["seen"] == "ListObjectsV2: AccessDenied: Access Denied"
    assert "docs/data-access.md" in found["delivery"]["next"]


def test_ctrl_c_prints_what_was_checked_so_far(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(arrival.Arrivals, "found", interrupted)
    result = run("clickstream")
    assert result.exit_code == 1
    assert "5 of 6 checks passed." in result.stdout
    assert "FAILED: delivery: interrupted" in result.stderr
    assert "Interrupted: the checks that are missing were not made." in result.stdout
