"""The transform's two ways: what the fast one takes, the general one makes the same row of."""

import base64
import dataclasses
import datetime
import json
import random
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import Contract, Delivery, Field, FieldType, load_all, validator
from rapid.cli import generate, samples

from .conftest import ROOT

SOURCES = load_all(ROOT / "sources")
ORDERS = next(contract for contract in SOURCES if contract.source == "orders")
NOW = datetime.datetime(2026, 3, 14, 18, 30, tzinfo=datetime.UTC)
EPOCH_MILLISECONDS = 1773513060123
RECEIVED_AT = "2026-03-14T18:31:00.123Z"

EVERY_KIND = dataclasses.replace(
    ORDERS,
    source="every_kind",
    fields=(
        Field("when", FieldType.TIMESTAMP),
        Field("id", FieldType.STRING),
        Field("Code", FieldType.STRING, pattern="^[A-Zé]{2}", max_length=3, aliases=("code_", "kode")),
        Field("size", FieldType.STRING, allowed=("S", "très grand", 'a "quote"')),
        Field("grade", FieldType.INTEGER, minimum=-2, maximum=5),
        Field("level", FieldType.INTEGER, allowed=(1, 10, 100)),
        Field("large", FieldType.INTEGER),
        Field("age", FieldType.INTEGER, exclusive_minimum=17, exclusive_maximum=1208),
        Field("latitude", FieldType.NUMBER, minimum=-90, maximum=90),
        Field("weight", FieldType.NUMBER, exclusive_minimum=0),
        Field("share", FieldType.DECIMAL, precision=15, scale=15),
        Field("balance", FieldType.DECIMAL, precision=6, scale=2),
        Field("tiny", FieldType.DECIMAL, precision=12, scale=9, maximum=950),
        Field("vip", FieldType.BOOLEAN),
        Field("day", FieldType.DATE),
        Field("timestamp", FieldType.TIMESTAMP, required=True),
        Field("note", FieldType.STRING),
    ),
    primary_key=Field("id", FieldType.STRING),
)
EVERY_KIND_TEXTS = [
    *('"2026-03-31 23:59:59"', '"a1"', '"éAx"', '"très grand"', "-1", "100", "-123456789012345678", "42", "-52.520008"),
    *("1.25", "0.1234", "-7.5", "12.000000001", "true", '"2026-02-28"', '"2026-03-14T18:30:00.123-05:00"', '""'),
]
CONTRACTS = {
    contract.source: contract
    for contract in (
        *SOURCES,
        EVERY_KIND,
        dataclasses.replace(EVERY_KIND, source="every_kind_direct", delivery=Delivery.DIRECT),
    )
}

FAST = [source for source, contract in CONTRACTS.items() if not (contract.filter or contract.hashed)]
"""Sources that have a fast way at all."""
USUALLY_FAST = [contract for contract in SOURCES if not (contract.filter or contract.hashed or contract.unpack)]
"""Sources whose senders write events so that they take it."""

