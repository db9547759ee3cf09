"""What policies of functions and queues let services do; what is not understood never lets anyone in."""

import pytest

from rapid.local.iam import resource_policy

from .cloud_rig import ACCOUNT_ID

SERVICE = "events.amazonaws.com"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/nightly"
ALLOW = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sqs:SendMessage", "Resource": "*"}
DENY = {**ALLOW, "Effect": "Deny", "Principal": "*"}

pytestmark = pytest.mark.aws(
    "IAM",
    "Resource-based policies",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
)


def may_send(*statements: dict[str, object]) -> bool:
    return resource_policy.allows({"Statement": list(statements)}, "sqs:SendMessage", SERVICE, RULE, ACCOUNT_ID)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Action": "SQS:Send*"},
        {"Principal": "*"},
        {"Condition": {"ArnLike": {"aws:SourceArn": RULE.replace("nightly", "*")}}},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT_ID}}},
    ],
)
def test_a_policy_that_names_the_service_lets_it_in(change: dict[str, object]) -> None:
    assert may_send({**ALLOW, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"Action": "sqs:ReceiveMessage"},
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": f"{RULE}-other"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"StringNotEquals": {"aws:SourceArn": "x"}}},
    ],
)
def test_a_policy_that_does_not_plainly_let_a_service_in_keeps_it_out(change: dict[str, object]) -> None:
    assert not may_send({**ALLOW, **change})


@pytest.mark.parametrize(
    ("change", "is_denied"),
    [
        ({}, True),
        ({"Action": "sqs:*Message"}, True),
        ({"Action": "sqs:ReceiveMessage"}, False),
        ({"Condition": {"StringNotEquals": {"aws:SourceArn": "x"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
    ],
)
def test_a_denial_wins_unless_it_plainly_does_not_apply(change: dict[str, object], is_denied: bool) -> None:
    assert may_send(ALLOW, {**DENY, **change}) is not is_denied
