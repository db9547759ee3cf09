"""The compiled contract: which events it takes, what rows it makes, and what it says of the others."""

import dataclasses
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts import json_schema, load, validator

SOURCES = Path(__file__).parents[3] / "sources"
ORDERS = load(SOURCES / "orders.yaml")
ORDER = {
    "timestamp": "2026-03-14T18:30:00Z",
    "menuItem": "Pasta Carbonara",
    "quantity": 2,
    "price": 15.99,
    "customerId": "cust123",
    "restaurantId": "rest456",
}


def compiled(contract):
    module: dict = {}
    exec(compile(validator.source_code(contract), "compiled", "exec"), module)
    return module


check = compiled(ORDERS)["check"]
ROUNDING = compiled(
    dataclasses.replace(
        ORDERS,
        fields=tuple(
            dataclasses.replace(field, numeric_strings=True, rounded=True) if field.name == "price" else field
            for field in ORDERS.fields
        ),
    )
)["check"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


def test_a_good_order_becomes_a_row_with_column_names_and_utc_milliseconds():
    row, errors = check({**ORDER, "event_id": "e1"})

    assert errors == []
    assert row == {
        "event_id": "e1",
        "timestamp": "2026-03-14 18:30:00.000",
        "menuitem": "Pasta Carbonara",
        "quantity": 2,
        "price": 15.99,
        "customerid": "cust123",
        "restaurantid": "rest456",
    }


def test_fields_that_the_contract_does_not_name_are_kept_as_json():
    row, errors = check({**ORDER, "table": 7, "notes": {"vegan": True}})

    assert errors == []
    assert json.loads(row["extra"]) == {"table": 7, "notes": {"vegan": True}}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-03-14T18:30:00Z", "2026-03-14 18:30:00.000"),
        ("2026-03-14T18:30:00.1234567-05:00", "2026-03-14 23:30:00.123"),
        ("2026-03-14 18:30:00", "2026-03-14 18:30:00.000"),
        ("2026-03-14 18:30", "2026-03-14 18:30:00.000"),
        ("2026-03-14T18:30:00+0530", "2026-03-14 13:00:00.000"),
        ("2026-01-01T00:00:00+01:00", "2025-12-31 23:00:00.000"),
        ("2022\u201309\u201311 23:00:00", "2022-09-11 23:00:00.000"),
        ("2024-02-29T12:00:00.5Z", "2024-02-29 12:00:00.500"),
    ],
)
def test_every_common_way_to_write_a_time_is_stored_in_utc(sent, stored):
    row, errors = check({**ORDER, "timestamp": sent})

    assert errors == []
    assert row["timestamp"] == stored


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("timestamp", "yesterday", "must be an ISO 8601 date and time"),
        ("timestamp", "2026-02-30T00:00:00Z", "is not a real date and time: its day"),
        ("timestamp", "2026-03-14T24:01:00Z", "is not a real date and time: its hour"),
        ("timestamp", "2026-03-14T10:00:00+99:00", "its offset is out of range"),
        ("timestamp", "0001-01-01T00:00:00+01:00", "is not a real date and time"),
        ("timestamp", "1677-12-31T23:59:59Z", "must lie in the years 1678 to 2261"),
        ("timestamp", "2262-01-01T00:00:00Z", "must lie in the years 1678 to 2261"),
        ("timestamp", 1773513000, "must be a string such as 2026-03-14T18:30:00Z, not number"),
        ("menuItem", "", "must have at least 1 characters"),
        ("menuItem", "x" * 201, "must have at most 200 characters"),
        ("menuItem", "\ud800", "without lone surrogates"),
        ("menuItem", ["Pasta"], "must be a string, not array"),
        ("quantity", 0, "must be 1 or more"),
        ("quantity", 1001, "must be 1000 or less"),
        ("quantity", 1.5, "must be a whole number"),
        ("quantity", True, "must be a whole number, not boolean"),
        ("quantity", "2", "must be a whole number, not string"),
        ("quantity", 2**63, "must fit 64 bits"),
        ("price", 15.999, "must have at most 2 digits after the point"),
        ("price", -0.01, "must be 0 or more"),
        ("price", 1e8, "must be smaller than 100000000"),
        ("price", float("inf"), "is too large"),
        ("price", 10**400, "is too large"),
        ("price", "15.99", "must be a number, not string"),
        ("customerId", None, "is required"),
        ("restaurantId", {}, "must be a string, not object"),
    ],
)
def test_a_bad_value_is_refused_naming_the_field_and_the_reason(field, value, reason):
    row, errors = check({**ORDER, field: value})

    assert row is None
    assert [error["field"] for error in errors] == [field]
    assert reason in errors[0]["reason"]


