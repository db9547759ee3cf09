"""Whole columns at once and each event by itself: the same rows, the same refusals, value for value."""

import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import file_checks, load
from etl.files import certain, contract
from etl.files.check import Checker
from etl.files.records import Batch
from tests.unit.etl.lake import SOURCES

RECEIVED = datetime.datetime(2026, 3, 14, 18, 31)
FIELDS = [
    {"name": "id", "logicalType": "string", "primaryKey": True, "logicalTypeOptions": {"maxLength": 4}},
    {"name": "at", "logicalType": "timestamp", "required": True},
    {"name": "Word", "logicalType": "string", "logicalTypeOptions": {"minLength": 2, "pattern": "^[a-zé ]+$"}},
    {"name": "colour", "logicalType": "string", "enum": [{"value": "red"}, {"value": "grün"}]},
    {"name": "whole", "logicalType": "integer", "logicalTypeOptions": {"minimum": -5, "exclusiveMaximum": 10**17}},
    {"name": "level", "logicalType": "integer", "enum": [{"value": 1}, {"value": 2}]},
    {"name": "double", "logicalType": "number", "logicalTypeOptions": {"exclusiveMinimum": -1.5, "maximum": 1e6}},
    {"name": "free", "logicalType": "number"},
    {
        "name": "price",
        "logicalType": "number",
        "physicalType": "decimal(6,2)",
        "logicalTypeOptions": {"minimum": 0, "maximum": 999.99},
    },
    {"name": "ratio", "logicalType": "number", "physicalType": "decimal(3,3)"},
    {"name": "open", "logicalType": "boolean"},
    {"name": "day", "logicalType": "date"},
    {
        "name": "note",
        "logicalType": "string",
        "customProperties": [{"property": "aliases", "value": ["remark"]}],
    },
]
NAMES = [*(field["name"] for field in FIELDS if field["name"] != "note"), "remark", "unknown", "other"]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
    document["schema"][0]["properties"] = FIELDS
    document["id"] = "all_types"
    for item in document["customProperties"]:
        item["value"] = {"eventTime": "at", "sortBy": ["Word"]}.get(item["property"], item["value"])
    file = tmp_path_factory.mktemp("contract") / "all_types.yaml"
    file.write_text(yaml.safe_dump(document))
    return contract.parse(json.dumps([file_checks.document(load(file))]))["all_types"]


def checked(compiled, batch):
    checker = Checker(compiled, "f", RECEIVED)
    checker.require_columns(list(batch.columns))
    return checker.check(batch)


def both_ways(compiled, batch):
    """A batch checked as usual, and by the generated check alone."""
    usual = checked(compiled, batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("etl.files.check.rows", lambda *_: None)
        by_event = checked(compiled, batch)
    return usual, by_event


def batch_of(columns, is_text):
    rows = len(next(iter(columns.values())))
    numbers = np.arange(1, rows + 1)
    return Batch(numbers, numbers + 1, 0, columns=columns, is_text=is_text)


digits = st.text("0123456789", min_size=1, max_size=19)
numbers = st.one_of(
    digits,
    st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), digits, digits),
    st.builds("{}e{}".format, digits, st.integers(-400, 400)),
    st.integers(-20, 10**6).map(str),
    st.decimals(-1000, 1000, places=2).map(str),
    st.sampled_from(
        ["-0", "-0.0", "0", "1.", ".5", "007", " 5 ", "1e5", "nan", "inf", "1_000", "१", "0.999", "-0.001"]
    ),
)
moments = st.one_of(
    st.datetimes(datetime.datetime(1, 1, 1)).map(str),
    st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2300, 1, 1)).map(lambda it: it.isoformat() + "Z"),
    st.from_regex(
        r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?"
        r"(Z|z| Z|[+-][0-2][0-9]:?([0-6][0-9])?)?",
        fullmatch=True,
    ),
    st.dates().map(str),
    st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", fullmatch=True),
)
words = st.one_of(
    st.text("aé b", max_size=5), st.sampled_from(["red", "grün", "true", "No", "T", "1", "0", "NULL", " "])
)
texts = st.one_of(numbers, moments, words, st.just(""), st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
USUAL = {
    "id": st.text("ab", max_size=5),
    "at": moments,
    "Word": words,
    "colour": words,
    "double": numbers,
    "free": numbers,
    "price": numbers,
    "ratio": numbers,
    "whole": numbers,
    "level": st.integers(0, 3).map(str),
    "open": words,
    "day": moments,
}


@settings(max_examples=300, deadline=None)
@given(data=st.data(), rows=st.integers(1, 6))
def test_columns_of_text_are_taken_and_refused_as_their_events_are(compiled, data, rows):
    columns = {}
    for name in NAMES:
        kind = data.draw(st.sampled_from([st.just(""), USUAL.get(name, words), USUAL.get(name, words), texts]))
        columns[name] = pa.array(data.draw(st.lists(kind, min_size=rows, max_size=rows)), pa.string())
    columns["at"] = pa.array([text or "2026-03-14T18:30:00Z" for text in columns["at"].to_pylist()])
    usual, by_event = both_ways(compiled, batch_of(columns, is_text=True))
    assert usual.rows.equals(by_event.rows)
    assert usual.bad == by_event.bad


TYPES = {
    "string": (pa.string(), st.text("aé 1", max_size=5)),
    "large string": (pa.large_string(), words),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "double": (pa.float64(), st.floats()),
    "float": (pa.float32(), st.floats(width=32)),
    "decimal": (pa.decimal128(8, 3), st.decimals(-99999, 99999, places=3)),
    "cents": (pa.decimal128(12, 2), st.decimals(-(10**9), 10**9, places=2)),
    "boolean": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates()),
    "seconds": (pa.timestamp("s"), st.datetimes().map(lambda it: it.replace(microsecond=0))),
    "microseconds": (pa.timestamp("us"), st.datetimes()),
    "zone": (pa.timestamp("ms", "UTC"), st.datetimes().map(lambda it: it.replace(microsecond=0))),
    "list": (pa.list_(pa.int64()), st.lists(st.integers(0, 9), max_size=2)),
    "struct": (pa.struct({"a": pa.float64()}), st.fixed_dictionaries({"a": st.floats()})),
}