NUMBERS = [
    *(
        "0",
        "-0",
        "1",
        "2.0",
        "-1",
        "-1.5",
        "5",
        "17",
        "18",
        "999",
        "1000",
        "1001",
        "1207",
        "1208",
        "01",
        "1e2",
        ".5",
        "1.",
    ),
    *("15.99", "15.990", "15.999", "0.5", "0.05", "-0.0", "0.00001", "0.0001", "89.999999", "90", "90.1", "-90", "-89"),
    *("1e400", "1e-7", "99999999.99", "100000000", "123456789012345.6", "9223372036854775807", "9223372036854775808"),
    *("950", "949.123456789", "0.000000001", "9999.99", "-9999.99", "10000", "9" * 400, "NaN", "Infinity"),
]
MOMENTS = [
    *("2026-03-14T18:30:00Z", "2026-03-14 18:30:00.5", "2026-03-14T24:00:00Z", "2026-03-14T18:30:60Z", "2026-03-14"),
    *("2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-12-31T23:59:59.999", "2026-04-31T00:00:00Z", "2023-02-29"),
    *(
        "2026-03-14T18:30:00.123456+05:30",
        "2026-01-01T00:00-0100",
        "2026-03-14T18:30:00+99:99",
        "2026-03-14T18:30:00 Z",
    ),
    *("1677-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "1900-01-01T00:00:00+23:59", "0999-01-01", "2023-04-31"),
    *("2026-03-14t18:30:00z", "2026-03-14T18:30:00,123Z", "2022\u201309\u201311 23:00:00", "٢٠٢٦-03-14T18:30:00Z"),
]
TEXTS = [
    *NUMBERS,
    *(f'"{moment}"' for moment in MOMENTS),
    *("null", "true", "false", "{}", "[]", '{"a":1}', '""', '"a"', '"A"', '"AB"', '"ABCD"', '"Éé"', '"éé"', '"S"'),
    *('"a\\"b"', '"\\u0041"', '"\\ud800"', '"\\ud83d\\ude00"', '"\U0001f600"', '"\u2028\x7f"', '"tab\t"', '"\\n"'),
    *(f'"{letter * length}"' for letter in "xé" for length in (127, 128, 129, 200, 201)),
    *('"très grand"', '"a \\"quote\\""'),
]
NOISE = ['"', "\\", ",", "}", "{", " ", "\t", "\r", "\x00", "\x1f", "\x85", "é", "\udc80", "\udcff", "0", ":"]


def compiled(contract: Contract) -> SimpleNamespace:
    module: dict = {}
    exec(compile(validator.source_code(contract), contract.source, "exec"), module)
    return SimpleNamespace(**module)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


COMPILED = {source: compiled(contract) for source, contract in CONTRACTS.items()}


def envelope(contract: Contract, members: list[tuple[str, str]]) -> bytes:
    """The line of an event, as the contract's door writes it; members by name and JSON text."""
    received_at = EPOCH_MILLISECONDS if contract.delivery is Delivery.DIRECT else f'"{RECEIVED_AT}"'
    body = ",".join(f'"{name}":{text}' for name, text in members)
    return f'{{"id":"JKJaXmPLvHcESHA=-0","receivedAt":{received_at},"body":{{{body}}}}}'.encode()


def usual_members(contract: Contract, seed: int = 0) -> list[tuple[str, str]]:
    if contract.fields is EVERY_KIND.fields:
        return list(zip((field.name for field in contract.fields), EVERY_KIND_TEXTS, strict=True))
    randomness = random.Random(seed)
    made = {field.name: generate.value(field, randomness, NOW) for field in contract.fields}
    return [(name, json.dumps(value, ensure_ascii=False)) for name, value in made.items()]


@st.composite
def nearly_usual(draw: st.DrawFn, contract: Contract) -> bytes:
    """A usual line with a few things changed: values, names, order, repetitions, characters."""
    members = [member for member in usual_members(contract, draw(st.integers(0, 99))) if draw(st.integers(0, 9))]
    names = [name for field in contract.fields for name in (field.name, *field.aliases, field.column)]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(members)))
        name = draw(st.sampled_from([*names, "other", "\\u0061"]))
        if place < len(members) and draw(st.integers(0, 4)):
            members[place] = (members[place][0], draw(st.sampled_from(TEXTS)))
        elif place < len(members) and draw(st.booleans()):
            members[place] = (name, members[place][1])
        else:
            members.insert(place, (name, draw(st.sampled_from(TEXTS))))
    if not draw(st.integers(0, 9)):
        members = draw(st.permutations(members))
    line = envelope(contract, members).decode()
    if not draw(st.integers(0, 3)):
        place, noise = draw(st.integers(0, len(line))), draw(st.sampled_from(NOISE))
        line = line[:place] + noise + line[place + draw(st.integers(0, 1)) :]
    return line.encode(errors="surrogateescape")


@pytest.fixture
def general_row(package):
    """The row that the general way makes of a line; None where it refuses it."""
    modules = package("transform", SOURCE="orders", QUARANTINE_BUCKET="quarantine")

    def row(contract: SimpleNamespace, line: bytes) -> str | None:
        try:
            return modules.general.row(contract, line)
        except (modules.general.Refused, modules.general.Filtered, modules.envelope.NotAnEnvelope, contract.Refused):
            return None

    return row


