"""Methods behind a Lambda authorizer: what it is asked, what its answers let through, and how long they are kept."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.gateway.api import LambdaAuthorizer
from rapid.local.gateway.context import Address, RequestContext
from rapid.local.gateway.gateway_responses import GatewayError
from rapid.local.gateway.lambda_authorization import LambdaAuthorization
from rapid.local.lambda_runtime import StillRunningError

from .cloud_rig import ACCOUNT_ID, REGION, Api, Rig, document, proxy

GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
AUTHORIZERS = f"{GUIDE}/apigateway-use-lambda-authorizer.html"
OUTPUT = f"{GUIDE}/api-gateway-lambda-authorizer-output.html"
EXTENSION = f"{GUIDE}/api-gateway-swagger-extensions-authorizer.html"
RESPONSE_TYPES = f"{GUIDE}/supported-gateway-response-types.html"
QUOTAS = f"{GUIDE}/api-gateway-execution-service-limits-table.html"
CONTEXT = f"{GUIDE}/api-gateway-mapping-template-reference.html"
DENIED = "https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer"
PERMISSIONS = "https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html"

pytestmark = pytest.mark.aws("API Gateway", "Lambda authorizers", AUTHORIZERS)

ECHO = """
    import json

    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event["requestContext"])}
"""
# Does what the header asks for; `asked` counts how often the authorizer ran.
OBEDIENT = """
    import json

    asked = 0

    def handler(event, context):
        global asked
        asked += 1
        say, _, what = event["headers"]["Authorization"].partition(" ")
        if say == "fail":
            raise Exception(what)
        if say == "answer":
            return json.loads(what)
        stage = "/".join(event["methodArn"].split("/")[:2])
        statements = [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": stage + what}]
        if say == "deny":
            statements += [{"Effect": "Deny", "Action": "*", "Resource": [event["methodArn"]]}]
        said = {"asked": asked, "event": json.dumps(event), "isRight": True}
        return {"principalId": "someone", "policyDocument": {"Version": "2012-10-17", "Statement": statements},
                "context": said}
"""
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*"}],
}


def scheme(authorizer: str, **more: Any) -> dict[str, Any]:
    """A security scheme with an authorizer."""
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{authorizer}/invocations"
    given = {"identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 0, **more}
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "request", "authorizerUri": uri, **given},
    }


def guarded(authorizer: str, **more: Any) -> dict[str, Any]:
    """An API of which every path but one is behind authorizers."""
    method = proxy("FUNCTION")
    schemes = {
        "asked": scheme(authorizer),
        "kept": scheme(authorizer, authorizerResultTtlInSeconds=300),
        "two": scheme(
            authorizer,
            identitySource="method.request.header.Authorization, method.request.header.X-Shop",
            authorizerResultTtlInSeconds=300,
        ),
    }
    return document(
        {
            "/asked/a": {"post": {**method, "security": [{"asked": []}]}},
            "/kept/a": {"post": {**method, "security": [{"kept": []}]}},
            "/kept/b": {"post": {**method, "security": [{"kept": []}]}},
            "/two": {"post": {**method, "security": [{"two": []}]}},
            "/open": {"post": method},
        },
        components={"securitySchemes": schemes},
        **more,
    )


@pytest.fixture(scope="module")
def api(rig: Rig) -> Api:
    authorizer = rig.function(OBEDIENT)
    api = rig.function_api(ECHO, guarded(authorizer))
    rig.permit(authorizer, api, "/authorizers/*")
    return api


def call(api: Api, authorization: str, path: str = "/asked/a", **headers: str) -> Any:
    return api.request("POST", path, headers={"Authorization": authorization, **headers}, body=b"{}")


def test_who_is_allowed_reaches_the_integration_which_learns_of_it_as_text(api: Api) -> None:
    told = call(api, "allow /POST/asked/*").json()["authorizer"]
    assert told["principalId"] == "someone"
    assert told["isRight"] == "true"
    assert isinstance(told["asked"], str)
    assert isinstance(told["integrationLatency"], int)


def test_the_authorizer_is_told_the_request_without_its_body(api: Api) -> None:
    told = call(api, "allow /*", "/asked/a?shop=1").json()["authorizer"]
    event = json.loads(told["event"])
    assert event["type"] == "REQUEST"
    assert event["methodArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api.id}/v1/POST/asked/a"
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/asked/a", "/asked/a", "POST")
    assert event["headers"]["Authorization"] == "allow /*"
    assert (event["queryStringParameters"], event["pathParameters"]) == ({"shop": "1"}, {})
    assert event["stageVariables"] == {}
    assert event["requestContext"]["resourcePath"] == "/asked/a"
    assert "body" not in event
    assert "authorizer" not in event["requestContext"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}])
@pytest.mark.parametrize("path", ["/asked/a", "/kept/a"])
def test_without_identity_a_request_is_unauthorized(api: Api, headers: dict[str, str], path: str) -> None:
    answer = api.request("POST", path, headers=headers)
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.headers["x-amzn-ErrorType"] == "UnauthorizedException"


def test_every_identity_source_is_needed(api: Api) -> None:
    assert call(api, "allow /*", "/two").status == 401
    assert call(api, "allow /*", "/two", **{"X-Shop": ""}).status == 401
    assert call(api, "allow /*", "/two", **{"X-Shop": "1"}).status == 200


def test_an_authorizer_that_fails_with_the_word_unauthorized_makes_the_request_so(api: Api) -> None:
    answer = call(api, "fail Unauthorized")
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.aws("API Gateway", "Lambda authorizers", DENIED)
@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("deny /*", "User is not authorized to access this resource with an explicit deny"),
        ("allow /POST/asked/b", "User is not authorized to access this resource"),
        ("allow /GET/*", "User is not authorized to access this resource"),
        ("allow /POST/ASKED/a", "User is not authorized to access this resource"),
    ],
)
def test_a_policy_that_does_not_allow_the_method_denies_it(api: Api, authorization: str, message: str) -> None:
    answer = call(api, authorization)
    assert (answer.status, answer.json()) == (403, {"Message": message})
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"


@pytest.mark.parametrize("resource", ["/POST/asked/a", "/POST/asked/?", "/*/asked/*", "/*"])
def test_wildcards_stand_for_any_part_of_the_path(api: Api, resource: str) -> None:
    assert call(api, f"allow {resource}").status == 200


@pytest.mark.aws("API Gateway", "Lambda authorizers", OUTPUT)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "allow",
        {},
        {"principalId": "someone"},
        {"policyDocument": POLICY},
        {"principalId": "", "policyDocument": POLICY},
        {"principalId": "someone", "policyDocument": {"Statement": []}},
        {"principalId": "someone", "policyDocument": {"Statement": [{**POLICY["Statement"][0], "Effect": "allow"}]}},
        {"principalId": "someone", "policyDocument": {"Statement": [{"Effect": "Allow", "Action": "*"}]}},
        {"principalId": "someone", "policyDocument": POLICY, "context": {"groups": ["a"]}},
        {"principalId": "someone", "policyDocument": POLICY, "context": {"group": None}},
        {"principalId": "someone", "policyDocument": POLICY, "context": "a"},
    ],
    ids=str,
)
def test_an_answer_that_is_no_policy_lets_nobody_in(api: Api, answer: Any) -> None:
    refused = call(api, f"answer {json.dumps(answer)}")
    assert (refused.status, refused.json()) == (500, {"message": None})
    assert refused.headers["x-amzn-ErrorType"] == "AuthorizerConfigurationException"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"usageIdentifierKey": "key"}, "usageIdentifierKey"),
        (
            {
                "policyDocument": {
                    "Statement": [{**POLICY["Statement"][0], "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}]
                }
            },
            "the condition IpAddress on aws:SourceIp",
        ),
        ({"policyDocument": {"Statement": [{"Effect": "Allow", "NotAction": "a", "Resource": "*"}]}}, "NotAction"),
    ],
)
def test_what_the_local_cloud_does_not_know_of_an_answer_is_named_in_its_log(
    api: Api, more: dict[str, Any], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = {"principalId": "someone", "policyDocument": POLICY, **more}
    assert call(api, f"answer {json.dumps(answer)}").status == 500
    assert f"the local cloud does not support {named}" in caplog.text


@pytest.mark.aws("API Gateway", "Limits", QUOTAS)
def test_an_answer_may_have_eight_kilobytes(rig: Rig) -> None:
    source = """
        def handler(event, context):
            statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            return {"principalId": "a" * int(event["headers"]["Authorization"]),
                    "policyDocument": {"Statement": [statement]}}
    """
    authorizer = rig.function(source)
    api = rig.function_api(ECHO, guarded(authorizer))
    rig.permit(authorizer, api, "/authorizers/*")
    frame = len(
        json.dumps(
            {"principalId": "", "policyDocument": {"Statement": [dict(Effect="Allow", Action="*", Resource="*")]}}
        )
    )
    assert call(api, str(8192 - frame)).status == 200
    assert call(api, str(8193 - frame)).status == 500


@pytest.mark.aws("API Gateway", "Lambda authorizers", RESPONSE_TYPES)
def test_an_authorizer_that_fails_lets_nobody_in(api: Api) -> None:
    answer = call(api, "fail unauthorized")
    assert (answer.status, answer.json()) == (500, {"message": None})
    assert answer.headers["x-amzn-ErrorType"] == "AuthorizerConfigurationException"


@pytest.mark.aws("API Gateway", "Lambda authorizers", PERMISSIONS)
def test_an_authorizer_that_the_api_may_not_invoke_lets_nobody_in(rig: Rig) -> None:
    authorizer = rig.function(OBEDIENT)
    api = rig.function_api(ECHO, guarded(authorizer))
    rig.permit(authorizer, api, "/*/POST/*")
    assert call(api, "allow /*").status == 500
    rig.permit(authorizer, api, "/authorizers/*")
    assert call(api, "allow /*").status == 200


def test_an_authorizer_that_is_not_there_lets_nobody_in(rig: Rig) -> None:
    nothing = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:nothing"
    answer = call(rig.function_api(ECHO, guarded(nothing)), "allow /*")
    assert answer.status == 500
    assert answer.headers["x-amzn-ErrorType"] == "AuthorizerConfigurationException"


@pytest.mark.aws("API Gateway", "Lambda authorizers", RESPONSE_TYPES)
def test_the_api_words_what_authorizers_refuse(rig: Rig) -> None:
    types = ("UNAUTHORIZED", "ACCESS_DENIED", "AUTHORIZER_CONFIGURATION_ERROR")
    responses = {
        kind: {
            "responseParameters": {"gatewayresponse.header.WWW-Authenticate": "'Basic'"},
            "responseTemplates": {"application/json": f'{{"kind": "{kind}", "said": $context.error.messageString}}'},
        }
        for kind in types
    }
    authorizer = rig.function(OBEDIENT)
    api = rig.function_api(ECHO, guarded(authorizer, **{"x-amazon-apigateway-gateway-responses": responses}))
    rig.permit(authorizer, api, "/authorizers/*")
    asked = [call(api, authorization) for authorization in ("fail Unauthorized", "deny /*", "fail")]
    assert [answer.json()["kind"] for answer in asked] == list(types)
    assert {answer.headers["WWW-Authenticate"] for answer in asked} == {"Basic"}
    assert asked[2].json()["said"] is None


@pytest.mark.aws("API Gateway", "Context variables", CONTEXT)
def test_the_context_of_an_authorizer_is_there_for_templates(rig: Rig) -> None:
    template = '{"statusCode": 200, "who": "$context.authorizer.principalId"}'
    mocked = {
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "never",
            "requestTemplates": {"application/json": template},
            "responses": {
                "default": {
                    "statusCode": "200",
                    "responseTemplates": {"application/json": '"$context.authorizer.principalId"'},
                }
            },
        },
        "security": [{"own": []}],
    }
    authorizer = rig.function(OBEDIENT)
    api = rig.api(document({"/a": {"post": mocked}}, components={"securitySchemes": {"own": scheme(authorizer)}}))
    rig.permit(authorizer, api, "/authorizers/*")
    assert call(api, "allow /*", "/a").json() == "someone"


def test_an_answer_is_kept_for_the_identity_over_all_paths_and_holds_for_what_it_names(api: Api) -> None:
    first = call(api, "allow /POST/kept/a", "/kept/a").json()["authorizer"]
    again = call(api, "allow /POST/kept/a", "/kept/a").json()["authorizer"]
    assert again["asked"] == first["asked"]
    assert call(api, "allow /POST/kept/a", "/kept/b").status == 403
    other = call(api, "allow /POST/kept/*", "/kept/a").json()["authorizer"]
    assert int(other["asked"]) > int(first["asked"])
    assert call(api, "allow /POST/kept/*", "/kept/b").json()["authorizer"]["asked"] == other["asked"]


def test_with_a_time_to_live_of_zero_the_authorizer_is_asked_each_time(api: Api) -> None:
    asked = [int(call(api, "allow /*").json()["authorizer"]["asked"]) for _ in range(2)]
    assert asked[1] > asked[0]


def test_each_value_of_an_identity_source_has_an_answer_of_its_own(api: Api) -> None:
    answers = [call(api, "allow /*", "/two", **{"X-Shop": shop}) for shop in ("8", "9", "8")]
    asked = [answer.json()["authorizer"]["asked"] for answer in answers]
    assert asked[0] == asked[2] != asked[1]


class Clocked:
    """An authorizer without a cloud, on a clock that tests turn."""

    def __init__(self) -> None:
        self.now, self.asked, self.failure = 0.0, 0, None
        self.authorization = LambdaAuthorization(self, REGION, lambda: self.now)

    def allows(self, *_: object) -> bool:
        return True

    def invoke(self, *_: object) -> SimpleNamespace:
        self.asked += 1
        if self.failure:
            raise self.failure
        return SimpleNamespace(
            payload=json.dumps(
                {
                    "principalId": "a",
                    "policyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
                }
            ).encode(),
            function_error=None,
        )

    def admit(self, ttl_seconds: int) -> None:
        request = Request(EnvironBuilder(headers={"Authorization": "a"}).get_environ())
        context = RequestContext(request, Address("api", "v1", "/a", "/a"), "host", "deployment")
        authorizer = LambdaAuthorizer("one", "arn", ("Authorization",), ttl_seconds)
        self.authorization.admit(authorizer, context)


def test_an_answer_is_kept_no_longer_than_its_time_to_live() -> None:
    clocked = Clocked()
    for clocked.now in (0, 59.9, 60, 119.9, 120.1):
        clocked.admit(60)
    assert clocked.asked == 3


def test_an_authorizer_that_does_not_answer_in_time_lets_nobody_in_and_is_asked_again() -> None:
    clocked = Clocked()
    clocked.failure = StillRunningError()
    with pytest.raises(GatewayError) as refused:
        clocked.admit(60)
    assert (refused.value.response_type, refused.value.status) == ("AUTHORIZER_FAILURE", 500)
    clocked.failure = None
    clocked.admit(60)


@pytest.mark.aws("API Gateway", "OpenAPI import", EXTENSION)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"type": "token"}, "type: the local cloud supports request alone, not 'token'"),
        ({"type": "cognito_user_pools"}, "type: the local cloud supports request alone"),
        ({"authorizerCredentials": "arn:aws:iam::1:role/a"}, "does not support authorizerCredentials"),
        ({"authorizerUri": "arn:aws:lambda:us-east-1:1:function:f"}, "is not the invoke ARN of a function"),
        ({"authorizerResultTtlInSeconds": 3601}, "authorizerResultTtlInSeconds: must be 0 to 3600"),
        (
            {"authorizerResultTtlInSeconds": 1, "identitySource": ""},
            "identitySource: is needed where answers are cached",
        ),
        ({"identitySource": "method.request.querystring.a"}, "identitySource: the local cloud supports headers alone"),
    ],
)
def test_an_authorizer_that_cannot_be_kept_is_refused_at_import(rig, api, change, named):
    paths = {"/a": {"post": {**proxy(f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"), "security": [{"own": []}]}}}
    own = scheme("arn", **change)
    definition = document(paths, components={"securitySchemes": {"own": own}})
    with pytest.raises(ClientError, match=named):
        rig.aws("apigateway").put_rest_api(restApiId=api.id, mode="overwrite", body=json.dumps(definition).encode())


@pytest.mark.aws("API Gateway", "Limits", QUOTAS)
def test_an_api_may_have_ten_authorizers(rig: Rig, api: Api) -> None:
    method = {**proxy(f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"), "security": [{"own0": []}]}
    schemes = {f"own{number}": scheme("arn") for number in range(11)}
    definition = document({"/a": {"post": method}}, components={"securitySchemes": schemes})
    with pytest.raises(ClientError, match="Maximum number of Authorizers"):
        rig.aws("apigateway").put_rest_api(restApiId=api.id, mode="overwrite", body=json.dumps(definition).encode())


def test_a_method_has_one_authorization(rig: Rig, api: Api) -> None:
    method = {**proxy(f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"), "security": [{"a": [], "b": []}]}
    schemes = {"a": scheme("arn"), "b": scheme("arn")}
    definition = document({"/a": {"post": method}}, components={"securitySchemes": schemes})
    with pytest.raises(ClientError, match="a method has one authorization"):
        rig.aws("apigateway").put_rest_api(restApiId=api.id, mode="overwrite", body=json.dumps(definition).encode())
