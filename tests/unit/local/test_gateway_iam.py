"""Methods of AWS_IAM authorisation: signatures, policies, and what the integration learns of the caller."""

import json

import pytest
import urllib3
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from .cloud_rig import ACCOUNT_ID, REGION, STAGE, Api, Rig, document, policy, proxy
from .signing import ACCOUNT, link, signed

IAM_PAGE = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
    "api-gateway-control-access-using-iam-policies-to-invoke-api.html"
)
EXTENSIONS_PAGE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions"
ERRORS_PAGE = "https://repost.aws/knowledge-center/api-gateway-iam-sigv4-mismatch"
SIGV4 = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
ECHO = """
    import json

    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps({**event["requestContext"]["identity"], "body": event["body"]})}
"""

pytestmark = pytest.mark.aws("API Gateway", "AWS_IAM authorization", IAM_PAGE)


@pytest.fixture(scope="module")
def api(rig: Rig) -> Api:
    method = proxy("FUNCTION")
    paths = {
        "/signed/a": {"post": {**method, "security": [{"sigv4": []}]}},
        "/both": {"post": {**method, "security": [{"sigv4": [], "key": []}]}},
        "/open": {"post": method},
    }
    return rig.function_api(ECHO, document(paths, components={"securitySchemes": {"sigv4": SIGV4, "key": KEY}}))


def url(api: Api, path: str) -> str:
    return f"{api.rig.url}/_aws/execute-api/{api.id}/{STAGE}{path}"


def post(api: Api, path: str = "/signed/a", *, service: str = "execute-api", **options) -> urllib3.BaseHTTPResponse:
    headers = signed(service, "POST", url(api, path), {"X-Note": "a  b"}, b"{}", **options)
    return api.request("POST", path, headers=headers, body=b"{}")


def arn(api: Api, path: str) -> str:
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api.id}/{STAGE}{path}"


