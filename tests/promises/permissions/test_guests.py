"""Guests put batches of records onto the streams of their sources. Whatever else they ask for is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from rapid.cli.target import LocalStack
from rapid.local.deploy.resources import SERVICES
from rapid.local.iam import identity_policy, service_table
from rapid.local.s3.bucket_policy import Verdict
from tests.deployed.guest import guest_client

from .every_operation import calls
from .permissions import Bench, LogFile, Permission

ROLE, PUT = "ingest-guests", "firehose:PutRecordBatch"
FREE = {"sts:GetCallerIdentity"}
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: it needs no permission."""
OF_A_QUERY = {
    f"athena:{name}"
    for name in (
        "BatchGetQueryExecution",
        "GetQueryExecution",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
        "StopQueryExecution",
    )
}
"""What they may be asked of is known from the query itself, and here there is none."""
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
LIMIT_PAGE = (
    "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonCognitoUnAuthedIdentitiesSessionPolicy.html"
)
TRUST_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html"

pytestmark = pytest.mark.aws("Cognito", "Identity pools", TRUST_PAGE)


@pytest.fixture
def bench(stack: LocalStack, cloud_log: Path) -> Bench:
    """The shared stack: what is refused leaves nothing in it."""
    return Bench(stack, LogFile(cloud_log))


def role_of(stack: LocalStack) -> tuple[str, list[Any]]:
    """The guests' role, and its policies."""
    iam, cognito = stack.client("iam"), stack.client("cognito-identity")
    roles = cognito.get_identity_pool_roles(IdentityPoolId=stack.outputs["identity_pool_id"])["Roles"]
    assert set(roles) == {"unauthenticated"}
    name = roles["unauthenticated"].rpartition("/")[2]
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    return name, [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]


def streams_of(stack: LocalStack) -> dict[str, str]:
    """ARNs of the delivery streams by their sources."""
    firehose = stack.client("firehose")
    return {
        source: firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"][
            "DeliveryStreamARN"
        ]
        for source, name in stack.outputs["streams"].items()
    }


