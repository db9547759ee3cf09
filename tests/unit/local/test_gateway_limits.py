"""Each limit of API Gateway, crossed on purpose."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.gateway import stages
from rapid.local.gateway.throttle import Rate, TokenBucket

from .cloud_rig import Api, Rig, document, proxy

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
QUOTAS = f"{_GUIDE}/api-gateway-execution-service-limits-table.html"
LAMBDA_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
THROTTLING = f"{_GUIDE}/api-gateway-request-throttling.html"
CREATE_API_KEY = "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html"
MEGABYTE = 1024 * 1024
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:any"
MOCK = {
    "type": "mock",
    "passthroughBehavior": "never",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}},
}

pytestmark = pytest.mark.aws("API Gateway", "Limits", QUOTAS)


def mocked(**changes: Any) -> dict[str, Any]:
    """A method that answers 200 without doing anything."""
    return {"x-amazon-apigateway-integration": {**MOCK, **changes}}


@pytest.fixture(scope="module")
def api(rig: Rig) -> Api:
    """An API that answers 200 to whatever comes in."""
    return rig.api(document({"/events": {"post": mocked(), "get": mocked()}}))


def test_a_body_of_ten_megabytes_passes_and_a_longer_one_is_too_large(api: Api) -> None:
    assert api.request("POST", "/events", body=b"x" * 10 * MEGABYTE).status == 200
    answer = api.request("POST", "/events", body=b"x" * (10 * MEGABYTE + 1))
    assert (answer.status, answer.data) == (413, b"HTTP content length exceeded 10485760 bytes.")


def test_headers_of_more_than_10240_bytes_together_are_too_large(api: Api) -> None:
    assert api.request("GET", "/events", headers={"X-One": "x" * 9_000}).status == 200
    answer = api.request("GET", "/events", headers={"X-One": "x" * 5_120, "X-Two": "x" * 5_120})
    assert (answer.status, answer.data) == (431, b"HTTP header is larger than 10240 bytes.")


def test_an_address_of_more_than_10240_characters_is_too_long(api: Api) -> None:
    assert api.request("GET", f"/events?q={'x' * 9_000}").status == 200
    assert api.request("GET", f"/events?q={'x' * 10_240}").status == 414


@pytest.mark.aws("API Gateway", "Limits", LAMBDA_QUOTAS)
def test_a_request_that_is_too_long_for_a_function_alone_is_answered_413(rig: Rig) -> None:
    api = rig.function_api("def handler(event, context):\n    return {'statusCode': 200}")
    assert api.request("POST", "/events", body=b"x" * 5 * MEGABYTE).status == 200
    answer = api.request("POST", "/events", body=b"x" * 7 * MEGABYTE)
    assert (answer.status, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.aws("API Gateway", "Limits", LAMBDA_QUOTAS)
def test_an_answer_of_a_function_past_six_megabytes_is_a_bad_gateway(rig: Rig) -> None:
    source = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'x' * int(event['body'])}"
    api = rig.function_api(source)
    assert len(api.request("POST", "/events", body=str(5 * MEGABYTE)).data) == 5 * MEGABYTE
    answer = api.request("POST", "/events", body=str(6 * MEGABYTE + 100))
    assert (answer.status, answer.json()) == (502, {"message": "Internal server error"})


@pytest.mark.parametrize(("milliseconds", "is_taken"), [(49, False), (50, True), (29_000, True), (29_001, False)])
def test_an_integration_may_wait_for_50_to_29000_milliseconds(rig: Rig, milliseconds: int, is_taken: bool) -> None:
    definition = document({"/events": {"post": proxy(FUNCTION, timeoutInMillis=milliseconds)}})
    if is_taken:
        rig.api(definition)
    else:
        _refused(rig, definition, "Timeout should be between 50 ms and 29000 ms")


def _refused(rig: Rig, definition: dict[str, Any], message: str, code: str = "BadRequestException") -> None:
    api_id = rig.aws("apigateway").create_rest_api(name="refused")["id"]
    with pytest.raises(ClientError, match=message) as refused:
        rig.aws("apigateway").put_rest_api(restApiId=api_id, body=json.dumps(definition).encode())
    assert refused.value.response["Error"]["Code"] == code


def test_an_api_may_have_300_resources(rig: Rig) -> None:
    paths = {f"/r{number}": {"get": mocked()} for number in range(299)}
    rig.aws("apigateway").put_rest_api(
        restApiId=rig.aws("apigateway").create_rest_api(name="many")["id"], body=json.dumps(document(paths)).encode()
    )
    one_more = document({**paths, "/one-more": {"get": mocked()}})
    _refused(rig, one_more, "Maximum number of Resources for this API", "LimitExceededException")


def test_an_api_may_have_ten_stages(rig: Rig) -> None:
    api = rig.api(document({"/events": {"get": mocked()}}))
    client = rig.aws("apigateway")
    deployment = client.create_deployment(restApiId=api.id)["id"]
    for number in range(9):
        client.create_stage(restApiId=api.id, stageName=f"s{number}", deploymentId=deployment)
    with pytest.raises(ClientError, match="Maximum number of Stages for this API") as refused:
        client.create_stage(restApiId=api.id, stageName="one-more", deploymentId=deployment)
    assert refused.value.response["Error"]["Code"] == "LimitExceededException"
    client.create_deployment(restApiId=api.id, stageName="v1")


@pytest.mark.parametrize("place", ["requestTemplates", "responses"])
def test_a_mapping_template_may_have_300_kilobytes(rig: Rig, place: str) -> None:
    def with_template(length: int) -> dict[str, Any]:
        text = {"application/json": '{"statusCode": 200}'.ljust(length)}
        changes = text if place == "requestTemplates" else {"default": {"statusCode": "200", "responseTemplates": text}}
        return document({"/events": {"get": mocked(**{place: changes})}})

    rig.api(with_template(300 * 1024))
    _refused(rig, with_template(300 * 1024 + 1), "Invalid mapping template")


def test_a_model_may_have_400_kilobytes(rig: Rig) -> None:
    def with_model(length: int) -> dict[str, Any]:
        return document({"/events": {"get": mocked()}}, components={"schemas": {"Event": {"title": "x" * length}}})

    rig.api(with_model(400 * 1024 - 12))
    _refused(rig, with_model(400 * 1024), "Model Event: the schema is larger than")


def test_the_definition_of_an_api_may_have_six_megabytes(rig: Rig) -> None:
    definition = document({"/events": {"get": mocked()}})
    rig.api({**definition, "x-note": "x" * 5 * MEGABYTE})
    _refused(rig, {**definition, "x-note": "x" * 6 * MEGABYTE}, "The API definition is larger than 6291456 bytes")


@pytest.mark.aws("API Gateway", "Limits", CREATE_API_KEY)
@pytest.mark.parametrize(("length", "is_taken"), [(19, False), (20, True), (128, True), (129, False)])
def test_the_value_of_an_api_key_has_20_to_128_characters(rig: Rig, length: int, is_taken: bool) -> None:
    value = f"{length:03}".ljust(length, "k")
    if is_taken:
        assert rig.aws("apigateway").create_api_key(name="key", value=value)["value"] == value
    else:
        with pytest.raises(ClientError, match="API Key value should be at"):
            rig.aws("apigateway").create_api_key(name="key", value=value)


@pytest.mark.aws("API Gateway", "Limits", THROTTLING)
def test_the_account_s_bucket_holds_5000_requests_and_gets_10000_a_second() -> None:
    now = [0.0]
    bucket = TokenBucket(stages.ACCOUNT_RATE, clock=lambda: now[0])
    assert [bucket.take() for _ in range(5_001)] == [True] * 5_000 + [False]
    now[0] = 0.1
    assert [bucket.take() for _ in range(1_001)] == [True] * 1_000 + [False]


@pytest.mark.aws("API Gateway", "Limits", THROTTLING)
def test_past_the_rate_of_the_account_there_are_too_many_requests(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "ACCOUNT_RATE", Rate(0.001, 1))
    answers = [api.request("GET", "/events") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert answers[1].json() == {"message": "Too Many Requests"}