def session(rig: Rig, *statements: dict[str, object]) -> tuple[str, Credentials]:
    """A role's name, and its credentials, where it may do what is stated."""
    role = rig.role_of("firehose")
    name = role.rpartition("/")[2]
    rig.aws("iam").put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=policy(*statements))
    granted = rig.cloud.clients.of_service("firehose.amazonaws.com").assume(role, "session")
    return name, Credentials(granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"])


def allow(resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}


@pytest.mark.parametrize("path", ["/signed/a", "/signed/a?b=2&a=1"])
def test_a_signed_request_reaches_the_integration(api, path):
    answer = post(api, path)
    assert answer.status == 200
    assert answer.json()["body"] == "{}"


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", ERRORS_PAGE)
def test_an_unsigned_request_misses_an_authentication_token(api):
    answer = api.request("POST", "/signed/a")
    assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", ERRORS_PAGE)
@pytest.mark.parametrize(
    ("options", "error_type", "message"),
    [
        (
            {"credentials": Credentials("test", "wrong")},
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
        ),
        (
            {"credentials": Credentials("nobody", "wrong")},
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        ({"age_seconds": 301}, "InvalidSignatureException", "Signature expired: "),
        (
            {"service": "lambda"},
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'execute-api'.",
        ),
        ({"region": "eu-west-1"}, "InvalidSignatureException", "Credential should be scoped to a valid region."),
    ],
)
def test_a_signature_that_does_not_hold_is_refused_in_aws_s_words(api, options, error_type, message):
    answer = post(api, **options)
    assert answer.status == 403
    assert answer.headers["x-amzn-ErrorType"] == error_type
    assert answer.json()["message"].startswith(message)


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", ERRORS_PAGE)
def test_another_kind_of_authorization_header_is_told_what_it_lacks(api):
    answer = api.request("POST", "/signed/a", headers={"Authorization": "Basic dXNlcjpwYXNzd29yZA=="})
    assert answer.status == 403
    assert answer.headers["x-amzn-ErrorType"] == "IncompleteSignatureException"
    assert answer.json()["message"].startswith("Authorization header requires 'Credential' parameter. ")


def test_a_method_without_authorization_reads_no_signature(api):
    assert api.request("POST", "/open", headers={"Authorization": "Bearer token"}).status == 200


def test_a_link_signed_beforehand_opens_a_method(api):
    assert api.rig.http.request("POST", link("execute-api", "POST", url(api, "/signed/a"))).status == 200
    forged = link("execute-api", "POST", url(api, "/signed/a"), credentials=Credentials("test", "wrong"))
    assert api.rig.http.request("POST", forged).status == 403


def test_a_role_calls_the_methods_that_its_policy_names(rig, api):
    _, keys = session(rig, allow(arn(api, "/POST/signed/*")))
    assert post(api, "/signed/a", credentials=keys).status == 200
    denied = post(api, "/both", credentials=keys)
    assert denied.status == 403
    assert denied.headers["x-amzn-ErrorType"] == "AccessDeniedException"


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", ERRORS_PAGE)
@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ([], "because no identity-based policy allows the execute-api:Invoke action"),
        (
            [{**allow("*"), "Effect": "Deny"}, allow("*")],
            "with an explicit deny in an identity-based policy",
        ),
    ],
)
def test_a_denial_names_caller_and_method_and_hides_the_account(rig, api, statements, why):
    nothing = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
    name, keys = session(rig, nothing, *statements)
    caller = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/session"
    resource = f"arn:aws:execute-api:{REGION}:********9012:{api.id}/{STAGE}/POST/signed/a"
    message = f"User: {caller} is not authorized to perform: execute-api:Invoke on resource: {resource} {why}"
    assert post(api, "/signed/a", credentials=keys).json() == {"Message": message}


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", IAM_PAGE)
def test_a_condition_of_a_policy_that_the_local_cloud_does_not_know_is_named(rig, api):
    _, keys = session(rig, {**allow("*"), "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}})
    answer = post(api, "/signed/a", credentials=keys)
    assert answer.status == 500
    assert "with the condition StringEquals on aws:SourceVpc" in answer.json()["message"]


@pytest.mark.aws(
    "API Gateway",
    "Context variables",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html",
)
def test_the_integration_learns_who_called(rig, api):
    name, keys = session(rig, allow("*"))
    role_id = rig.aws("iam").get_role(RoleName=name)["Role"]["RoleId"]
    told = post(api, "/signed/a", credentials=keys).json()
    assert {member: told[member] for member in ("accessKey", "accountId", "caller", "user", "userArn")} == {
        "accessKey": keys.access_key,
        "accountId": ACCOUNT_ID,
        "caller": f"{role_id}:session",
        "user": f"{role_id}:session",
        "userArn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/session",
    }
    owner = post(api, "/signed/a").json()
    assert (owner["accessKey"], owner["user"], owner["userArn"]) == (
        ACCOUNT.access_key,
        ACCOUNT_ID,
        f"arn:aws:iam::{ACCOUNT_ID}:root",
    )
    assert api.request("POST", "/open").json()["userArn"] is None


def test_a_method_may_want_a_signature_and_an_api_key(api):
    key = api.key()
    assert post(api, "/both").json() == {"message": "Forbidden"}
    headers = signed("execute-api", "POST", url(api, "/both"), {"x-api-key": key}, b"{}")
    assert api.request("POST", "/both", headers=headers, body=b"{}").status == 200
    assert api.request("POST", "/both", headers={"x-api-key": key}).json() == {
        "message": "Missing Authentication Token"
    }


@pytest.mark.aws("API Gateway", "OpenAPI import", f"{EXTENSIONS_PAGE}.html")
@pytest.mark.parametrize(
    ("method", "more", "named"),
    [
        (
            {"x-amazon-apigateway-auth": {"type": "CUSTOM"}},
            {},
            "does not support x-amazon-apigateway-auth",
        ),
        ({}, {"x-amazon-apigateway-policy": {}}, "does not support x-amazon-apigateway-policy"),
        (
            {},
            {"components": {"securitySchemes": {"own": {**SIGV4, "x-amazon-apigateway-authtype": "custom"}}}},
            "components.securitySchemes.own: the local cloud supports",
        ),
    ],
)
def test_other_authorization_is_refused_at_import_by_its_place(rig, api, method, more, named):
    paths = {"/a": {"post": {**proxy("arn:aws:lambda:us-east-1:123456789012:function:f"), **method}}}
    body = json.dumps(document(paths, **more)).encode()
    with pytest.raises(ClientError, match=named):
        rig.aws("apigateway").put_rest_api(restApiId=api.id, mode="overwrite", body=body)