@settings(max_examples=300, deadline=None)
@given(data=st.data(), rows=st.integers(1, 6))
def test_typed_columns_are_taken_and_refused_as_their_events_are(compiled, data, rows):
    columns = {"at": pa.array([RECEIVED] * rows, pa.timestamp("us"))}
    for name in data.draw(st.permutations(NAMES)):
        kind, values = TYPES[data.draw(st.sampled_from(sorted(TYPES)))]
        some = data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        columns[name] = pa.array(some, kind)
    usual, by_event = both_ways(compiled, batch_of(columns, is_text=False))
    assert usual.rows.equals(by_event.rows)
    assert usual.bad == by_event.bad


def test_a_moment_that_senders_count_is_read_from_text_as_well(tmp_path):
    document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
    [timestamp] = [item for item in document["schema"][0]["properties"] if item["name"] == "timestamp"]
    timestamp["customProperties"] = [{"property": "epochUnit", "value": "seconds"}]
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(document))
    compiled = contract.parse(json.dumps([file_checks.document(load(tmp_path / "orders.yaml"))]))["orders"]
    columns = {"timestamp": ["1773513000", "soon"], "menuItem": ["a", "b"], "quantity": ["1", "1"], "price": ["1", "1"]}
    columns |= {"customerId": ["c", "c"], "restaurantId": ["r", "r"]}
    out = checked(compiled, batch_of({name: pa.array(values) for name, values in columns.items()}, is_text=True))
    assert out.rows["timestamp"].to_pylist() == [datetime.datetime(2026, 3, 14, 18, 30)]
    assert [record.number for record in out.bad] == [2]


def test_what_the_filter_keeps_out_is_neither_row_nor_bad(tmp_path):
    document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
    condition = {"field": "quantity", "minimum": 2}
    document["customProperties"].append({"property": "filter", "value": [condition]})
    (tmp_path / "orders.yaml").write_text(yaml.safe_dump(document))
    compiled = contract.parse(json.dumps([file_checks.document(load(tmp_path / "orders.yaml"))]))["orders"]
    columns = {"timestamp": ["2026-03-14"] + ["2026-03-14T18:30:00Z"] * 2, "menuItem": ["a"] * 3, "price": ["1"] * 3}
    columns |= {"customerId": ["c"] * 3, "restaurantId": ["r"] * 3, "quantity": ["2", "1", "2"]}
    out = checked(compiled, batch_of({name: pa.array(values) for name, values in columns.items()}, is_text=True))
    assert out.rows["ingest_id"].to_pylist() == ["f-3"]
    assert ([record.number for record in out.bad], out.filtered) == ([1], [2])


def test_usual_rows_need_no_look_at_each(compiled):
    columns = {
        "id": ["a", "b"],
        "at": ["2026-03-14T18:30:00Z", "2026-03-14 18:30:00.123456+01:30"],
        "Word": ["so", "né"],
        "colour": ["red", "grün"],
        "whole": ["-5", "12345678901234567"],
        "double": ["1.5", "-1e-3"],
        "price": ["0.00", "999.99"],
        "ratio": ["0.125", ""],
        "open": ["TRUE", "no"],
        "day": ["2026-02-28", "2024-02-29"],
    }
    batch = batch_of({name: pa.array(values) for name, values in columns.items()}, is_text=True)
    assert certain.rows(batch, compiled, {name: name for name in columns}).sure.all()
    table = checked(compiled, batch).rows
    assert table["at"].to_pylist() == [
        datetime.datetime(2026, 3, 14, 18, 30),
        datetime.datetime(2026, 3, 14, 17, 0, 0, 123_000),
    ]
    assert table["price"].to_pylist() == [Decimal("0.00"), Decimal("999.99")]
    assert table["open"].to_pylist() == [True, False]
