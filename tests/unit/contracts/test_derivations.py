"""What is derived from a contract: table columns, JSON schema, API definition, saved queries."""

import base64
import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from contracts import Authentication, ContractError, Delivery, glue, json_schema, load, openapi, saved_queries
from rapid.local.gateway.context import Address, RequestContext
from rapid.local.gateway.mapping_template import MappingTemplate

SOURCES = Path(__file__).parents[3] / "sources"
ORDER = {
    "timestamp": "2026-03-14T18:30:00Z",
    "menuItem": "Pasta Carbonara",
    "quantity": 2,
    "price": 15.99,
    "customerId": "cust123",
    "restaurantId": "rest456",
}


@pytest.fixture
def orders():
    return load(SOURCES / "orders.yaml")


def test_the_table_has_a_column_a_field_and_the_platforms_own(orders):
    assert {column.name: column.type for column in glue.columns(orders)} == {
        "event_id": "string",
        "timestamp": "timestamp",
        "menuitem": "string",
        "quantity": "bigint",
        "price": "decimal(10,2)",
        "customerid": "string",
        "restaurantid": "string",
        "extra": "string",
        "received_at": "timestamp",
        "ingest_id": "string",
    }


def test_the_schema_of_an_event_is_draft_4_and_tells_good_orders_from_bad(orders):
    schema = json_schema.event(orders)
    jsonschema.Draft4Validator.check_schema(schema)
    check = jsonschema.Draft4Validator(schema)

    assert check.is_valid(ORDER)
    assert not check.is_valid({**ORDER, "quantity": 0})
    assert not check.is_valid({**ORDER, "menuItem": ""})
    assert not check.is_valid({key: value for key, value in ORDER.items() if key != "price"})


@pytest.fixture
def clicks(orders):
    """A source whose path is direct and open."""
    return dataclasses.replace(
        orders, source="clicks", path="/poc", delivery=Delivery.DIRECT, authentication=Authentication.NONE
    )


def document(*contracts):
    found = openapi.document(
        "rapid-analytics-dev",
        contracts,
        openapi.Integrations(
            ingest_invoke_arn="arn:aws:apigateway:…:function:ingest/invocations",
            put_record_uri="arn:aws:apigateway:eu-central-1:firehose:action/PutRecord",
            put_record_role_arn="arn:aws:iam::123456789012:role/direct",
            streams={"clicks": "clicks-1a2b3c4"},
        ),
    )
    validate(found)
    return found


def direct(clicks):
    operation = document(clicks)["paths"]["/poc"]["post"]
    return operation, operation["x-amazon-apigateway-integration"]


def test_the_api_is_a_valid_openapi_document_with_one_literal_path_a_source(orders, clicks):
    assert list(document(orders, clicks)["paths"]) == ["/events", "/poc"]


def test_a_lambda_path_hands_its_events_to_the_function_unchecked(orders):
    operation = document(orders)["paths"]["/events"]["post"]
    assert operation["x-amazon-apigateway-integration"]["type"] == "aws_proxy"
    assert operation["x-amazon-apigateway-integration"]["uri"].endswith(":function:ingest/invocations")
    assert "x-amazon-apigateway-request-validator" not in operation


def test_a_path_asks_for_a_key_as_its_contract_does(orders, clicks):
    paths = document(orders, clicks)["paths"]
    assert paths["/events"]["post"]["security"] == [{"api_key": []}]
    assert "403" in paths["/events"]["post"]["responses"]
    assert paths["/poc"]["post"]["security"] == []
    assert "403" not in paths["/poc"]["post"]["responses"]


ANY = ("*",)


@pytest.mark.parametrize(
    ("origins", "authentication", "passed_on"),
    [
        ((), Authentication.NONE, ["application/json"]),
        (("https://menu.example.com",), Authentication.NONE, ["application/json"]),
        (ANY, Authentication.NONE, ["application/json", "text/plain"]),
        (ANY, Authentication.API_KEY, ["application/json"]),
        (ANY, Authentication.LDAP, ["application/json"]),
    ],
)
def test_a_direct_path_checks_a_body_of_any_content_type_and_passes_on_text_only_where_any_page_may_post(
    clicks, origins, authentication, passed_on
):
    clicks = dataclasses.replace(clicks, allowed_origins=origins, authentication=authentication)
    operation, integration = direct(clicks)
    content = operation["requestBody"]["content"]
    assert set(content) == {*passed_on, "$default"}
    assert all(found == {"schema": {"$ref": "#/components/schemas/ClicksEvent"}} for found in content.values())
    assert integration["passthroughBehavior"] == "never"
    assert list(integration["requestTemplates"]) == passed_on
    assert len(set(integration["requestTemplates"].values())) == 1


