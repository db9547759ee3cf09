"""What `rapid local deploy` and `destroy` print, here of a deployer that a script of the test stands for."""

import json
import sys

import pytest

from rapid.cli import local_changes
from rapid.cli.errors import CommandError
from rapid.cli.target import LocalStack

STACK = LocalStack("http://127.0.0.1:1", "dev")
QUEUE = "aws:sqs/queue:Queue"


def done(status, name, type_=QUEUE):
    return json.dumps({"event": "resource", "type": type_, "name": name, "status": status})


@pytest.fixture
def deployer(tmp_path, monkeypatch):
    def says(*lines, status=0):
        script = tmp_path / "deployer.py"
        script.write_text(f"import sys\nfor line in {lines!r}:\n    print(line)\nsys.exit({status})\n")
        monkeypatch.setattr(local_changes, "PROGRAM", (sys.executable, str(script)))

    return says


def test_a_deployment_lists_what_it_changed_and_counts_what_it_did_not(deployer, capsys):
    deployer(done("updated", "a"), done("unchanged", "b"), done("replaced", "c"), done("unchanged", "d"))
    local_changes.deploy(STACK, [])
    assert capsys.readouterr().out.splitlines() == [
        f"updated    {QUEUE} a",
        f"replaced   {QUEUE} c",
        "1 updated, 1 replaced; 2 unchanged",
    ]


@pytest.mark.parametrize(("status", "is_told"), [("created", True), ("updated", True), ("unchanged", False)])
def test_a_deployment_that_changes_tables_says_how_the_curated_ones_follow(deployer, capsys, status, is_told):
    deployer(done(status, "a", "aws:glue/catalogTable:CatalogTable"))
    local_changes.deploy(STACK, [])
    assert ("begins in a minute or two brings the curated ones along" in capsys.readouterr().out) == is_told


def test_a_deployment_that_changes_nothing_says_so(deployer, capsys):
    deployer(done("unchanged", "a"))
    local_changes.deploy(STACK, [])
    assert capsys.readouterr().out == "nothing changed; 1 unchanged\n"


def test_a_deployment_that_fails_says_what_it_did_and_lists_every_failure(deployer, capsys):
    failures = [
        {"type": QUEUE, "name": "b", "error": "no"},
        {"type": QUEUE, "name": "c", "error": "skipped: depends on b, which failed"},
    ]
    deployer(done("created", "a"), json.dumps({"event": "failed", "failures": failures}), status=1)
    with pytest.raises(CommandError) as caught:
        local_changes.deploy(STACK, [])
    assert str(caught.value) == (
        f"deploy of stack dev failed:\n  {QUEUE} b: no\n  {QUEUE} c: skipped: depends on b, which failed"
    )
    assert capsys.readouterr().out.splitlines()[-1] == "1 created"


def test_a_stack_without_resources_is_destroyed_saying_so(deployer, capsys):
    deployer(json.dumps({"event": "done", "outputs": {}}))
    local_changes.destroy(STACK)
    assert capsys.readouterr().out == "The stack has no resources.\n"


def test_a_preview_prints_the_tree(deployer, capsys):
    plan = {"event": "plan", "type": QUEUE, "name": "a", "urn": "a", "parent": "", "operation": "create"}
    deployer(json.dumps({**plan, "differences": [], "forced_by": []}))
    local_changes.preview(STACK, [])
    assert capsys.readouterr().out == f"+  {QUEUE} a: create\n\n1 to create; 0 the same\n"