def test_every_fault_of_an_event_is_named_at_once():
    _, errors = check({"quantity": -1})

    assert [error["field"] for error in errors] == [
        "timestamp",
        "menuItem",
        "quantity",
        "price",
        "customerId",
        "restaurantId",
    ]


@given(st.dictionaries(st.sampled_from([*ORDER, "event_id", "other"]), JSON))
def test_whatever_is_sent_the_answer_is_a_row_or_reasons(event):
    row, errors = check(event)

    assert (row is None) == bool(errors)
    if row is not None:
        json.dumps(row, ensure_ascii=False, allow_nan=False).encode()


@given(st.dictionaries(st.sampled_from([*ORDER]), JSON))
def test_what_is_accepted_also_passes_the_published_json_schema(event):
    event = {key: value for key, value in {**ORDER, **event}.items() if value is not None}
    row, _ = check(event)

    if row is not None:
        jsonschema.Draft4Validator(json_schema.event(ORDERS)).validate(event)


def with_properties(tmp_path, field, *properties):
    """The check of orders with custom properties of one field."""
    document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
    [declared] = [each for each in document["schema"][0]["properties"] if each["name"] == field]
    declared["customProperties"] = [{"property": name, "value": value} for name, value in properties]
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(document))
    contract = load(tmp_path / "orders.yaml")
    return contract, compiled(contract)["check"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("15.99", 15.99), ("15", 15), (15.99, 15.99), ("1.5e1", 15.0), ("+0.5", 0.5), ("007", 7)],
)
def test_a_number_may_come_as_text_where_the_contract_says_so(tmp_path, sent, stored):
    contract, check_order = with_properties(tmp_path, "price", ("numericStrings", True))
    event = {**ORDER, "price": sent}

    assert check_order(event)[0]["price"] == stored
    jsonschema.Draft4Validator(json_schema.event(contract)).validate(event)


@pytest.mark.parametrize("sent", ["", "free", "1,5", "NaN", "1e999", "0x1", " 1", "1_0", "-1", "1.999", "9" * 41, True])
def test_text_that_is_no_number_is_refused_all_the_same(tmp_path, sent):
    _, check_order = with_properties(tmp_path, "price", ("numericStrings", True))

    assert [error["field"] for error in check_order({**ORDER, "price": sent})[1]] == ["price"]


@pytest.mark.parametrize(("sent", "stored"), [(1.999, 2), (0.125, 0.12), ("4.83729", 4.84), (3, 3), (1.994, 1.99)])
def test_digits_past_the_scale_are_rounded_where_the_contract_says_so(tmp_path, sent, stored):
    _, check_order = with_properties(tmp_path, "price", ("numericStrings", True), ("round", True))

    assert check_order({**ORDER, "price": sent})[0]["price"] == stored


@given(st.decimals(min_value=0, max_value=99_999_999, places=6))
def test_a_rounded_price_is_within_half_a_cent_and_has_two_digits(sent):
    row, _ = ROUNDING({**ORDER, "price": str(sent)})

    assert abs(Decimal(str(row["price"])) - sent) <= Decimal("0.005")
    assert round(row["price"], 2) == row["price"]


@pytest.mark.parametrize(
    ("unit", "sent", "stored"),
    [
        ("seconds", 1663455600, "2022-09-17 23:00:00.000"),
        ("milliseconds", 1663455600123, "2022-09-17 23:00:00.123"),
        ("microseconds", 1663455600123999, "2022-09-17 23:00:00.123"),
        ("microseconds", "1663455600123999", "2022-09-17 23:00:00.123"),
        ("microseconds", 1663455600123999.0, "2022-09-17 23:00:00.123"),
        ("seconds", -1, "1969-12-31 23:59:59.000"),
        ("seconds", "2022-09-17T23:00:00Z", "2022-09-17 23:00:00.000"),
    ],
)
def test_a_time_may_come_as_a_number_in_the_unit_of_the_contract(tmp_path, unit, sent, stored):
    contract, check_order = with_properties(tmp_path, "timestamp", ("epochUnit", unit))
    event = {**ORDER, "timestamp": sent}

    assert check_order(event)[0]["timestamp"] == stored
    jsonschema.Draft4Validator(json_schema.event(contract)).validate(event)


