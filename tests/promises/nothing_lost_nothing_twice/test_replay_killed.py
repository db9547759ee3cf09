"""`rapid errors replay` is killed at random moments: whatever was to be sent again is curated once in the end."""

import random
import subprocess
import sys
import time

from typer.testing import CliRunner

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.counts import command
from rapid.cli.counts.fates import Fates
from rapid.cli.project import ROOT
from rapid.cli.target import LocalStack
from tests.deployed.evidence import curate_here
from tests.deployed.mishaps import envelope, environment, put_on_the_stream, send, some_orders

# The messages of a command that was killed come back to the queue after a second, and not after two minutes.
_REPLAY = """
from rapid.cli import dead_letter_queue, main
dead_letter_queue.HIDDEN_SECONDS = 1
main()
"""


def killed_replay(seconds: float) -> int:
    """Replay in a process of its own, killed so long after it began to look; its exit status."""
    command = [sys.executable, "-c", _REPLAY, "errors", "replay", "orders"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        assert process.stderr is not None
        process.stderr.readline()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stderr.read()
    return process.returncode


def fates(stack: LocalStack) -> Fates:
    [counted] = command.of(stack, (project.contract_of("orders"),))
    assert counted.fates.adds_up, counted
    return counted.fates


def test_a_replay_that_is_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(own_stack: LocalStack) -> None:
    good, bad = some_orders(30), {**some_orders(1)[0], "price": -3}
    with environment(own_stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
        for start in range(0, 10, 2):
            send(own_stack, good[start : start + 2])
    with environment(own_stack, "orders-transform", QUARANTINE_BUCKET="no-such-bucket"):
        # The bad one makes the transform fail, and all that share its batch with it.
        lines = [envelope(f"{number}-in-one-record", body) for number, body in enumerate([*good[10:20], bad])]
        put_on_the_stream(own_stack, b"".join(lines))
        own_stack.flush()
    found = fates(own_stack)
    assert (found.dead_lettered, found.failed) == (10, 11)

    moments, statuses = random.Random(1), []
    for _ in range(5):
        statuses.append(killed_replay(moments.uniform(0.0, 0.8)))
        time.sleep(1)
        if moments.random() < 0.5:
            own_stack.flush()
        fates(own_stack)
    assert -9 in statuses
    time.sleep(1)
    CliRunner().invoke(app, ["errors", "replay", "orders"])
    curate_here(own_stack, "orders")
    found = fates(own_stack)
    assert (found.curated, found.duplicate, found.quarantined, found.accepted) == (20, 0, 1, 21)
