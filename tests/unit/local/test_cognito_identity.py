"""Cognito identity pools: who gets which credentials, what they open, and what browsers are told."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fetch import NetworkError, fetch

from .cloud_rig import REGION, Rig, policy

CREDENTIALS_PAGE = "https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetCredentialsForIdentity.html"
FLOW_PAGE = "https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html"
LIMIT_PAGE = (
    "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonCognitoUnAuthedIdentitiesSessionPolicy.html"
)
CORS_PAGE = "https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/cors.html"
PROVIDER = "cognito-identity.amazonaws.com"
ORIGIN = "https://menu.example.com"

pytestmark = pytest.mark.aws("Cognito", "Identity pools", FLOW_PAGE)


def trust(pool: str, amr: str = "unauthenticated") -> str:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{PROVIDER}:aud": pool},
                "ForAnyValue:StringLike": {f"{PROVIDER}:amr": amr},
            },
        }
    )


def pool(rig: Rig, guests: bool = True) -> str:
    made = rig.aws("cognito-identity").create_identity_pool(
        IdentityPoolName="visitors", AllowUnauthenticatedIdentities=guests
    )
    return str(made["IdentityPoolId"])


def role(rig: Rig, name: str, trusted: str, *statements: dict[str, Any]) -> str:
    iam = rig.aws("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(*statements))
    return str(arn)


@pytest.fixture
def browser(rig: Rig) -> Any:
    """Cognito as a page calls it: without a signature."""
    return boto3.client(
        "cognito-identity", region_name=REGION, endpoint_url=rig.url, config=Config(signature_version=UNSIGNED)
    )


@pytest.fixture
def guest(rig: Rig, browser: Any, request: pytest.FixtureRequest) -> Any:
    """Makes clients with the credentials of a guest whose role may do all there is."""
    made = pool(rig)
    allowed = {"Effect": "Allow", "Action": ["firehose:ListDeliveryStreams", "sqs:ListQueues"], "Resource": "*"}
    arn = role(rig, f"guest-{abs(hash(request.node.name))}", trust(made), allowed)
    rig.aws("cognito-identity").set_identity_pool_roles(IdentityPoolId=made, Roles={"unauthenticated": arn})
    identity = browser.get_id(IdentityPoolId=made)["IdentityId"]
    keys = browser.get_credentials_for_identity(IdentityId=identity)["Credentials"]

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=rig.url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretKey"],
            aws_session_token=keys["SessionToken"],
        )

    client.keys = keys
    return client


def error_of(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.aws("Cognito", "Identity pools", CREDENTIALS_PAGE)
def test_a_guest_s_credentials_are_the_role_s_for_an_hour(rig: Rig, guest: Any) -> None:
    assert guest("firehose").list_delivery_streams()["HasMoreDeliveryStreams"] is False
    caller = guest("sts").get_caller_identity()["Arn"]
    assert caller.endswith("/CognitoIdentityCredentials")
    assert 3500 < (guest.keys["Expiration"] - datetime.now(UTC)).total_seconds() <= 3600


@pytest.mark.aws("Cognito", "Identity pools", LIMIT_PAGE)
def test_a_guest_cannot_call_a_service_that_guests_never_may_whatever_the_role_says(guest: Any) -> None:
    with pytest.raises(ClientError) as refused:
        guest("sqs").list_queues()
    assert "AccessDenied" in error_of(refused)[0]


def test_a_guest_may_not_do_what_the_role_does_not_say(guest: Any) -> None:
    with pytest.raises(ClientError) as refused:
        guest("firehose").describe_delivery_stream(DeliveryStreamName="any")
    assert error_of(refused)[0] == "AccessDeniedException"


@pytest.mark.aws("Cognito", "Identity pools", CREDENTIALS_PAGE)
def test_a_role_that_trusts_another_pool_or_signed_in_people_alone_gives_nothing(rig: Rig, browser: Any) -> None:
    made = pool(rig)
    wrong = {
        "other-pool": trust(pool(rig)),
        "signed-in": trust(made, "authenticated"),
        "a-service": policy({"Effect": "Allow", "Principal": {"Service": PROVIDER}, "Action": "sts:AssumeRole"}),
    }
    nothing = {"Effect": "Allow", "Action": "firehose:PutRecordBatch", "Resource": "*"}
    identity = browser.get_id(IdentityPoolId=made)["IdentityId"]
    for name, document in wrong.items():
        arn = role(rig, name, document, nothing)
        rig.aws("cognito-identity").set_identity_pool_roles(IdentityPoolId=made, Roles={"unauthenticated": arn})
        with pytest.raises(ClientError) as refused:
            browser.get_credentials_for_identity(IdentityId=identity)
        assert error_of(refused) == (
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        )


@pytest.mark.aws(
    "Cognito", "Identity pools", "https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetId.html"
)
def test_a_pool_that_is_not_there_or_takes_no_guests_gives_no_identity(rig: Rig, browser: Any) -> None:
    absent = f"{REGION}:00000000-0000-0000-0000-000000000000"
    with pytest.raises(ClientError) as refused:
        browser.get_id(IdentityPoolId=absent)
    assert error_of(refused) == ("ResourceNotFoundException", f"IdentityPool '{absent}' not found.")
    with pytest.raises(ClientError) as refused:
        browser.get_id(IdentityPoolId=pool(rig, guests=False))
    assert error_of(refused)[0] == "NotAuthorizedException"
    with pytest.raises(ClientError) as refused:
        browser.get_credentials_for_identity(IdentityId=absent)
    assert error_of(refused)[0] == "ResourceNotFoundException"


def test_pools_are_managed_with_a_signature_alone(browser: Any) -> None:
    with pytest.raises(ClientError) as refused:
        browser.list_identity_pools(MaxResults=1)
    assert error_of(refused)[0] == "MissingAuthenticationTokenException"


def test_what_the_local_cloud_lacks_of_pools_is_named(rig: Rig, browser: Any) -> None:
    cognito = rig.aws("cognito-identity")
    with pytest.raises(ClientError, match="AllowClassicFlow of an identity pool"):
        cognito.create_identity_pool(IdentityPoolName="a", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True)
    with pytest.raises(ClientError, match="Logins"):
        browser.get_id(IdentityPoolId=pool(rig), Logins={"accounts.google.com": "token"})
    with pytest.raises(ClientError, match="the operation LookupDeveloperIdentity"):
        cognito.lookup_developer_identity(IdentityPoolId=pool(rig), DeveloperUserIdentifier="a")


def test_a_pool_s_name_settings_roles_and_tags_can_be_read_and_changed(rig: Rig) -> None:
    cognito, made = rig.aws("cognito-identity"), pool(rig)
    cognito.tag_resource(ResourceArn=f"arn:aws:cognito-identity:{REGION}:1:identitypool/{made}", Tags={"a": "b"})
    cognito.update_identity_pool(IdentityPoolId=made, IdentityPoolName="new", AllowUnauthenticatedIdentities=False)
    found = cognito.describe_identity_pool(IdentityPoolId=made)
    assert (found["IdentityPoolName"], found["AllowUnauthenticatedIdentities"]) == ("new", False)
    assert found["IdentityPoolTags"] == {"a": "b"}
    cognito.delete_identity_pool(IdentityPoolId=made)
    with pytest.raises(ClientError, match="not found"):
        cognito.get_identity_pool_roles(IdentityPoolId=made)


@pytest.mark.aws("Cognito", "Calls from web pages", CORS_PAGE)
def test_a_page_of_any_origin_calls_cognito_and_reads_its_answer_and_its_refusal(rig: Rig) -> None:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityService.GetId"}
    answer = fetch(ORIGIN, "POST", f"{rig.url}/", headers, json.dumps({"IdentityPoolId": pool(rig)}).encode())
    assert answer.status == 200
    refused = fetch(ORIGIN, "POST", f"{rig.url}/", headers, json.dumps({"IdentityPoolId": "us-east-1:0"}).encode())
    assert refused.status == 400
    assert refused.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"


@pytest.mark.aws("Cognito", "Calls from web pages", CORS_PAGE)
def test_a_page_reads_no_answer_of_a_service_that_is_not_for_browsers(rig: Rig) -> None:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSGlue.GetDatabases"}
    with pytest.raises(NetworkError, match="is not allowed"):
        fetch(ORIGIN, "POST", f"{rig.url}/", headers, b"{}")


def test_without_an_origin_there_are_no_such_headers(rig: Rig) -> None:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityService.GetId"}
    answer = urllib3.request("POST", rig.url, headers=headers, body=json.dumps({"IdentityPoolId": pool(rig)}))
    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
