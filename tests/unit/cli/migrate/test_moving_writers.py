"""`rapid migrate cutover` and `rollback`, on a stack of which the test says what a deployment does."""

import sys
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError

from rapid.cli.errors import CommandError
from rapid.cli.migrate import cutover, decommission, rollback, state
from rapid.cli.migrate.state import Step

from .moving import CloudState, on_local_cloud, verified


@pytest.fixture
def deployed(tmp_path, monkeypatch):
    return on_local_cloud(tmp_path, monkeypatch)


def error_of(step, **options):
    with pytest.raises(CommandError) as caught:
        step.run(**{"force": True, **options})
    return str(caught.value)


def test_writers_are_moved_and_what_old_streams_held_is_waited_for(deployed, capsys):
    verified(deployed)
    assert cutover.run(force=True) == 0
    assert (deployed.key, deployed.phase, deployed.function, deployed.path) == (
        "cut_over",
        "cut_over",
        *["kinesis"] * 2,
    )
    assert deployed.done == ["deploy", "flush"]
    assert "# how far" in deployed.file.read_text()
    assert deployed.last(Step.CUTOVER)["writers"] == 2
    said = capsys.readouterr().out
    assert "Set `rapid-analytics:migration: cut_over` in Pulumi.prod.yaml." in said
    assert "All writers have moved" in said


def test_nothing_is_moved_before_a_verification(deployed):
    assert "no sync has come to its end" in error_of(cutover)
    assert (deployed.key, deployed.done) == ("side_by_side", [])


def test_moved_writers_are_not_moved_again(deployed, capsys):
    verified(deployed)
    cutover.run(force=True)
    deployed.done.clear()
    assert cutover.run(force=True) == 0
    assert deployed.done == []
    assert "moved already" in capsys.readouterr().out


def test_a_cutover_that_was_killed_while_it_waited_waits_again_and_is_recorded(deployed):
    deployed.set_key("cut_over")
    deployed.deploy()
    deployed.done.clear()
    assert cutover.run(force=True) == 0
    assert deployed.done == ["flush"]
    assert deployed.last(Step.CUTOVER)


def test_a_deployment_that_moved_nothing_leaves_the_key_as_it_was(deployed):
    verified(deployed)
    deployed.fails_after = "nothing"
    said = error_of(cutover)
    assert "a queue: no" in said
    assert "No writer has moved, and the config key migration is side_by_side again" in said
    assert deployed.key == "side_by_side"
    assert deployed.last(Step.CUTOVER) is None


def test_a_deployment_that_stopped_half_way_is_finished_by_the_next(deployed, capsys):
    verified(deployed)
    deployed.fails_after = "function"
    said = error_of(cutover)
    assert "1 of 2 writers have moved. Both ways are safe" in said
    assert "`rapid migrate cutover` goes on, `rapid migrate rollback` goes back" in said
    assert "path /clicks" in capsys.readouterr().out
    assert (deployed.key, deployed.phase) == ("cut_over", "side_by_side")
    assert cutover.run(force=True) == 0
    assert deployed.path == "kinesis"


def test_a_deployment_that_stopped_half_way_can_be_gone_back_on(deployed):
    verified(deployed)
    deployed.fails_after = "function"
    error_of(cutover)
    assert rollback.run(force=True) == 0
    assert (deployed.key, deployed.function, deployed.path) == ("side_by_side", "firehose", "firehose")


def test_a_cutover_that_was_killed_before_anything_moved_can_be_gone_back_on(deployed):
    deployed.set_key("cut_over")
    assert rollback.run(force=True) == 0
    assert (deployed.key, deployed.phase, deployed.function) == ("side_by_side", "side_by_side", "firehose")


def test_writers_go_forth_and_back_and_forth(deployed):
    verified(deployed)
    cutover.run(force=True)
    assert rollback.run(force=True) == 0
    assert (deployed.phase, deployed.function, deployed.path) == ("side_by_side", "firehose", "firehose")
    assert deployed.last(Step.ROLLBACK)
    deployed.done.clear()
    assert cutover.run(force=True) == 0
    assert deployed.done == ["deploy", "flush"]


def test_what_has_not_moved_is_not_moved_back(deployed):
    assert "rollback is a step of phase cut_over" in error_of(rollback)
    assert deployed.done == []


def test_a_writer_that_a_deployment_left_behind_is_named(deployed, monkeypatch):
    verified(deployed)
    monkeypatch.setattr(type(deployed), "path", property(lambda _: "firehose", lambda *_: None), raising=False)
    assert "clicks (path /clicks) has not moved" in error_of(cutover)
    assert deployed.last(Step.CUTOVER) is None


@pytest.mark.parametrize(("answer", "moves"), [("y", True), ("n", False)])
def test_somebody_is_asked_first(deployed, monkeypatch, answer, moves):
    verified(deployed)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    if moves:
        assert cutover.run(force=False) == 0
    else:
        assert error_of(cutover, force=False) == "nothing was changed"
    assert deployed.key == ("cut_over" if moves else "side_by_side")


def test_where_nobody_is_there_to_be_asked_nothing_is_moved(deployed, monkeypatch):
    verified(deployed)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    assert "say --force" in error_of(cutover, force=False)
    assert deployed.key == "side_by_side"


def test_old_streams_that_do_not_deliver_are_named_and_do_not_undo_the_move(deployed, monkeypatch, capsys):
    verified(deployed)
    monkeypatch.setattr("rapid.cli.teardown.streams.drain", lambda *_: {"old-orders": "3 records"})
    assert cutover.run(force=True) == 0
    assert "old-orders still holds 3 records; its log says why" in capsys.readouterr().out
    assert deployed.last(Step.CUTOVER)


def test_an_interrupted_deployment_says_who_writes_where(deployed, monkeypatch):
    verified(deployed)

    def interrupted(*_):
        deployed.function = "kinesis"
        raise KeyboardInterrupt

    monkeypatch.setattr("rapid.cli.local_changes.deploy", interrupted)
    assert error_of(cutover).startswith("interrupted\n1 of 2 writers have moved.")


def test_a_stack_without_a_migration_is_told_how_to_begin(deployed):
    deployed.phase = None
    assert "the stack has no streaming lake yet" in error_of(cutover)
    assert state.find(CloudState(deployed).stack) is None


@pytest.mark.parametrize("command", [cutover, rollback, decommission])
def test_what_aws_refuses_is_a_line_and_no_trace(command, deployed, monkeypatch):
    def refuse(_stack):
        raise EndpointConnectionError(endpoint_url="https://s3.example.com")

    monkeypatch.setattr(state, "of", refuse)
    with pytest.raises(CommandError, match="AWS cannot be asked: Could not connect to the endpoint"):
        command.run(force=True)