def refused(call: Any, **parameters: Any) -> str:
    """The code with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def new_credentials(stack: LocalStack, pool: str) -> Any:
    """Credentials of a new guest of a pool."""
    cognito = boto3.client(
        "cognito-identity",
        region_name=stack.region,
        endpoint_url=stack.endpoint_url,
        config=Config(signature_version=UNSIGNED),
    )
    identity = cognito.get_id(IdentityPoolId=pool)["IdentityId"]
    return cognito.get_credentials_for_identity(IdentityId=identity)["Credentials"]


def one_record(stack: LocalStack, source: str) -> dict[str, Any]:
    return {"DeliveryStreamName": stack.outputs["streams"][source], "Records": [{"Data": b"{}\n"}]}


def test_the_front_door_refuses_a_guest_every_operation_of_every_service(bench: Bench) -> None:
    stack = bench.stack
    keys = new_credentials(stack, stack.outputs["identity_pool_id"])
    credentials = Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    pool, asked, passed = urllib3.PoolManager(), 0, {}
    for call in calls(sorted({*SERVICES, "ce", "sts"}), credentials, stack.endpoint_url, stack.region):
        sent = call.request
        answer = pool.request(sent.method, sent.url, headers=dict(sent.headers), body=sent.body, retries=False)
        text = answer.data.decode(errors="replace") + answer.headers.get("x-amzn-errortype", "")
        asked += 1
        is_denied = answer.status in (400, 401, 403) and (sent.method == "HEAD" or any(code in text for code in DENIED))
        # What cannot be told apart well enough to be allowed is refused by its name.
        is_unsupported = answer.status == 501 and "The local cloud does not support" in text
        if not is_denied and not is_unsupported:
            passed[str(call)] = f"{answer.status} {text[:200]}"
    assert asked > 2_000
    assert passed.keys() == FREE | OF_A_QUERY, passed
    assert all("was not found" in passed[name] for name in OF_A_QUERY)


def test_of_all_actions_that_aws_knows_the_guests_role_allows_one_on_the_streams_of_its_sources(bench: Bench) -> None:
    _, documents = role_of(bench.stack)
    [[statement]] = [document["Statement"] for document in documents]
    streams, own = streams_of(bench.stack), set(statement["Resource"])
    assert own
    assert own <= set(streams.values())
    others = {"*", "arn:aws:s3:::any/any", f"arn:aws:firehose:{bench.stack.region}:123456789012:deliverystream/any"}
    actions = service_table.all_actions()
    assert len(actions) > 10_000
    allowed = {
        (action, resource)
        for action in actions
        for resource in (*streams.values(), *others)
        if identity_policy.verdict(documents, action, resource) is not Verdict.NOTHING
    }
    assert allowed == {(PUT, stream) for stream in own}


def test_a_guest_may_put_batches_onto_the_streams_of_its_sources_and_onto_no_other(bench: Bench) -> None:
    _, documents = role_of(bench.stack)
    own = set(documents[0]["Statement"][0]["Resource"])
    firehose = bench.as_guest("firehose")
    for source, arn in streams_of(bench.stack).items():
        # What Firehose itself refuses puts nothing.
        code = refused(
            firehose.put_record_batch, **{**one_record(bench.stack, source), "Records": [{"Data": b""}] * 501}
        )
        assert (code == "AccessDeniedException") == (arn not in own), source
        single = {"DeliveryStreamName": bench.stack.outputs["streams"][source], "Record": {"Data": b"{}\n"}}
        assert refused(firehose.put_record, **single) == "AccessDeniedException"


@pytest.mark.aws("Cognito", "Identity pools", LIMIT_PAGE)
def test_a_role_that_may_do_all_lets_guests_do_no_more_than_cognito_lets_any(bench: Bench) -> None:
    bucket = bench.stack.outputs["curated_bucket"]
    with _allowing(bench.stack, {"Effect": "Allow", "Action": "*", "Resource": "*"}):
        bench.as_guest("firehose").list_delivery_streams()
        assert refused(bench.as_guest("s3").list_objects_v2, Bucket=bucket) == "AccessDenied"
        assert refused(bench.as_guest("iam").list_roles) == "AccessDenied"
        role = bench.stack.client("iam").get_role(RoleName=role_of(bench.stack)[0])["Role"]["Arn"]
        assert refused(bench.as_guest("sts").assume_role, RoleArn=role, RoleSessionName="more") == "AccessDenied"


def test_guests_of_another_pool_get_nothing_of_the_role(bench: Bench) -> None:
    cognito, iam = bench.stack.client("cognito-identity"), bench.stack.client("iam")
    arn = iam.get_role(RoleName=role_of(bench.stack)[0])["Role"]["Arn"]
    pool = cognito.create_identity_pool(IdentityPoolName="strangers", AllowUnauthenticatedIdentities=True)
    try:
        cognito.set_identity_pool_roles(IdentityPoolId=pool["IdentityPoolId"], Roles={"unauthenticated": arn})
        with pytest.raises(ClientError, match="Check assigned IAM roles for this pool"):
            new_credentials(bench.stack, pool["IdentityPoolId"])
    finally:
        cognito.delete_identity_pool(IdentityPoolId=pool["IdentityPoolId"])


def test_what_is_taken_from_the_role_is_taken_from_the_credentials_that_are_out(bench: Bench) -> None:
    guest, batch = bench.as_guest("firehose"), one_record(bench.stack, "clickstream")
    with bench.without(Permission(ROLE, PUT, 1)):
        assert refused(guest.put_record_batch, **batch) == "AccessDeniedException"


def test_a_pool_without_its_role_gives_no_credentials(bench: Bench) -> None:
    cognito, pool = bench.stack.client("cognito-identity"), bench.stack.outputs["identity_pool_id"]
    roles = cognito.get_identity_pool_roles(IdentityPoolId=pool)["Roles"]
    try:
        cognito.set_identity_pool_roles(IdentityPoolId=pool, Roles={})
        with pytest.raises(ClientError, match="Check assigned IAM roles for this pool"):
            guest_client(bench.stack, "firehose")
    finally:
        cognito.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles)


@contextmanager
def _allowing(stack: LocalStack, statement: dict[str, Any]) -> Iterator[None]:
    """The guests' role with one more policy."""
    iam, more = stack.client("iam"), {"PolicyName": "more"}
    more["RoleName"], _ = role_of(stack)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(**more, PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(**more)
