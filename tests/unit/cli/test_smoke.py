"""Smoke events, and what a smoke test says of what it saw."""

import datetime
import json
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from contracts import Condition, Contract, Field, FieldType, validator
from rapid.cli import athena, project
from rapid.cli.app import app
from rapid.cli.errors import CommandError
from rapid.cli.smoke import command, marked, watching
from rapid.cli.smoke.checks import Checks, NotMadeError, Result
from rapid.cli.smoke.sending import Sent

from .conftest import Cloud

NOW = datetime.datetime(2026, 3, 14, 18, 30, tzinfo=datetime.UTC)
ORDERS = project.contract_of("orders")


@pytest.mark.parametrize("contract", project.all_contracts(), ids=lambda contract: contract.source)
def test_a_smoke_event_keeps_its_contract_and_is_of_interest(contract: Contract) -> None:
    compiled = validator.compiled(contract)
    made = marked.event(contract, NOW)
    row, problems = compiled["check"](made)
    assert problems == []
    assert compiled["is_of_interest"](row)
    assert made[contract.primary_key.name].startswith("smoke-")
    assert made[marked.erasable(contract)] == marked.MARK


def test_a_smoke_order_is_of_a_restaurant_of_its_own_and_adds_no_revenue() -> None:
    made = marked.event(ORDERS, NOW)
    assert (made["menuItem"], made["restaurantId"], made["customerId"]) == (marked.MARK,) * 3
    assert (made["quantity"], made["price"], made["timestamp"]) == (1, 0, "2026-03-14T18:30:00.000Z")


@pytest.mark.parametrize(
    ("limits", "least"),
    [
        ({}, 0),
        ({"minimum": -5}, 0),
        ({"minimum": 3}, 3),
        ({"maximum": -2}, -2),
        ({"minimum": -9, "maximum": -2}, -9),
        ({"exclusive_maximum": 0}, -1),
    ],
)
def test_numbers_are_zero_or_what_the_contract_allows_next_to_it(limits: dict[str, int], least: int) -> None:
    field = Field("amount", FieldType.INTEGER, **limits)
    assert marked.event(replace(ORDERS, fields=(*ORDERS.fields, field)))["amount"] == least


def test_an_event_that_a_filter_wants_is_looked_for_and_one_that_cannot_be_is_told() -> None:
    field = Field("kind", FieldType.STRING, allowed=tuple("abcdefgh"))
    contract = replace(ORDERS, fields=(*ORDERS.fields, field), filter=(Condition(field, one_of=("c",)),))
    assert marked.event(contract)["kind"] == "c"
    with pytest.raises(CommandError, match="no event of orders was found that the contract's filter lets through"):
        marked.event(replace(contract, filter=(Condition(field, one_of=("z",)),)))


def test_a_check_fails_by_what_is_raised_and_says_where_to_look() -> None:
    checks = Checks()
    with checks.make("orders", "accept", "look there") as check:
        check.seen = "accepted"
    assert checks.passed
    with checks.make("users", "accept", "") as check:
        raise NotMadeError("no login")
    assert checks.passed
    with checks.make("", "alarms", "look here"):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "You may not"}}, "DescribeAlarms")
    assert not checks.passed
    assert [check.document() | {"seconds": 0} for check in checks.all] == [
        {"source": "orders", "check": "accept", "result": "ok", "seconds": 0, "seen": "accepted"},
        {"source": "users", "check": "accept", "result": "not made", "seconds": 0, "seen": "no login"},
        {
            "source": "",
            "check": "alarms",
            "result": "failed",
            "seconds": 0,
            "seen": "DescribeAlarms: AccessDenied: You may not",
            "next": "look here",
        },
    ]


def test_a_test_of_which_nothing_could_be_checked_has_not_passed() -> None:
    assert not Checks().passed


class Watched:
    """A stack with alarms and a topic."""

    def __init__(self, states: dict[str, str], subscriptions: list[str]) -> None:
        self.masked_outputs = {
            "alarms": ["errors", "latency"],
            "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:alarms",
        }
        self._states, self._subscriptions = states, subscriptions

    def client(self, _service: str) -> "Watched":
        return self

    def get_paginator(self, _name: str) -> "Watched":
        return self

    def paginate(self, **_asked: Any) -> list[dict[str, Any]]:
        alarms = [
            {"AlarmName": name, "StateValue": state, "AlarmDescription": f"Too many {name}."}
            for name, state in self._states.items()
        ]
        return [{"MetricAlarms": alarms, "Subscriptions": [{"SubscriptionArn": arn} for arn in self._subscriptions]}]