def test_the_schema_of_a_direct_body_names_what_is_wrong_with_one_event_and_lets_an_array_of_objects_through(clicks):
    check = jsonschema.Draft4Validator(json_schema.body(clicks))
    check.check_schema(check.schema)
    assert check.is_valid(ORDER)
    assert check.is_valid([ORDER, {}])
    assert [error.validator for error in check.iter_errors({**ORDER, "quantity": 0})] == ["minimum"]
    for body in (7, "text", None, [ORDER, 7], []):
        assert not check.is_valid(body)


def test_the_validator_of_a_direct_path_checks_the_body(orders, clicks):
    operation, _ = direct(clicks)
    validators = document(clicks)["x-amazon-apigateway-request-validators"]
    assert validators[operation["x-amazon-apigateway-request-validator"]]["validateRequestBody"] is True
    assert "x-amazon-apigateway-request-validators" not in document(orders)


def render(template, body, headers=(), overrides=()):
    """The rendered template, and the status that it asks for instead of the one declared.

    `overrides` is what an earlier template overrode of the request's path.
    """
    request = Request(EnvironBuilder(headers={"x-amzn-RequestId": "r-1", **dict(headers)}).get_environ())
    address = Address("api1", "v1", "/poc", "/poc")
    context = RequestContext(request, address, "api1.example.com", {}, "dep1", epoch_seconds=1663455600.123)
    context.extended_request_id = "JKJaXmPLvHcESHA="
    context.request_override.update(overrides)
    rendered = MappingTemplate(template).render(body, context)
    return rendered.text, rendered.status


def test_a_direct_event_is_wrapped_in_one_line_of_its_own(clicks):
    _, integration = direct(clicks)
    body = '{\n"menuItem": "Crème $brûlée \\"x\\" #end",\n"timestamp": "2022\u201309\u201311 23:00:00"\n}'

    call = json.loads(render(integration["requestTemplates"]["application/json"], body)[0])

    assert call["DeliveryStreamName"] == "clicks-1a2b3c4"
    line = base64.b64decode(call["Record"]["Data"]).decode()
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "id": "JKJaXmPLvHcESHA=-0",
        "receivedAt": 1663455600123,
        "body": json.loads(body),
    }


@pytest.mark.parametrize("given", [{"Idempotency-Key": "retry-1"}, {"idempotency-key": '"retry-1"'}])
def test_a_direct_event_carries_the_id_that_the_idempotency_key_gives_it(clicks, given):
    _, integration = direct(clicks)

    call = json.loads(render(integration["requestTemplates"]["application/json"], '{"a": 1}', given)[0])

    line = json.loads(base64.b64decode(call["Record"]["Data"]))
    assert line == {"id": "JKJaXmPLvHcESHA=-0", "receivedAt": 1663455600123, "key": "retry-1-0", "body": {"a": 1}}


def test_each_event_of_an_array_is_a_line_of_the_record(clicks):
    _, integration = direct(clicks)
    body = [{"a": "$b #end"}, {"a": [1, {"c": None}]}]

    call = json.loads(
        render(integration["requestTemplates"]["application/json"], json.dumps(body), {"Idempotency-Key": "retry"})[0]
    )

    received = {"receivedAt": 1663455600123}
    assert [json.loads(line) for line in base64.b64decode(call["Record"]["Data"]).splitlines()] == [
        {"id": "JKJaXmPLvHcESHA=-0", **received, "key": "retry-0", "body": body[0]},
        {"id": "JKJaXmPLvHcESHA=-1", **received, "key": "retry-1", "body": body[1]},
    ]


@pytest.mark.parametrize("given", ["a b", "x" * 101, "a,b", "<script>", "a\\b", "${q}", "#end"])
def test_a_direct_event_with_an_idempotency_key_that_cannot_be_one_makes_no_record_and_a_400(clicks, given):
    _, integration = direct(clicks)
    headers = {"Idempotency-Key": given}

    call = json.loads(render(integration["requestTemplates"]["application/json"], "{}", headers)[0])
    refused = json.dumps({"__type": "com.amazonaws.coral.validate#ValidationException"})
    text, status = render(integration["responses"]["400"]["responseTemplates"]["application/json"], refused, headers)

    assert set(call) == {"DeliveryStreamName"}
    assert status == 400
    assert [error["field"] for error in json.loads(text)["errors"]] == ["Idempotency-Key"]


