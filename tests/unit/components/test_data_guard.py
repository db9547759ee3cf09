import json

import pulumi
import pytest

from components.private_bucket import PrivateBucket
from components.service_role import ServiceRole
from tests.unit.components.engine import ACCOUNT, REGION

ADMINS = "arn:aws:iam::123456789012:role/admin-*"


def program(*principal_arns):
    """Two buckets with the guard, and three roles: of the first, of the second's objects, of none."""
    buckets = [PrivateBucket(name, {"data_policy": {"principal_arns": principal_arns}}) for name in ("first", "second")]
    for name, action, resource in (
        ("lister", "s3:ListBucket", buckets[0].arn),
        ("reader", "s3:GetObject", pulumi.Output.concat(buckets[1].arn, "/orders/*")),
        ("other", "glue:GetTable", "*"),
    ):
        ServiceRole(
            name,
            {"service": "glue.amazonaws.com", "statements": [{"actions": [action], "resources": [resource]}]},
        )


def refusal(deployment, bucket):
    _, *found = json.loads(deployment.one("BucketPolicy", f"{bucket}-tls").inputs["policy"])["Statement"]
    return found


def role(name):
    return f"arn:aws:iam:{REGION}:{ACCOUNT}:{name}-role"


def test_a_bucket_refuses_all_but_the_roles_that_need_it_and_whom_the_configuration_names(deploy):
    deployment = deploy(lambda: program(ADMINS))
    for bucket, needed in (("first", "lister"), ("second", "reader")):
        (statement,) = refusal(deployment, bucket)
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {
            "ArnNotLike": {"aws:PrincipalArn": [role(needed), ADMINS]},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        }
        arn = f"arn:aws:s3:::{bucket}-bucket-1a2b3c4"
        assert statement["Resource"] == [arn, f"{arn}/*"]


def test_whoever_deploys_can_always_change_the_policy(deploy):
    (statement,) = refusal(deploy(lambda: program(ADMINS)), "first")
    assert not [action for action in statement["Action"] if "Policy" in action or action == "s3:*"]


def test_without_anybody_named_nobody_is_refused(deploy):
    assert refusal(deploy(program), "first") == []


def test_a_preview_works_without_knowing_any_role(deploy):
    assert deploy(lambda: program(ADMINS), preview=True).one("BucketPolicy", "first-tls")


def test_a_fault_of_the_program_ends_it_though_buckets_have_no_policy_yet(deploy):
    def faulty():
        PrivateBucket("first", {"data_policy": {"principal_arns": [ADMINS]}})
        raise RuntimeError("a fault of the program")

    with pytest.raises(RuntimeError, match="a fault of the program"):
        deploy(faulty)
