"""The clickstream guide's payloads, as they stand there: en dashes in the dates, and one that says `createdAt`."""

import json
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate

from contracts import Authentication, Delivery, json_schema, load, openapi, validator

SOURCE = Path(__file__).parents[3] / "sources" / "clickstream.yaml"
PAYLOADS = [
    f'{{\n"element_clicked":"{element}",\n"time_spent":{seconds},\n"source_menu":"restaurant_name",\n'
    f'"{time_field}":"2022\u201309\u201311 23:00:00"\n}}'
    for element, seconds, time_field in (
        ("entree_1", 67, "created_at"),
        ("entree_1", 12, "created_at"),
        ("entree_4", 32, "createdAt"),
        ("drink_1", 15, "created_at"),
        ("drink_3", 14, "created_at"),
    )
]


@pytest.fixture
def clickstream():
    return load(SOURCE)


@pytest.fixture
def check(clickstream):
    module = {}
    exec(validator.source_code(clickstream), module)
    return module["check"]


def test_clicks_go_straight_to_the_stream_by_an_open_path(clickstream):
    assert (clickstream.path, clickstream.delivery) == ("/poc", Delivery.DIRECT)
    assert clickstream.authentication is Authentication.NONE
    integrations = openapi.Integrations(None, "uri", "role", {"clickstream": "stream"})
    validate(openapi.document("api", [clickstream], integrations))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_door_lets_every_payload_of_the_guide_in(clickstream, payload):
    schema = json_schema.event(clickstream)
    assert jsonschema.Draft4Validator(schema).is_valid(json.loads(payload))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_payload_of_the_guide_becomes_a_row_with_a_number_and_a_time(check, payload):
    row, errors = check(json.loads(payload))
    assert errors == []
    assert type(row["time_spent"]) is int
    assert row["created_at"] == "2022-09-11 23:00:00.000"
    assert "createdAt" not in row
    assert "extra" not in row


@pytest.mark.parametrize("field", ["element_clicked", "time_spent", "created_at"])
def test_a_click_without_a_required_field_is_refused_at_the_door_and_behind_it(clickstream, check, field):
    click = {key: value for key, value in json.loads(PAYLOADS[0]).items() if key != field}
    assert not jsonschema.Draft4Validator(json_schema.event(clickstream)).is_valid(click)
    assert [error["field"] for error in check(click)[1]] == [field]


def test_a_click_says_how_long_in_whole_seconds_that_fit_a_day(check):
    click = json.loads(PAYLOADS[0])
    for seconds in (-1, 86_401, 1.5, "67"):
        assert [error["field"] for error in check({**click, "time_spent": seconds})[1]] == ["time_spent"]
