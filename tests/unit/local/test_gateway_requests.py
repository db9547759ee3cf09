import json
from typing import Any

import pytest

from .cloud_rig import KEY_SCHEME, Api, Rig, document, proxy

ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event)}
"""
_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
PROXY = f"{_GUIDE}/set-up-lambda-proxy-integrations.html"
RESPONSE_TYPES = f"{_GUIDE}/supported-gateway-response-types.html"
ENCODINGS = f"{_GUIDE}/api-gateway-payload-encodings.html"
KNOWN_ISSUES = f"{_GUIDE}/api-gateway-known-issues.html"
LOGGING = f"{_GUIDE}/set-up-access-logging.html"
USAGE_PLANS = f"{_GUIDE}/api-gateway-api-usage-plans.html"
THROTTLING = f"{_GUIDE}/api-gateway-request-throttling.html"
QUOTAS = f"{_GUIDE}/api-gateway-execution-service-limits-table.html"
INVOCATION = f"{_GUIDE}/how-to-call-api.html"
FORBIDDEN = "https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden"
PERMISSIONS = "https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html"

pytestmark = pytest.mark.aws("API Gateway", "Lambda proxy integration", PROXY)
ANSWER = """
    import json
    def handler(event, context):
        return json.loads(event["body"])
"""


@pytest.fixture(scope="module")
def echo(rig: Rig) -> Api:
    """An API whose function answers the event it gets."""
    return rig.function_api(
        ECHO,
        document(
            {
                "/events": {"post": proxy("FUNCTION"), "get": proxy("FUNCTION")},
            },
            **{"x-amazon-apigateway-binary-media-types": ["application/gzip", "image/png"]},
        ),
    )


@pytest.fixture(scope="module")
def answering(rig: Rig) -> Api:
    """An API whose function answers what the body says."""
    return rig.function_api(ANSWER)


def test_a_function_gets_the_request_in_aws_s_form(echo: Api) -> None:
    answer = echo.request(
        "POST",
        "/events?a=1&a=2&b=%C3%BC",
        body='{"menuItem": "Crème Brûlée"}'.encode(),
        headers={"content-type": "application/json", "x-request-source": "test", "user-agent": "tester/1"},
    )
    event = answer.json()
    assert event["resource"] == event["path"] == "/events"
    assert event["httpMethod"] == "POST"
    assert event["body"] == '{"menuItem": "Crème Brûlée"}'
    assert event["isBase64Encoded"] is False
    assert event["queryStringParameters"] == {"a": "2", "b": "ü"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["ü"]}
    assert event["pathParameters"] is None
    assert event["stageVariables"] is None
    assert event["headers"]["X-Request-Source"] == "test"
    assert event["multiValueHeaders"]["X-Request-Source"] == ["test"]
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    context = event["requestContext"]
    assert context["requestId"] == answer.headers["x-amzn-RequestId"]
    assert context["extendedRequestId"] == answer.headers["x-amz-apigw-id"]
    assert (context["stage"], context["path"], context["resourcePath"]) == ("v1", "/v1/events", "/events")
    assert context["apiId"] == echo.id
    assert context["accountId"] == "123456789012"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "tester/1"
    assert context["domainName"] == f"{echo.id}.execute-api.us-east-1.amazonaws.com"


def test_a_request_without_a_body_has_none_in_its_event(echo: Api) -> None:
    event = echo.request("GET", "/events").json()
    assert event["body"] is None
    assert event["queryStringParameters"] is None
    assert event["multiValueQueryStringParameters"] is None


@pytest.mark.aws("API Gateway", "Request IDs", LOGGING)
def test_a_client_can_choose_the_request_id_but_not_the_extended_one(echo: Api) -> None:
    chosen = {"x-amzn-requestid": "mine", "x-amz-apigw-id": "mine"}
    contexts = [echo.request("GET", "/events", headers=chosen).json()["requestContext"] for _ in range(2)]
    assert [context["requestId"] for context in contexts] == ["mine", "mine"]
    extended = {context["extendedRequestId"] for context in contexts}
    assert len(extended) == 2
    assert "mine" not in extended


@pytest.mark.aws("API Gateway", "Gateway responses", RESPONSE_TYPES)
@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", "/events"), ("POST", "/")])
def test_an_unknown_path_or_method_is_answered_as_aws_does(echo: Api, method: str, path: str) -> None:
    answer = echo.request(method, path)
    assert answer.status == 403
    assert answer.json() == {"message": "Missing Authentication Token"}
    assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


@pytest.mark.aws("API Gateway", "Routing", FORBIDDEN)
@pytest.mark.parametrize("path", ["/_aws/execute-api/abcdefghij/v1/events", "/_aws/execute-api/{api}/v2/events"])
def test_an_unknown_api_or_stage_is_forbidden(rig: Rig, echo: Api, path: str) -> None:
    answer = rig.http.request("POST", rig.url + path.format(api=echo.id))
    assert answer.status == 403
    assert answer.json() == {"message": "Forbidden"}


@pytest.mark.aws("API Gateway", "Routing", INVOCATION)
def test_an_api_answers_under_its_aws_host_name_too(rig: Rig, echo: Api) -> None:
    host = f"{echo.id}.execute-api.us-east-1.amazonaws.com"
    answer = rig.http.request("POST", f"{rig.url}/v1/events", body=b"{}", headers={"Host": host})
    assert answer.json()["path"] == "/events"


@pytest.mark.aws("API Gateway", "Binary payloads", ENCODINGS)
def test_a_body_of_a_binary_media_type_comes_in_base64(echo: Api) -> None:
    binary = echo.request("POST", "/events", body=b"\xff\x00", headers={"content-type": "application/gzip"}).json()
    assert (binary["body"], binary["isBase64Encoded"]) == ("/wA=", True)
    text = echo.request("POST", "/events", body=b"\xff", headers={"content-type": "text/plain"}).json()
    assert (text["body"], text["isBase64Encoded"]) == ("�", False)


def test_a_body_in_chunks_arrives_whole(echo: Api) -> None:
    answer = echo.request("POST", "/events", body=iter([b"one,", b"two"]), headers={"content-type": "text/plain"})
    assert answer.json()["body"] == "one,two"


def _answered(api: Api, answer: Any, **headers: str) -> Any:
    return api.request("POST", "/events", body=json.dumps(answer).encode(), headers=headers)


def test_a_function_chooses_status_headers_and_body(answering: Api) -> None:
    answer = _answered(
        answering,
        {
            "statusCode": 202,
            "headers": {"Retry-After": "5", "X-One": "a"},
            "body": "é",
        },
    )
    assert (answer.status, answer.data.decode()) == (202, "é")
    assert (answer.headers["Retry-After"], answer.headers["X-One"]) == ("5", "a")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.aws("API Gateway", "Lambda proxy integration", KNOWN_ISSUES)
def test_headers_that_are_the_gateway_s_own_come_out_under_another_name(answering: Api) -> None:
    answer = _answered(answering, {"statusCode": 401, "headers": {"WWW-Authenticate": "Basic", "Content-Length": "9"}})
    assert answer.headers["x-amzn-Remapped-WWW-Authenticate"] == "Basic"
    assert "WWW-Authenticate" not in answer.headers
    assert answer.headers["Content-Length"] == "0"


@pytest.mark.parametrize("member", ["isBase64Encoded", "multiValueHeaders"])
def test_a_member_of_an_answer_that_is_not_supported_is_named(
    answering: Api, caplog: pytest.LogCaptureFixture, member: str
) -> None:
    assert _answered(answering, {"statusCode": 200, member: {"X": ["1"]}}).status == 502
    assert f"does not support {member} in a function's answer" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        {},
        {"statusCode": "good"},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "headers": "none"},
        {"statusCode": 200, "headers": {"X": {"a": 1}}},
        {"statusCode": 200, "cookies": []},
    ],
    ids=str,
)
def test_an_answer_that_is_not_of_the_right_form_is_a_bad_gateway(answering: Api, answer: Any) -> None:
    response = _answered(answering, answer)
    assert response.status == 502
    assert response.json() == {"message": "Internal server error"}


def test_a_function_that_fails_is_a_bad_gateway(rig: Rig) -> None:
    api = rig.function_api("def handler(event, context):\n    raise ValueError('secret')")
    answer = api.request("POST", "/events")
    assert answer.status == 502
    assert answer.json() == {"message": "Internal server error"}


@pytest.mark.aws("API Gateway", "Limits", QUOTAS)
def test_a_function_that_takes_longer_than_the_integration_waits_is_a_gateway_timeout(rig: Rig) -> None:
    definition = document({"/events": {"post": proxy("FUNCTION", timeoutInMillis=50)}})
    api = rig.function_api("import time\ndef handler(event, context):\n    time.sleep(3)", definition)
    answer = api.request("POST", "/events")
    assert answer.status == 504
    assert answer.json() == {"message": "Endpoint request timed out"}


@pytest.mark.aws("API Gateway", "Permissions", PERMISSIONS)
def test_a_function_that_does_not_let_the_api_in_is_not_invoked(rig: Rig) -> None:
    arn = rig.function(ECHO)
    api = rig.api(document({"/events": {"post": proxy(arn), "get": proxy(arn)}}))
    assert api.request("POST", "/events").status == 500
    rig.permit(arn, api, "/v1/POST/events")
    assert api.request("POST", "/events").status == 200
    refused = api.request("GET", "/events")
    assert refused.status == 500
    assert refused.json() == {"message": "Internal server error"}


def test_a_function_that_is_gone_is_an_internal_error(rig: Rig) -> None:
    arn = rig.function(ECHO)
    api = rig.api(document({"/events": {"post": proxy(arn)}}))
    rig.permit(arn, api)
    assert api.request("POST", "/events").status == 200
    rig.aws("lambda").delete_function(FunctionName=arn)
    assert api.request("POST", "/events").status == 500


@pytest.fixture
def keyed(rig: Rig) -> Api:
    """An API whose method wants a key."""
    definition = document(
        {"/events": {"post": {"security": [{"api_key": []}], **proxy("FUNCTION")}, "get": proxy("FUNCTION")}},
        components={"securitySchemes": KEY_SCHEME},
    )
    return rig.function_api(ECHO, definition)


@pytest.mark.aws("API Gateway", "API keys", USAGE_PLANS)
def test_a_key_of_the_stage_opens_the_method(keyed: Api) -> None:
    key = keyed.key()
    answer = keyed.request("POST", "/events", headers={"x-api-key": key})
    assert answer.status == 200
    assert answer.json()["requestContext"]["identity"]["apiKey"] == key


@pytest.mark.aws("API Gateway", "API keys", USAGE_PLANS)
def test_no_key_an_unknown_one_or_one_of_another_stage_is_forbidden(rig: Rig, keyed: Api) -> None:
    other = rig.api(document({"/events": {"post": proxy(rig.function(ECHO))}}))
    keyed.key()
    for headers in ({}, {"x-api-key": "unknown"}, {"x-api-key": other.key()}):
        answer = keyed.request("POST", "/events", headers=headers)
        assert answer.status == 403
        assert answer.json() == {"message": "Forbidden"}
        assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


@pytest.mark.aws("API Gateway", "API keys", USAGE_PLANS)
def test_a_key_that_was_disabled_is_forbidden(rig: Rig, keyed: Api) -> None:
    key = keyed.key()
    found = rig.aws("apigateway").get_api_keys(includeValues=True)["items"]
    (key_id,) = [each["id"] for each in found if each["value"] == key]
    patch = [{"op": "replace", "path": "/enabled", "value": "false"}]
    rig.aws("apigateway").update_api_key(apiKey=key_id, patchOperations=patch)
    assert keyed.request("POST", "/events", headers={"x-api-key": key}).status == 403


@pytest.mark.aws("API Gateway", "API keys", USAGE_PLANS)
def test_a_method_without_security_needs_no_key(keyed: Api) -> None:
    assert keyed.request("GET", "/events").status == 200


@pytest.mark.aws("API Gateway", "Limits", THROTTLING)
def test_past_the_burst_of_a_plan_there_are_too_many_requests(keyed: Api) -> None:
    headers = {"x-api-key": keyed.key(throttle={"rateLimit": 0.001, "burstLimit": 2})}
    answers = [keyed.request("POST", "/events", headers=headers) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"message": "Too Many Requests"}
    assert answers[2].headers["x-amzn-ErrorType"] == "TooManyRequestsException"


@pytest.mark.aws("API Gateway", "Limits", THROTTLING)
def test_past_the_quota_of_a_plan_the_limit_is_exceeded(keyed: Api) -> None:
    headers = {"x-api-key": keyed.key(quota={"limit": 2, "period": "MONTH"})}
    answers = [keyed.request("POST", "/events", headers=headers) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"message": "Limit Exceeded"}
    assert answers[2].headers["x-amzn-ErrorType"] == "LimitExceededException"


@pytest.mark.aws("API Gateway", "Limits", THROTTLING)
@pytest.mark.parametrize("path", ["/~1events/POST", "/*/*"])
def test_past_the_burst_of_a_method_there_are_too_many_requests(rig: Rig, path: str) -> None:
    api = rig.function_api(ECHO)
    patch = [
        {"op": "replace", "path": f"{path}/throttling/{name}", "value": value}
        for name, value in (("rateLimit", "0.001"), ("burstLimit", "1"))
    ]
    rig.aws("apigateway").update_stage(restApiId=api.id, stageName="v1", patchOperations=patch)
    answers = [api.request("POST", "/events") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].json() == {"message": "Too Many Requests"}