@pytest.mark.parametrize("source", CONTRACTS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_row_of_the_fast_way_is_that_of_the_general_way(general_row, source, data):
    line = data.draw(nearly_usual(CONTRACTS[source]))
    row = COMPILED[source].fast_row(line)

    assert row is None or row == general_row(COMPILED[source], line)


@pytest.mark.parametrize("source", FAST)
def test_each_value_alone_makes_the_same_row_on_both_ways(general_row, source):
    contract, taken = CONTRACTS[source], 0
    usual = usual_members(contract)
    for place, (name, _) in enumerate(usual):
        for text in TEXTS:
            line = envelope(contract, [*usual[:place], (name, text), *usual[place + 1 :]])
            row = COMPILED[source].fast_row(line)
            assert row is None or row == general_row(COMPILED[source], line), line
            taken += row is not None
    assert taken


@pytest.mark.parametrize("source", CONTRACTS)
@given(line=st.binary() | st.text().map(str.encode))
def test_noise_is_left_to_the_general_way(source, line):
    assert COMPILED[source].fast_row(line) is None


@pytest.mark.parametrize("contract", USUALLY_FAST, ids=lambda contract: contract.source)
def test_sample_events_take_the_fast_way(general_row, contract):
    module = COMPILED[contract.source]
    for event in samples.events(contract, 200, seed=1):
        members = [(name, json.dumps(value, ensure_ascii=False)) for name, value in event.items()]
        for sent in (members, [member for member in members if member[0] != contract.primary_key.name]):
            row = module.fast_row(envelope(contract, sent))
            assert row is not None
            assert row == general_row(module, envelope(contract, sent))


@pytest.mark.parametrize("source", CONTRACTS)
@given(data=st.data())
def test_a_row_is_written_as_the_json_encoder_writes_it(source, data):
    module, members = COMPILED[source], usual_members(CONTRACTS[source])
    body = {name: json.loads(data.draw(st.sampled_from([text, *filter(is_json, TEXTS)]))) for name, text in members}
    row, _ = module.check({"more": "é\n", **body})

    if row is not None:
        row |= {"received_at": "2026-03-14 18:31:00.123", "ingest_id": 'a"b'}
        row |= {module.PRIMARY_KEY: "é", module.EVENT_TIME: "2026-03-14 18:31:00.123"}
        line = module.json_line(row)
        assert json.loads(line) == {name: value for name, value in row.items() if value is not None}
        assert line == json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")) + "\n"


def test_a_line_of_many_moments_that_is_not_usual_at_its_end_is_left_alone_at_once():
    fields = tuple(Field(f"moment{number}", FieldType.TIMESTAMP, required=True) for number in range(64))
    contract = dataclasses.replace(ORDERS, fields=(*fields, ORDERS.primary_key))
    members = [(field.name, '"2026-03-14T18:30:00Z"') for field in fields]

    assert compiled(contract).fast_row(envelope(contract, [*members, ("event_id", "1")])) is None


@pytest.mark.parametrize(
    "limits",
    [
        {"type": FieldType.STRING, "min_length": 2, "max_length": 1},
        {"type": FieldType.STRING, "max_length": 0},
        {"type": FieldType.STRING, "allowed": ("S",), "min_length": 2},
        {"type": FieldType.INTEGER, "maximum": -1000},
        {"type": FieldType.INTEGER, "minimum": 5, "maximum": 4},
        {"type": FieldType.NUMBER, "maximum": -0.5},
        {"type": FieldType.NUMBER, "minimum": 10, "exclusive_maximum": 10.5},
        {"type": FieldType.DECIMAL, "precision": 5, "scale": 0, "exclusive_minimum": -3},
    ],
)
def test_limits_that_hardly_anything_keeps_hold_on_both_ways(general_row, limits):
    field = Field("event_id", required=True, **limits)
    contract = dataclasses.replace(ORDERS, fields=(field,), primary_key=Field("other", FieldType.STRING))
    module = compiled(contract)
    for text in TEXTS:
        line = envelope(contract, [("event_id", text)])
        row = module.fast_row(line)
        assert row is None or row == general_row(module, line), line


def test_a_record_with_both_kinds_of_lines_keeps_their_order(package):
    modules = package("transform", SOURCE="orders", QUARANTINE_BUCKET="quarantine")
    usual = usual_members(ORDERS)
    lines = [envelope(ORDERS, [("event_id", f'"{number}"'), *usual[1:][:: number or 1]]) for number in (0, -1, 1)]
    data = base64.b64encode(b"\n".join(lines)).decode()

    [answer] = modules.handler.handler({"records": [{"recordId": "r", "data": data}]}, None)["records"]

    rows = [json.loads(line) for line in base64.b64decode(answer["data"]).splitlines()]
    assert [row["event_id"] for row in rows] == ["0", "-1", "1"]
    assert [COMPILED["orders"].fast_row(line) is None for line in lines] == [False, True, False]
