"""The OpenAPI document for senders: whole, of OpenAPI's own words alone, and true."""

import dataclasses
import json

import jsonschema
import pytest
from openapi_spec_validator import validate

from contracts import Authentication, Delivery, load_all, packed_bodies, published_api, validator
from rapid import api_page
from tests.api_document import SOURCES, URL, definition, document

CONTRACTS = tuple(contract for contract in load_all(SOURCES) if contract.streamed)


@pytest.fixture(params=CONTRACTS, ids=lambda contract: contract.source)
def contract(request):
    return request.param


def test_it_is_valid_and_has_every_door_with_its_answers():
    found = document(*CONTRACTS)
    validate(found)
    assert set(found["paths"]) >= {contract.path for contract in CONTRACTS}
    for contract in CONTRACTS:
        path = found["paths"][contract.path]
        assert set(path) == {"post"}
        assert {"400", "429", "503"} <= set(path["post"]["responses"])
    assert found["servers"] == [{"url": URL}]
    assert {tag["name"] for tag in found["tags"]} >= {contract.source for contract in CONTRACTS}


def test_nothing_of_what_speaks_to_api_gateway_is_left():
    text = json.dumps(document(*CONTRACTS))
    for hidden in ("x-amazon", "arn:", "$default", "clickstream-stream", "PutRecord"):
        assert hidden in json.dumps(definition(*CONTRACTS))
        assert hidden not in text


def test_senders_are_told_whose_name_and_password_a_door_behind_a_directory_wants():
    schemes = document(*CONTRACTS)["components"]["securitySchemes"]
    assert (schemes["ldap"]["type"], schemes["ldap"]["scheme"]) == ("http", "basic")
    assert schemes["ldap"]["description"] == "User name and password of the directory."


def test_the_definition_itself_stays_as_it_was():
    given = definition(*CONTRACTS)
    before = json.dumps(given)
    published_api.document(given, CONTRACTS, "Ingest API", URL)
    assert json.dumps(given) == before


def test_every_example_keeps_the_contract_and_the_schema_beside_it(contract):
    found = document(*CONTRACTS)
    content = found["paths"][contract.path]["post"]["requestBody"]["content"]
    compiled = {}
    exec(validator.source_code(contract), compiled)
    event = content["application/json"]["examples"]["event"]["value"]
    [one] = packed_bodies.events_of(contract, event)
    assert compiled["check"](one)[1] == []
    resolver = jsonschema.RefResolver.from_schema(found)
    for example in content["application/json"]["examples"].values():
        schema = content["application/json"]["schema"]
        jsonschema.Draft4Validator(schema, resolver=resolver).validate(example["value"])


def test_a_door_takes_one_event_or_several_and_that_of_the_function_a_line_each(contract):
    content = document(*CONTRACTS)["paths"][contract.path]["post"]["requestBody"]["content"]
    if contract.unpack:
        assert set(content) == {"application/json"}
        return
    assert content["application/json"]["schema"]["oneOf"][1]["maxItems"] == 500
    if contract.delivery is Delivery.DIRECT:
        assert set(content) == {"application/json", *(["text/plain"] if contract.allowed_origins == ("*",) else [])}
        return
    assert set(content) == {"application/json", "application/x-ndjson"}
    lines = content["application/x-ndjson"]["examples"]["events"]["value"].splitlines()
    assert [json.loads(line) for line in lines] == content["application/json"]["examples"]["events"]["value"]


def test_the_page_names_every_door_its_credentials_and_a_line_to_paste():
    signed = dataclasses.replace(CONTRACTS[-1], source="signed", path="/signed", authentication=Authentication.IAM)
    page = api_page.render(document(*CONTRACTS, signed))
    for contract in (*CONTRACTS, signed):
        assert f"<code>{contract.path}</code>" in page
    assert "--aws-sigv4" in page
    assert "x-api-key: API_KEY" in page
    assert "<script" not in page


def test_what_a_contract_says_cannot_become_markup():
    named = dataclasses.replace(CONTRACTS[0], description="<script>alert(1)</script>")
    assert "<script" not in api_page.render(document(named))
