import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import Rig, document, proxy

ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event)}
"""
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:any"
_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
DEPLOYMENT = f"{_GUIDE}/how-to-deploy-api.html"
GATEWAY_RESPONSES = f"{_GUIDE}/api-gateway-gatewayResponse-definition.html"
CORS = f"{_GUIDE}/how-to-cors.html"
TEMPLATE = '{"message": $context.error.messageString, "requestId": "$context.requestId"}'


@pytest.mark.aws("API Gateway", "Deployments", DEPLOYMENT)
def test_a_change_is_visible_after_a_deployment_alone(rig: Rig) -> None:
    arn = rig.function(ECHO)
    api = rig.api(document({"/old": {"post": proxy(arn)}}))
    rig.permit(arn, api)
    api.put(document({"/new": {"post": proxy(arn)}}))
    assert (api.request("POST", "/old").status, api.request("POST", "/new").status) == (200, 403)
    api.deploy()
    assert (api.request("POST", "/old").status, api.request("POST", "/new").status) == (403, 200)


def test_a_definition_is_overwritten_and_not_merged(rig: Rig) -> None:
    api = rig.api(document({"/old": {"post": proxy(FUNCTION)}}))
    with pytest.raises(ClientError, match="does not support the mode merge over a definition; use overwrite"):
        api.put(document({"/new": {"post": proxy(FUNCTION)}}), mode="merge")


def test_moto_lists_the_resources_of_the_document(rig: Rig) -> None:
    api = rig.api(document({"/events": {"post": proxy(FUNCTION)}, "/stores/menu": {"get": proxy(FUNCTION)}}))
    resources = rig.aws("apigateway").get_resources(restApiId=api.id)["items"]
    assert {"/events", "/stores/menu"} <= {resource["path"] for resource in resources}


def _integration(**changes: Any) -> dict[str, Any]:
    integration = {**proxy(FUNCTION)["x-amazon-apigateway-integration"], **changes}
    return document({"/events": {"post": {"x-amazon-apigateway-integration": integration}}})


def _response(**changes: Any) -> dict[str, Any]:
    return document({}, **{"x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": changes}})


@pytest.mark.parametrize(
    ("definition", "named"),
    [
        ({"swagger": "2.0", "paths": {}}, "OpenAPI 3.0 documents alone, not swagger '2.0'"),
        (document({}, **{"x-amazon-apigateway-policy": {}}), "x-amazon-apigateway-policy"),
        (document({"/events": {"post": {"responses": {}}}}), "paths./events.POST: no x-amazon-apigateway-integration"),
        (document({"/events": {"trace": {}}}), "paths./events: the local cloud does not support trace"),
        (document({"events": {}}), "'events' does not begin with a slash"),
        (document({"/stores/{id}": {}}), "paths./stores/{id}: the local cloud does not support parameters in paths"),
        (document({"/e": {"x-amazon-apigateway-any-method": {}}}), "does not support x-amazon-apigateway-any-method"),
        (document({}, security=[]), "security: the local cloud supports that of each method alone"),
        (document({}, **{"x-amazon-apigateway-binary-media-types": ["*/*"]}), "does not support wildcards"),
        (document({"/e": {"post": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}}}), "x-amazon-apigateway-auth"),
        (_integration(type="http_proxy"), "does not support integration type 'http_proxy'"),
        (_integration(type="http"), "does not support integration type 'http'"),
        (_integration(type="aws"), "path/2015-03-31/functions"),
        (
            _integration(type="aws", uri="arn:aws:apigateway:us-east-1:sqs:action/SendMessage"),
            "does not support 'arn:aws:apigateway:us-east-1:sqs:action/SendMessage'; firehose:action/PutRecord",
        ),
        (_integration(uri="arn:aws:apigateway:us-east-1:firehose:action/PutRecord"), "is not the invoke ARN"),
        (_integration(httpMethod="GET"), "a function is invoked by POST, not 'GET'"),
        (_integration(timeoutInMillis=30_000), "Timeout should be between 50 ms and 29000 ms, not 30000"),
        (_integration(credentials="arn:aws:iam::123456789012:role/x"), "credentials"),
        (
            document({"/e": {"post": {**proxy(FUNCTION), "x-amazon-apigateway-request-validator": "all"}}}),
            "paths./e.POST.x-amazon-apigateway-request-validator: there is no request validator 'all'",
        ),
        (
            document({"/e": {"post": {**proxy(FUNCTION), "security": [{"sigv4": []}]}}}),
            "paths./e.POST.security: there is no security scheme 'sigv4'",
        ),
        (
            document({}, **{"x-amazon-apigateway-gateway-responses": {"TEAPOT": {}}}),
            "x-amazon-apigateway-gateway-responses.TEAPOT: there is no such gateway response",
        ),
        (_response(responseTemplates={"text/plain": ""}), "supports application/json alone"),
        (
            _response(responseParameters={"gatewayresponse.header.X": "method.request.header.Origin"}),
            "not supported here: 'method.request.header.Origin'",
        ),
        (
            document({"/e": {"options": {"x-amazon-apigateway-integration": {"type": "mock"}}}}),
            "passthroughBehavior: the local cloud supports never alone",
        ),
        (document({}, **{"x-amazon-apigateway-api-key-source": "AUTHORIZER"}), "supports HEADER alone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_supported_is_refused_by_name(rig: Rig, definition: dict[str, Any], named: str) -> None:
    api_id = rig.aws("apigateway").create_rest_api(name="refused")["id"]
    with pytest.raises(ClientError) as refused:
        rig.aws("apigateway").put_rest_api(restApiId=api_id, body=json.dumps(definition).encode())
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert named in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("body", [b"{", b"openapi: 3.0.1"])
def test_a_document_that_is_not_json_is_refused(rig: Rig, body: bytes) -> None:
    api_id = rig.aws("apigateway").create_rest_api(name="refused")["id"]
    with pytest.raises(ClientError, match="Invalid OpenAPI input: the local cloud takes JSON alone"):
        rig.aws("apigateway").put_rest_api(restApiId=api_id, body=body)


def test_methods_made_one_by_one_are_refused_by_name(rig: Rig) -> None:
    api = rig.aws("apigateway").create_rest_api(name="by-hand")
    with pytest.raises(ClientError, match="not by resources"):
        rig.aws("apigateway").create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="events")


@pytest.mark.aws("API Gateway", "Deployments", DEPLOYMENT)
def test_an_api_without_methods_cannot_be_deployed(rig: Rig) -> None:
    api_id = rig.aws("apigateway").create_rest_api(name="empty")["id"]
    with pytest.raises(ClientError, match="doesn't contain any methods"):
        rig.aws("apigateway").create_deployment(restApiId=api_id)


def _with_responses(rig: Rig, responses: dict[str, Any]) -> Any:
    definition = document(
        {"/events": {"post": proxy("FUNCTION")}}, **{"x-amazon-apigateway-gateway-responses": responses}
    )
    return rig.function_api("def handler(event, context):\n    return None", definition)


@pytest.mark.aws("API Gateway", "Gateway responses", GATEWAY_RESPONSES)
def test_gateway_responses_are_worded_by_the_document(rig: Rig) -> None:
    template = '{"message": "There is no $context.httpMethod $context.path", "code": "${context.error.responseType}"}'
    api = _with_responses(
        rig,
        {
            "MISSING_AUTHENTICATION_TOKEN": {
                "statusCode": 404,
                "responseTemplates": {"application/json": template},
                "responseParameters": {
                    "gatewayresponse.header.X-Fixed": "'yes'",
                    "gatewayresponse.header.X-Stage": "context.stage",
                },
            }
        },
    )
    answer = api.request("GET", "/nothing")
    assert answer.status == 404
    assert answer.json() == {"message": "There is no GET /v1/nothing", "code": "MISSING_AUTHENTICATION_TOKEN"}
    assert (answer.headers["X-Fixed"], answer.headers["X-Stage"]) == ("yes", "v1")


@pytest.mark.aws("API Gateway", "Gateway responses", GATEWAY_RESPONSES)
def test_the_default_responses_word_all_that_have_no_wording_of_their_own(rig: Rig) -> None:
    api = _with_responses(
        rig, {"DEFAULT_4XX": {"responseTemplates": {"application/json": TEMPLATE}}, "DEFAULT_5XX": {"statusCode": 599}}
    )
    missing = api.request("GET", "/nothing")
    assert missing.status == 403
    request_id = missing.headers["x-amzn-RequestId"]
    assert missing.json() == {"message": "Missing Authentication Token", "requestId": request_id}
    failed = api.request("POST", "/events")
    assert failed.status == 599
    assert failed.json() == {"message": "Internal server error"}


def _preflight() -> dict[str, Any]:
    return {
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "never",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": {
                        "method.response.header.Access-Control-Allow-Origin": "'*'",
                        "method.response.header.Access-Control-Allow-Methods": "'POST,OPTIONS'",
                    },
                }
            },
        }
    }


@pytest.mark.aws("API Gateway", "CORS", CORS)
def test_a_preflight_is_answered_where_the_document_declares_it_and_nowhere_else(rig: Rig) -> None:
    api = rig.api(document({"/open": {"options": _preflight()}, "/closed": {"post": proxy(FUNCTION)}}))
    origin = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    answer = api.request("OPTIONS", "/open", headers=origin)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST,OPTIONS"
    refused = api.request("OPTIONS", "/closed", headers=origin)
    assert refused.status == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