def test_the_call_of_a_direct_path_is_one_that_firehose_reads(clicks):
    _, integration = direct(clicks)
    assert integration["httpMethod"] == "POST"
    assert integration["uri"] == "arn:aws:apigateway:eu-central-1:firehose:action/PutRecord"
    assert integration["credentials"] == "arn:aws:iam::123456789012:role/direct"
    assert integration["requestParameters"] == {
        "integration.request.header.Content-Type": "'application/x-amz-json-1.1'"
    }


def test_api_gateway_keeps_one_answer_of_a_direct_path_for_each_status(clicks):
    operation, integration = direct(clicks)
    statuses = [response["statusCode"] for response in integration["responses"].values()]
    assert len(set(statuses)) == len(statuses)
    assert set(statuses) <= set(operation["responses"])


def test_every_header_that_a_direct_path_answers_is_declared(clicks):
    operation, integration = direct(clicks)
    for response in integration["responses"].values():
        for name in response.get("responseParameters", {}):
            assert (
                name.removeprefix("method.response.header.")
                in operation["responses"][response["statusCode"]]["headers"]
            )


@pytest.mark.parametrize(
    ("firehose", "status", "reason"),
    [
        ({"__type": "com.amazonaws.coral.validate#ValidationException", "message": "1024000"}, None, "1000 KiB"),
        ({"__type": "ResourceNotFoundException", "message": "no stream"}, 503, "send it again later"),
    ],
)
def test_an_event_too_long_for_firehose_is_told_so_and_any_other_failure_is_no_fault_of_the_sender(
    clicks, firehose, status, reason
):
    _, integration = direct(clicks)
    response = integration["responses"]["400"]

    text, override = render(response["responseTemplates"]["application/json"], json.dumps(firehose))

    assert response["statusCode"] == "413"
    assert override == status
    assert reason in json.loads(text)["message"]
    assert json.loads(text)["requestId"] == "JKJaXmPLvHcESHA="


def test_a_failed_put_is_answered_503_and_when_to_come_again(clicks):
    response = direct(clicks)[1]["responses"]["default"]
    assert response["statusCode"] == "503"
    assert response["responseParameters"] == {"method.response.header.Retry-After": "'5'"}
    assert json.loads(render(response["responseTemplates"]["application/json"], "{}")[0])["errors"] == []


@pytest.mark.parametrize(("left", "accepted"), [({"accepted": "3"}, 3), ({}, 1)])
def test_an_accepted_event_of_a_direct_path_is_answered_as_those_of_the_function_are(clicks, left, accepted):
    _, integration = direct(clicks)
    text, _ = render(integration["responses"]["2\\d{2}"]["responseTemplates"]["application/json"], "{}", overrides=left)
    assert json.loads(text) == {"accepted": accepted, "errors": [], "requestId": "JKJaXmPLvHcESHA="}


def test_why_a_body_was_refused_stands_in_a_header_since_it_cannot_be_quoted_into_json(orders):
    response = document(orders)["x-amazon-apigateway-gateway-responses"]["BAD_REQUEST_BODY"]
    assert response["responseParameters"] == {
        "gatewayresponse.header.X-Validation-Error": "context.error.validationErrorString"
    }
    assert "validationErrorString" not in response["responseTemplates"]["application/json"]


def test_every_error_of_the_api_itself_has_the_one_error_shape(orders):
    for response in document(orders)["x-amazon-apigateway-gateway-responses"].values():
        template = response["responseTemplates"]["application/json"]
        assert all(key in template for key in ('"message"', '"errors"', '"requestId"'))


def test_document_001s_sample_query_is_saved(orders):
    queries = {query.name: query for query in saved_queries.of(orders)}

    assert "FROM orders\n" in queries["top_menu_items_by_revenue"].sql
    assert queries["top_menu_items_by_revenue"].description == "Which ten menu items bring the most revenue?"


@pytest.mark.parametrize(
    ("text", "reason"), [("SELECT 1", "line 1"), ("-- \nSELECT 1", "line 1"), ("-- x\n", "no SQL")]
)
def test_a_saved_query_without_description_or_sql_is_refused(tmp_path, text, reason):
    (tmp_path / "orders.yaml").write_text((SOURCES / "orders.yaml").read_text())
    folder = tmp_path / "queries" / "orders"
    folder.mkdir(parents=True)
    (folder / "q.sql").write_text(text)

    with pytest.raises(ContractError, match=reason):
        saved_queries.of(load(tmp_path / "orders.yaml"))


