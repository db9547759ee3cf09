"""`rapid local outbox`: mails of a local cloud."""

import email
import json
from collections.abc import Iterator
from email import policy
from typing import Any

import pytest
from typer.testing import CliRunner

from rapid.cli.app import app
from rapid.local.cloud import LocalCloud

ADDRESS = "operator@example.com"
LONG = "x" * 1200


def outbox(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["local", "outbox", *arguments])


@pytest.fixture(scope="module")
def empty() -> Iterator[LocalCloud]:
    with LocalCloud(0) as cloud:
        yield cloud


@pytest.fixture
def cloud(empty: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> LocalCloud:
    monkeypatch.setenv("AWS_ENDPOINT_URL", empty.url)
    return empty


def test_an_outbox_without_mails_says_so(cloud: LocalCloud) -> None:
    assert outbox().stdout == "The outbox is empty.\n"
    assert json.loads(outbox("--json").stdout) == []


def test_mails_are_listed_the_newest_first_and_shown_one_by_one(cloud: LocalCloud) -> None:
    sns = cloud.clients.client("sns")
    topic = sns.create_topic(Name="alarms", Attributes={"DisplayName": "Shop"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ADDRESS)
    asked = json.loads(outbox("1", "--json").stdout)
    token = asked["text"].partition("Token=")[2].partition("&")[0]
    sns.confirm_subscription(TopicArn=topic, Token=token)
    sns.publish(TopicArn=topic, Subject="Straße", Message=f"Grüße\n{LONG}")

    first, second = outbox().stdout.splitlines()[:2]
    assert first.split()[0] == "2"
    assert first.endswith(f"{ADDRESS}  Straße")
    assert second.endswith(f"{ADDRESS}  AWS Notification - Subscription Confirmation")
    assert [mail["number"] for mail in json.loads(outbox("--json").stdout)] == [2, 1]

    message = email.message_from_bytes(outbox("2").stdout_bytes, policy=policy.default)
    assert (message["From"], message["To"], message["Subject"]) == (
        "Shop <no-reply@sns.amazonaws.com>",
        ADDRESS,
        "Straße",
    )
    assert message.get_content().splitlines()[:2] == ["Grüße", LONG]
    # A mail may have no longer lines: https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
    assert max(len(line) for line in outbox("2").stdout_bytes.splitlines()) <= 998
    assert json.loads(outbox("2", "--json").stdout)["text"].startswith("Grüße")
    assert b"\r" not in outbox("2").stdout_bytes


def test_a_mail_that_there_is_not_is_told(cloud: LocalCloud) -> None:
    ended = outbox("99")
    assert ended.exit_code == 1
    assert "there is no mail 99 in the outbox; `rapid local outbox` lists those there are" in ended.output