@pytest.mark.parametrize("sent", [1.5, 2**80, -(2**80), "9" * 29, "yesterday", True, [], 1663455600123999])
def test_a_number_that_is_no_moment_in_the_unit_is_refused(tmp_path, sent):
    _, check_order = with_properties(tmp_path, "timestamp", ("epochUnit", "seconds"))

    assert [error["field"] for error in check_order({**ORDER, "timestamp": sent})[1]] == ["timestamp"]


def test_patterns_enumerations_and_every_type_are_compiled(tmp_path):
    document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
    document["id"] = "visits"
    document["schema"][0]["properties"] += [
        {"name": "day", "logicalType": "date"},
        {"name": "weight", "logicalType": "number", "logicalTypeOptions": {"exclusiveMinimum": 0}},
        {"name": "vip", "logicalType": "boolean"},
        {"name": "code", "logicalType": "string", "logicalTypeOptions": {"pattern": "^[A-Z]{2}$"}},
        {"name": "size", "logicalType": "string", "enum": [{"value": "S"}, {"value": "L"}]},
    ]
    (tmp_path / "visits.yaml").write_text(yaml.safe_dump(document))
    check_visit = compiled(load(tmp_path / "visits.yaml"))["check"]

    good = {"day": "2024-02-29", "weight": 0.5, "vip": True, "code": "AB", "size": "S"}
    assert check_visit({**ORDER, **good})[0].items() >= good.items()
    bad = {"day": "2023-02-29", "weight": 0, "vip": 1, "code": "abc", "size": "M"}
    reasons = {error["field"]: error["reason"] for error in check_visit({**ORDER, **bad})[1]}
    assert reasons["day"].startswith("is not a real date")
    assert reasons["weight"] == "must be more than 0"
    assert reasons["vip"] == "must be true or false, not number"
    assert reasons["code"] == "must match ^[A-Z]{2}$"
    assert reasons["size"] == 'must be one of ["S", "L"]'


def test_the_compiled_module_needs_the_standard_library_alone(tmp_path):
    (tmp_path / "orders.py").write_text(validator.source_code(ORDERS))
    script = "import orders; print(orders.check({})[0])"

    answer = subprocess.run(
        [sys.executable, "-S", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert answer.stdout == "None\n"


def test_a_field_is_also_taken_under_its_aliases_and_an_alias_is_not_kept_twice(tmp_path):
    document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
    document["id"] = "visits"
    timestamp = document["schema"][0]["properties"][1]
    timestamp["customProperties"] = [{"property": "aliases", "value": ["createdAt", "time"]}]
    (tmp_path / "visits.yaml").write_text(yaml.safe_dump(document))
    check_visit = compiled(load(tmp_path / "visits.yaml"))["check"]
    nameless = {key: value for key, value in ORDER.items() if key != "timestamp"}

    row, errors = check_visit({**nameless, "createdAt": "2026-03-14T18:30:00Z"})

    assert errors == []
    assert row["timestamp"] == "2026-03-14 18:30:00.000"
    assert "extra" not in row
    assert check_visit(nameless)[1] == [{"field": "timestamp", "reason": "is required"}]


def test_what_comes_under_an_alias_beside_the_field_itself_is_kept_in_extra():
    check_install = compiled(load(SOURCES / "appsflyer.yaml"))["check"]
    event = {"event_name": "install", "event_time": "2026-03-14 18:30:00.123"}

    row, errors = check_install({**event, "appsflyer_id": "a-1", "customer_user_id": "c-1", "media_source": "organic"})

    assert (errors, row["user_id"], row["event_type"]) == ([], "c-1", "install")
    assert json.loads(row["extra"]) == {"appsflyer_id": "a-1", "media_source": "organic"}
    assert check_install({**event, "appsflyer_id": "a-1"})[0]["user_id"] == "a-1"


def test_an_appsflyer_push_with_numbers_as_text_becomes_the_columns_of_the_document():
    check_install = compiled(load(SOURCES / "appsflyer.yaml"))["check"]
    push = {
        "event_name": "af_purchase",
        "event_time": "2026-03-14 18:30:00.123",
        "customer_user_id": "c-1",
        "af_c_id": "summer_2026",
        "event_revenue": "1.99",
    }

    row, errors = check_install(push)

    assert errors == []
    assert {name: value for name, value in row.items() if value is not None} == {
        "user_id": "c-1",
        "event_type": "af_purchase",
        "campaign_id": "summer_2026",
        "timestamp": "2026-03-14 18:30:00.123",
        "revenue": 1.99,
    }
