"""Generated events keep the contract they are generated from."""

import datetime
import importlib.util
import random
import types
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import Contract, Field, FieldType, validator
from rapid.cli import generate, project, samples
from rapid.cli.errors import CommandError

ORDERS = project.contract_of("orders")
NOW = datetime.datetime(2026, 3, 14, 18, 30, tzinfo=datetime.UTC)


def compiled(contract: Contract) -> types.ModuleType:
    """The validator that the functions run."""
    spec = importlib.util.spec_from_loader("compiled_contract", loader=None)
    module = importlib.util.module_from_spec(spec)
    exec(validator.source_code(contract), module.__dict__)
    return module


def with_field(field: Field) -> Contract:
    return replace(ORDERS, fields=(*ORDERS.fields, field))


@pytest.mark.parametrize("contract", project.all_contracts(), ids=lambda contract: contract.source)
def test_sample_events_are_accepted_by_their_contract(contract: Contract) -> None:
    check = compiled(contract).check
    assert [problems for _, problems in map(check, samples.events(contract, 500, seed=1)) if problems] == []


def test_sample_orders_have_ids_of_their_own_and_several_items() -> None:
    events = list(samples.events(ORDERS, 500, seed=1))
    assert len({event["event_id"] for event in events}) == 500
    assert len({event["menuItem"] for event in events}) > 3


def test_a_seed_gives_the_same_orders_again() -> None:
    def without_time(seed: int) -> list[dict]:
        return [{**event, "timestamp": None} for event in samples.events(ORDERS, 20, seed)]

    assert without_time(1) == without_time(1)
    assert without_time(1) != without_time(2)


def test_the_example_is_the_contract_s_own_and_is_accepted() -> None:
    example = samples.example(ORDERS)
    assert example["menuItem"] == "Pasta Carbonara"
    assert compiled(ORDERS).check(example)[1] == []


def test_a_source_without_an_order_s_fields_gets_none_of_them() -> None:
    contract = replace(ORDERS, fields=tuple(field for field in ORDERS.fields if field.name != "menuItem"))
    [event] = samples.events(contract, 1, seed=1)
    assert set(event) == {field.name for field in contract.fields}


limits = st.integers(-4000, 4000).map(lambda quarters: quarters / 4)
spans = st.integers(1, 1000)


@given(
    kind=st.sampled_from([FieldType.INTEGER, FieldType.NUMBER, FieldType.DECIMAL]),
    low=st.none() | limits,
    span=st.none() | spans,
    exclusive=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_numbers_keep_their_limits(
    kind: FieldType, low: float | None, span: int | None, exclusive: bool, seed: int
) -> None:
    high = span + 1 + (low or 0) if span is not None else None
    names = ("exclusive_minimum", "exclusive_maximum") if exclusive else ("minimum", "maximum")
    field = Field("n", kind, precision=6, scale=2, **dict(zip(names, (low, high), strict=True)))
    event = generate.event(with_field(field), random.Random(seed), NOW)
    assert compiled(with_field(field)).check(event)[1] == []


@pytest.mark.parametrize(
    "field",
    [
        Field("x", FieldType.STRING, min_length=30, max_length=40),
        Field("x", FieldType.STRING, max_length=3),
        Field("x", FieldType.STRING, allowed=("dine-in", "delivery")),
        Field("x", FieldType.STRING, pattern="^[A-Z]{3}$", examples=("EUR", "USD")),
        Field("x", FieldType.INTEGER, allowed=(1, 5)),
        Field("x", FieldType.BOOLEAN),
        Field("x", FieldType.DATE),
        Field("x", FieldType.TIMESTAMP),
    ],
)
def test_every_type_of_field_is_generated(field: Field) -> None:
    contract = with_field(field)
    for seed in range(20):
        event = generate.event(contract, random.Random(seed), NOW)
        assert compiled(contract).check(event)[1] == []


def test_a_pattern_without_examples_is_refused_naming_the_field_and_the_fix() -> None:
    contract = with_field(Field("currency", FieldType.STRING, pattern="^[A-Z]{3}$"))
    with pytest.raises(CommandError, match=r"currency .* give the contract's field examples"):
        generate.event(contract, random.Random(1), NOW)


def test_an_id_that_cannot_be_a_uuid_is_refused_naming_the_field() -> None:
    with pytest.raises(CommandError, match="no event_id can be generated"):
        generate.unique_id(replace(ORDERS.primary_key, max_length=8), random.Random(1))


def test_the_sources_folder_is_that_of_this_checkout() -> None:
    assert Path(__file__).parents[3] / "sources" == project.ROOT / "sources"
