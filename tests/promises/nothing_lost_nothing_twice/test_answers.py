"""A guest's answers, as the storefront's form sends them: what was taken is counted, and erased if the guest asks."""

import json
import uuid
from typing import Any

import pytest
import urllib3
from typer.testing import CliRunner

from rapid.cli import project
from rapid.cli.app import app
from rapid.cli.counts import command
from rapid.cli.counts.fates import Fates
from rapid.cli.target import LocalStack
from tests.deployed.clouds import found_by_commands
from tests.deployed.evidence import curate_here, rows

FEEDBACK = project.contract_of("feedback")
CONTACT = "guest-who-leaves@example.com"


def answer(**changes: Any) -> dict[str, Any]:
    """One answer: what web/answer.js makes of a form that was filled in."""
    place = {"store_id": "main-street", "table_id": "7"}
    made = {"event_id": str(uuid.uuid4()), "submitted_at": "2026-03-14T18:30:00.000Z", **place, "score": 9}
    return {**made, "comment": "Lovely soup.", "contact_consent": False, **changes}


def send(stack: LocalStack, body: Any) -> int:
    """Post it as a page does; the answer's status."""
    url = stack.outputs["ingest_url"].rstrip("/") + stack.outputs["paths"]["feedback"]
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://guests.example.com"}
    return urllib3.request("POST", url, body=json.dumps(body).encode(), headers=headers, retries=False).status


def fates(stack: LocalStack) -> Fates:
    curate_here(stack, "feedback")
    [counted] = command.of(stack, (FEEDBACK,))
    assert counted.fates.adds_up, counted.fates
    return counted.fates


@pytest.fixture(scope="module")
def sent(own_stack: LocalStack) -> Fates:
    """What became of answers of every kind."""
    once, twice = answer(contact_consent=True, contact=CONTACT), answer()
    assert send(own_stack, once) == 200
    assert send(own_stack, twice) == 200
    # The telephone did not hear that it was taken.
    assert send(own_stack, twice) == 200
    # The door says no to a single answer, and that is none.
    assert send(own_stack, answer(score=11)) == 400
    # Of several it takes what it cannot check one by one.
    assert send(own_stack, [answer(), answer(score=11), answer(store_id="")]) == 200
    line = {"id": f"guest-{uuid.uuid4()}", "receivedAt": "2026-03-14T18:30:00.000Z", "body": answer(score=11)}
    own_stack.client("firehose").put_record_batch(
        DeliveryStreamName=own_stack.outputs["streams"]["feedback"],
        Records=[{"Data": json.dumps(line).encode() + b"\n"}],
    )
    return fates(own_stack)


def test_what_was_taken_is_a_row_a_repeat_or_in_quarantine_and_what_was_refused_is_nothing(sent: Fates) -> None:
    assert (sent.curated, sent.duplicate, sent.quarantined, sent.accepted) == (3, 1, 3, 7)


def test_who_left_a_contact_is_erased_by_it(own_stack: LocalStack, sent: Fates) -> None:
    assert rows(own_stack, f"SELECT score, contact_consent FROM feedback WHERE contact = '{CONTACT}'")
    with found_by_commands(own_stack.endpoint_url):
        result = CliRunner().invoke(app, ["forget", "feedback", "--key", f"contact={CONTACT}", "--force"])
    assert result.exit_code == 0, result.output
    assert CONTACT not in result.output
    for view in ("feedback", "feedback_now", "feedback_processed"):
        assert rows(own_stack, f"SELECT score FROM {view} WHERE contact = '{CONTACT}'") == []
    after = fates(own_stack)
    assert (after.erased, after.curated, after.accepted) == (1, 2, sent.accepted)
