"""What is derived from a contract: table columns, JSON schema, API definition, saved queries."""

from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate

from contracts import ContractError, glue, json_schema, load, openapi, saved_queries

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


def test_the_api_is_a_valid_openapi_document_with_one_literal_path_a_source(orders):
    document = openapi.document("rapid-analytics-dev", [orders], "arn:aws:apigateway:…:function:ingest/invocations")
    validate(document)

    assert list(document["paths"]) == ["/events"]
    operation = document["paths"]["/events"]["post"]
    assert operation["security"] == [{"api_key": []}]
    assert operation["x-amazon-apigateway-integration"]["type"] == "aws_proxy"
    assert operation["x-amazon-apigateway-integration"]["uri"].endswith(":function:ingest/invocations")


def test_every_error_of_the_api_itself_has_the_one_error_shape(orders):
    document = openapi.document("rapid-analytics-dev", [orders], "arn")

    for response in document["x-amazon-apigateway-gateway-responses"].values():
        template = response["responseTemplates"]["application/json"]
        assert all(key in template for key in ('"message"', '"errors"', '"requestId"'))


def test_document_001s_sample_query_is_saved(orders):
    queries = {query.name: query for query in saved_queries.of(orders)}

    assert "FROM orders_processed" in queries["top_menu_items_by_revenue"].sql
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
