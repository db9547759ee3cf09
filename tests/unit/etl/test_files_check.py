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
from etl.files import certain, contract, json_text
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
    document["customProperties"] = [
        item | {"value": {"eventTime": "at", "sortBy": ["Word"]}.get(item["property"], item["value"])}
        for item in document["customProperties"]
        if item["property"] != "aggregates"
    ]
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


@settings(max_examples=120, deadline=None)
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


@settings(max_examples=120, deadline=None)
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


escaped = st.text('aé\\"\t/ 1\u2028', max_size=4)
VALUES = {
    "id": st.text("abé", max_size=4),
    "at": moments,
    "Word": words | escaped,
    "colour": words,
    "whole": st.integers(-(10**19), 10**19),
    "level": st.integers(0, 3),
    "double": st.floats() | st.integers(-3, 10**6),
    "free": st.floats(),
    "price": st.decimals(-1000, 1000, places=3).map(float) | st.integers(-5, 1005),
    "ratio": st.floats(-2, 2),
    "open": st.booleans(),
    "day": moments,
    "remark": escaped | st.text(max_size=4),
}
GOOD = {
    "id": ["a", "bé"],
    "at": ["2026-03-14T18:30:00.000Z", "2026-03-14 18:30:00+01:00"],
    "Word": ["né", "so so"],
    "colour": ["red", "grün"],
    "whole": [4, -5, 10**16],
    "level": [1, 2],
    "double": [0.25, 1000, -1.25],
    "free": [1e3, -0.5, 7],
    "price": [9.5, 12, 0.25],
    "ratio": [0.125, 0],
    "open": [True, False],
    "day": ["2026-03-14", "2024-02-29"],
    "remark": ["x", "y / z"],
}
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.floats(), escaped, numbers, st.just([1]), st.just({"a": 1}), st.just("\ud800")
).map(json.dumps)
WORDS = ["007", "-0", "-01", "+1", ".5", "5.", "1e5", "1E-2", "NaN", "0x10", "TRUE", "nul", "1 2", "01.5", "null"]
ODD_WORDS = st.sampled_from(WORDS)
ODD_LINES = st.sampled_from(
    ["{}", "[]", "1", '{"id":"a"}', '{"id":"a","id":"b"}', "{", '"', " ", "", '{"at":"2026-03-14 18:30:00",', "\ufeff"]
)
ODD_CHARACTERS = st.sampled_from([*'"\\,:{}[] 019-+.eEtn_/é\t\x01\x7f\u2028', "\\n", "\\u00e9", "\\ud800", "\\x", ""])


@st.composite
def json_lines(draw):
    """Lines as one sender writes them, in one order and style; in some of them is something else."""
    order = [name for name in draw(st.permutations(sorted(GOOD))) if name == "at" or draw(st.booleans())]
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (" , ", " :")]))
    rows = draw(st.integers(1, 5))
    lines = [
        {name: json.dumps(draw(st.sampled_from(GOOD[name])), ensure_ascii=draw(st.booleans())) for name in order}
        for _ in range(rows)
    ]
    for _ in range(draw(st.integers(0, 2))):
        line, name = lines[draw(st.integers(0, rows - 1))], draw(st.sampled_from(order))
        line[name] = draw(st.one_of(VALUES[name].map(json.dumps), ODD_VALUES, ODD_WORDS))
    texts = ["{" + comma.join(f'"{name}"{colon}{value}' for name, value in line.items()) + "}" for line in lines]
    for _ in range(draw(st.integers(0, 2))):
        row = draw(st.integers(0, rows - 1))
        place = draw(st.integers(0, len(texts[row])))
        odd = texts[row][:place] + draw(ODD_CHARACTERS) + texts[row][place + draw(st.integers(0, 1)) :]
        texts[row] = draw(st.sampled_from([odd, odd, odd, draw(ODD_LINES)]))
    end = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
    return (end.join(texts) + draw(st.sampled_from(["", end]))).encode("utf-8", "surrogatepass")


def assert_as_its_events(compiled, file, content):
    """Lines checked as usual, and by the generated check alone."""
    file.write_bytes(content)
    for batch in json_text.line_batches(file, "utf-8"):
        usual = Checker(compiled, "f", RECEIVED).check(batch)
        by_event = Checker(compiled, "f", RECEIVED).check(json_text.parsed(batch))
        assert usual.rows.equals(by_event.rows)
        assert usual.bad == by_event.bad


@settings(max_examples=160, deadline=None)
@given(content=json_lines())
def test_lines_of_json_are_taken_and_refused_as_their_events_are(compiled, content, tmp_path_factory):
    assert_as_its_events(compiled, tmp_path_factory.getbasetemp() / "lines.ndjson", content)


@pytest.mark.parametrize("name", GOOD)
def test_a_lines_odd_value_is_taken_or_refused_as_in_its_event(compiled, name, tmp_path):
    line = {name: json.dumps(values[0]) for name, values in GOOD.items()}
    texts = ["\\ud800", "\\u00e9", "\\n", "\\x", "\\", "\x01", "007", "", " "]
    for odd in [*WORDS, *(f'"{text}"' for text in texts), "true", "1", "1.0", '"true"', '"1"']:
        lines = [line, line | {name: odd}, line]
        written = ["{" + ",".join(f'"{name}":{value}' for name, value in line.items()) + "}\n" for line in lines]
        assert_as_its_events(compiled, tmp_path / "lines.ndjson", "".join(written).encode())


def test_usual_lines_need_no_look_at_each(compiled, monkeypatch):
    lines = [
        {
            "id": "a",
            "at": "2026-03-14T18:30:00.000Z",
            "Word": "né",
            "price": 9.5,
            "whole": 4,
            "open": True,
            "free": 1e3,
        },
        {"id": "b", "at": "2026-02-28 18:30:00+01:00", "Word": "éé"}
        | {"price": 12, "whole": 0, "open": False, "free": 0.25},
    ]
    block = "".join(json.dumps(line) + "\n" for line in lines).encode()
    monkeypatch.setattr(json_text, "loads", None)
    out = Checker(compiled, "f", RECEIVED).check(Batch(np.array([1, 2]), np.array([1, 2]), 0, block=block))
    assert out.rows.select(["id", "at", "word", "price", "whole", "open", "free"]).to_pylist() == [
        {"id": "a", "at": datetime.datetime(2026, 3, 14, 18, 30), "word": "né", "price": Decimal("9.50")}
        | {"whole": 4, "open": True, "free": 1000.0},
        {"id": "b", "at": datetime.datetime(2026, 2, 28, 17, 30), "word": "éé", "price": Decimal("12.00")}
        | {"whole": 0, "open": False, "free": 0.25},
    ]


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
