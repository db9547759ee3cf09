"""Records of interest, and bodies of several events: what a filter lets through, what `unpack` takes apart."""

import dataclasses
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import Condition, Field, FieldType, json_schema, load, packed_bodies, validator

SOURCES = Path(__file__).parents[3] / "sources"
GOOGLE = load(SOURCES / "google_analytics.yaml")
NAME, AGE = Field("Name", FieldType.STRING), Field("age", FieldType.INTEGER)


def of_interest(conditions, row):
    contract = dataclasses.replace(GOOGLE, filter=tuple(conditions))
    return validator.compiled(contract)["is_of_interest"](row)


def holds(condition, value):
    """The meaning of a condition, in words of its own."""
    if condition.present is not None and condition.present != (value is not None):
        return False
    tests = [condition.one_of, condition.none_of, condition.minimum, condition.maximum]
    if any(test is not None for test in tests) and value is None:
        return False
    return all(
        [
            condition.one_of is None or value in condition.one_of,
            condition.none_of is None or value not in condition.none_of,
            condition.minimum is None or value >= condition.minimum,
            condition.maximum is None or value <= condition.maximum,
        ]
    )


NAMES = st.sampled_from(["a", "b", "'", ""])
NAME_CONDITIONS = st.builds(
    Condition,
    st.just(NAME),
    present=st.none() | st.booleans(),
    one_of=st.none() | st.lists(NAMES, min_size=1).map(tuple),
    none_of=st.none() | st.lists(NAMES, min_size=1).map(tuple),
)
AGES = st.integers(-3, 3)
AGE_CONDITIONS = st.builds(
    Condition,
    st.just(AGE),
    present=st.none() | st.booleans(),
    one_of=st.none() | st.lists(AGES, min_size=1).map(tuple),
    minimum=st.none() | AGES,
    maximum=st.none() | AGES | st.floats(-3, 3),
)


@given(st.lists(NAME_CONDITIONS | AGE_CONDITIONS, max_size=3), st.none() | NAMES, st.none() | AGES)
def test_a_row_is_of_interest_when_every_condition_holds(conditions, name, age):
    row = {"name": name, "age": age}

    expected = all(holds(condition, name if condition.field is NAME else age) for condition in conditions)

    assert of_interest(conditions, row) is expected


def test_without_a_filter_every_row_is_of_interest():
    assert of_interest([], {}) is True


def test_no_line_takes_the_fast_way_past_a_filter():
    users = validator.compiled(load(SOURCES / "users.yaml"))
    line = '{"id":"a-0","receivedAt":"2026-03-14T18:31:00.123Z","body":{"name":"A","address":"B"}}'

    assert users["fast_row"](line) is None


EVENTS = st.lists(
    st.fixed_dictionaries(
        {"client_id": st.sampled_from(["c1", "c2"]), "name": st.sampled_from(["page_view", "purchase"])},
        optional={
            "timestamp_micros": st.integers(0, 2**50),
            "user_id": st.sampled_from(["u1", "u2"]),
            "params": st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
        },
    ),
    min_size=1,
    max_size=4,
)


@given(EVENTS)
def test_events_packed_into_a_body_come_out_of_it_as_they_were(events):
    body = packed_bodies.body(GOOGLE, events)

    assert packed_bodies.events_of(GOOGLE, json.loads(json.dumps(body))) == events
    jsonschema.Draft4Validator(json_schema.body(GOOGLE)).validate(body)


def test_what_events_have_in_common_stands_once_beside_the_array():
    events = [{"client_id": "c1", "name": name} for name in ("page_view", "purchase")]

    assert packed_bodies.body(GOOGLE, events) == {
        "client_id": "c1",
        "events": [{"name": "page_view"}, {"name": "purchase"}],
    }


@pytest.mark.parametrize(
    "body",
    [
        {"client_id": "c1"},
        {"client_id": "c1", "events": []},
        {"client_id": "c1", "events": [{"params": {}}]},
        {"client_id": 1, "events": [{"name": "page_view"}]},
        {"client_id": "c1", "events": [{"name": "page_view"}] * 26},
    ],
)
def test_the_published_schema_of_a_packed_body_refuses_what_the_door_refuses(body):
    assert not jsonschema.Draft4Validator(json_schema.body(GOOGLE)).is_valid(body)
