"""parliament and cloudsplaining find what is wrong with a policy."""

from typing import Any

import pytest

from .iam_tools import by_cloudsplaining, by_parliament


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Action": "s3:GetObjects", "Resource": "arn:aws:s3:::a/*"}, "UNKNOWN_ACTION"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::a"}, "RESOURCE_MISMATCH"),
        (
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringEquals": {"s3:x": "a"}}},
            "UNKNOWN_CONDITION_FOR_ACTION",
        ),
    ],
)
def test_parliament_finds_what_no_policy_means(statement: dict[str, Any], issue: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    assert issue in [it.issue for it in by_parliament("a", "policy", document)]


@pytest.mark.parametrize(
    ("actions", "risk"),
    [
        (["iam:PutRolePolicy"], "allows_privilege_escalation"),
        (["s3:GetObject"], "allows_data_exfiltration_actions"),
        (["sts:AssumeRole"], "credentials_exposure"),
        (["glue:*"], "service_wildcard"),
    ],
)
def test_cloudsplaining_finds_what_a_thief_could_do(actions: list[str], risk: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    assert risk in [it.issue for it in by_cloudsplaining("a", document)]