def seen(states: dict[str, str], *subscriptions: str) -> dict[str, tuple[Result, str]]:
    checks = Checks()
    watching.check(Watched(states, list(subscriptions)), checks, lambda _: None)
    return {check.name: (check.result, check.seen) for check in checks.all}


CONFIRMED = "arn:aws:sns:us-east-1:123456789012:alarms:1"


def test_alarms_that_do_not_ring_and_confirmed_subscriptions_pass() -> None:
    assert seen({"errors": "OK", "latency": "INSUFFICIENT_DATA"}, CONFIRMED) == {
        "alarms": (Result.OK, "2 alarms, none rings: 1 OK, 1 without data yet"),
        "alarm mail": (Result.OK, "1 confirmed"),
    }


def test_a_ringing_alarm_and_a_mail_that_nobody_confirmed_fail() -> None:
    found = seen({"errors": "ALARM", "latency": "OK"}, CONFIRMED, "PendingConfirmation")
    assert found["alarms"] == (Result.FAILED, "in alarm: errors: Too many errors.")
    assert found["alarm mail"][0] is Result.FAILED
    assert found["alarm mail"][1].startswith("1 of 2 subscriptions are not confirmed")


def test_an_alarm_that_is_gone_fails_and_mail_to_nobody_is_told() -> None:
    found = seen({"errors": "OK"})
    assert found["alarms"] == (Result.FAILED, "of 2 alarms there are not: latency")
    assert found["alarm mail"] == (Result.NOT_MADE, "nobody is told of alarms: the topic has no subscription")


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[str | CommandError]:
    """What Athena answers one query after the other: an error, or how many rows there are."""
    answers: list[str | CommandError] = []

    def answered(*_: Any) -> athena.Result:
        answer = answers.pop(0)
        if isinstance(answer, CommandError):
            raise answer
        return athena.Result((), [(answer,)], 0)

    monkeypatch.setattr(athena, "run", answered)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return answers


def asked(timeout_seconds: int, told: list[str]) -> Checks:
    checks = Checks()
    sent = Sent(ORDERS, "smoke-1", NOW, time.monotonic())
    options = command.Options([], timeout_seconds, curate=False, as_json=False)
    command._query(SimpleNamespace(), [sent], options, checks, told.append)
    return checks


def test_after_a_deployment_the_run_that_makes_the_views_answer_is_waited_for(
    views: list[str | CommandError],
) -> None:
    views += [athena.NotCuratedError("no table"), athena.NotCuratedError("no table"), "1"]
    told: list[str] = []
    [check] = asked(60, told).all
    assert (check.result, check.seen, views) == (Result.OK, "1 sent, 1 in orders_now", [])
    waiting = "orders_now waits for a run of the curate job, as a deployment calls for one: at most 60 s"
    assert told == ["querying orders_now", waiting, waiting]


def test_a_run_that_does_not_come_in_time_fails_with_what_makes_the_views_answer(
    views: list[str | CommandError],
) -> None:
    views += [athena.NotCuratedError("no table; `rapid etl run`")]
    [check] = asked(1, []).all
    assert (check.result, check.seen) == (Result.FAILED, "no table; `rapid etl run`")


def test_a_view_that_fails_for_another_reason_is_asked_once(views: list[str | CommandError]) -> None:
    views += [CommandError("Athena: no")]
    [check] = asked(60, []).all
    assert (check.result, check.seen) == (Result.FAILED, "Athena: no")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["smoke", *arguments])


def test_a_stack_that_lacks_outputs_fails_at_once(cloud: Cloud) -> None:
    result = run("orders", "--json")
    assert result.exit_code == 1
    [check] = json.loads(result.stdout)["checks"]
    assert check["seen"] == "the stack has no files_bucket, processed_bucket, sources, streams, orders"
    assert "deploy again" in check["next"]


def test_an_unknown_source_is_refused_naming_the_known_ones(cloud: Cloud) -> None:
    result = run("order")
    assert result.exit_code == 1
    assert "there is no source 'order'; known are: appsflyer" in result.stderr