def test_a_saved_query_of_a_source_that_there_is_not_is_refused(tmp_path):
    (tmp_path / "orders.yaml").write_text((SOURCES / "orders.yaml").read_text())
    folder = tmp_path / "queries" / "order"
    folder.mkdir(parents=True)
    (folder / "q.sql").write_text("-- What?\nSELECT 1")
    with pytest.raises(ContractError, match=r"order/q\.sql: the source 'order' is not known; near: orders"):
        saved_queries.check([load(tmp_path / "orders.yaml")])


@pytest.mark.parametrize("origins", [("https://a.example",), ("https://a.example", "https://b.example"), ("*",)])
def test_a_path_for_web_pages_answers_preflights_and_declares_every_header(clicks, origins):
    found = document(dataclasses.replace(clicks, allowed_origins=origins))
    for operation in found["paths"]["/poc"].values():
        for response in operation["x-amazon-apigateway-integration"]["responses"].values():
            names = {name.removeprefix("method.response.header.") for name in response["responseParameters"]}
            declared = set(operation["responses"][response["statusCode"]]["headers"])
            assert names | {"Access-Control-Allow-Origin"} <= declared
    assert found["paths"]["/poc"]["options"]["security"] == []


def test_a_preflight_allows_the_api_key_where_the_contract_asks_for_one(orders, clicks):
    found = document(*(dataclasses.replace(each, allowed_origins=("*",)) for each in (orders, clicks)))
    allowed = {
        path: methods["options"]["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"][
            "method.response.header.Access-Control-Allow-Headers"
        ]
        for path, methods in found["paths"].items()
    }
    assert allowed == {
        "/events": "'content-type,idempotency-key,x-api-key'",
        "/poc": "'content-type,idempotency-key'",
    }


def test_without_allowed_origins_nothing_is_said_of_origins(orders, clicks):
    found = document(orders, clicks)
    assert all(set(methods) == {"post"} for methods in found["paths"].values())
    assert "Access-Control" not in json.dumps(found)


def test_a_source_of_iam_wants_signatures_and_its_document_says_so(orders):
    signed = dataclasses.replace(orders, authentication=Authentication.IAM, quota=None, allowed_origins=("*",))
    found = document(signed)
    operation = found["paths"]["/events"]["post"]
    assert operation["security"] == [{"sigv4": []}]
    assert "signature" in operation["responses"]["403"]["description"]
    assert found["components"]["securitySchemes"] == {
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "AWS Signature Version 4 for the service execute-api.",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    }
    preflight = found["paths"]["/events"]["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
    allowed = preflight["responseParameters"]["method.response.header.Access-Control-Allow-Headers"]
    assert "authorization" in allowed
    assert "x-amz-security-token" in allowed


def test_where_a_path_wants_a_signature_an_unsigned_request_is_a_403_and_elsewhere_an_unknown_path_a_404(orders):
    def status(contract):
        return document(contract)["x-amazon-apigateway-gateway-responses"]["MISSING_AUTHENTICATION_TOKEN"]["statusCode"]

    assert status(orders) == "404"
    assert status(dataclasses.replace(orders, authentication=Authentication.IAM)) == "403"


@pytest.fixture
def installs(orders):
    """A source that asks for LDAP."""
    return dataclasses.replace(orders, source="installs", path="/installs", authentication=Authentication.LDAP)


def test_a_path_behind_ldap_says_what_it_answers_without_a_login(installs):
    answers = document(installs)["paths"]["/installs"]["post"]["responses"]
    assert set(answers["401"]["headers"]) == {"WWW-Authenticate"}
    assert {"403", "503"} <= set(answers)


def test_the_api_asks_for_a_login_and_asks_to_wait_where_it_cannot_be_checked(orders, installs):
    responses = document(installs)["x-amazon-apigateway-gateway-responses"]
    asked = responses["UNAUTHORIZED"]["responseParameters"]["gatewayresponse.header.WWW-Authenticate"]
    assert asked == '\'Basic realm="events", charset="UTF-8"\''
    for kind in ("AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"):
        assert responses[kind]["statusCode"] == "503"
        assert responses[kind]["responseParameters"] == {"gatewayresponse.header.Retry-After": "'5'"}
    assert "UNAUTHORIZED" not in document(orders)["x-amazon-apigateway-gateway-responses"]


def test_pages_of_allowed_origins_may_send_a_login(installs):
    open_to_one = dataclasses.replace(installs, allowed_origins=("https://menu.example.com",))
    preflight = document(open_to_one)["paths"]["/installs"]["options"]
    headers = preflight["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
    assert (
        headers["method.response.header.Access-Control-Allow-Headers"] == "'content-type,idempotency-key,authorization'"
    )
