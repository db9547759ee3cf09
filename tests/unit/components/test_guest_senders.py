import pytest

from components.ingest.guest_senders import GuestSenders
from tests.unit.components.engine import ACCOUNT, REGION

STREAM = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/clicks"
PROVIDER = "cognito-identity.amazonaws.com"


def guests(*streams):
    return lambda: GuestSenders("guests", {"streams": list(streams)})


@pytest.fixture
def deployment(deploy):
    return deploy(guests(STREAM))


def test_the_pool_takes_guests_by_the_enhanced_flow_alone(deployment):
    pool = deployment.one("IdentityPool").inputs
    assert pool["allowUnauthenticatedIdentities"] is True
    assert pool["allowClassicFlow"] is False


def test_a_guest_may_put_batches_onto_the_named_streams_and_nothing_else(deployment):
    (statement,) = deployment.one("RolePolicy").policy()
    assert statement == {"Effect": "Allow", "Action": ["firehose:PutRecordBatch"], "Resource": [STREAM]}


def test_a_guest_may_put_onto_the_streams_of_pages_that_browsers_keep(deploy):
    spare = f"{STREAM}-before"
    (statement,) = deploy(guests(STREAM, spare)).one("RolePolicy").policy()
    assert statement == {"Effect": "Allow", "Action": ["firehose:PutRecordBatch"], "Resource": [STREAM, spare]}


def test_the_role_is_for_guests_of_this_pool_alone(deployment):
    (statement,) = deployment.one("Role").trust()
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {f"{PROVIDER}:aud": "guests-pool-id"},
        "ForAnyValue:StringLike": {f"{PROVIDER}:amr": "unauthenticated"},
    }
    assert set(deployment.one("IdentityPoolRoleAttachment").inputs["roles"]) == {"unauthenticated"}


def test_without_a_source_for_guests_there_is_no_pool(deploy):
    made = []
    assert not deploy(lambda: made.append(guests()())).of("IdentityPool")
    assert made[0].identity_pool_id is None
