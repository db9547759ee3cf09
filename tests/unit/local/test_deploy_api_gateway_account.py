"""The account's setting for API Gateway's logs: made, changed, and reset when it goes."""

import pytest

from tests.unit.local.deploy_rig import rig

pytestmark = pytest.mark.aws(
    "Pulumi deployer",
    "API Gateway account",
    "https://www.pulumi.com/registry/packages/aws/api-docs/apigateway/account/",
)


@pytest.fixture(scope="module")
def server():
    with rig() as made:
        yield made


@pytest.fixture
def cloud(server):
    server.forget()
    return server


def account(role):
    given = "" if role is None else f", cloudwatch_role_arn={arn(role)!r}"
    return f"""\
import pulumi_aws as aws
aws.apigateway.Account('account'{given})
"""


def arn(role):
    return f"arn:aws:iam::123456789012:role/{role}"


def role_of(cloud):
    return cloud.client("apigateway").get_account().get("cloudwatchRoleArn") or None


def test_making_the_resource_sets_the_role(cloud, tmp_path):
    made = cloud.deploy(tmp_path, account("one"))
    assert role_of(cloud) == arn("one")
    assert made.resource("account")["id"] == "api-gateway-account"


def test_another_role_is_set_in_place_and_none_takes_it_away(cloud, tmp_path):
    cloud.deploy(tmp_path, account("one"))
    assert cloud.deploy(tmp_path, account("two")).told("updated") == ["account"]
    assert role_of(cloud) == arn("two")
    assert cloud.deploy(tmp_path, account(None)).told("updated") == ["account"]
    assert role_of(cloud) is None


def test_when_the_resource_goes_the_account_s_setting_is_reset(cloud, tmp_path):
    cloud.deploy(tmp_path, account("one"))
    cloud.deploy(tmp_path, "")
    assert role_of(cloud) is None
