"""Contracts written from files: they load, and every row of the file is good by them, value for value."""

import csv as csv_module
import datetime
import gzip
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import FieldType, file_checks, load
from etl.files import contract, detect
from etl.files.check import Checker
from etl.files.recognise import recognise
from tests.unit.etl.landing import ORDER, csv

LANDED = datetime.datetime(2026, 3, 14, 18, 31)


def detected(data, folder, source="shop"):
    """The contract of a file's bytes: its text, and as it is loaded."""
    (folder / "data").write_bytes(data)
    text = detect.contract_for(recognise(folder / "data", folder), source, "data.csv").text
    (folder / f"{source}.yaml").write_text(text, encoding="utf-8")
    return text, load(folder / f"{source}.yaml")


def taken_in(data, folder, loaded):
    """The rows of a file by a contract, and its bad records, as the files job finds them."""
    compiled = contract.parse(json.dumps([file_checks.document(loaded)]))[loaded.source]
    (folder / "data").write_bytes(data)
    found = recognise(folder / "data", folder, compiled.known)
    checker = Checker(compiled, "f", LANDED)
    if found.names is not None:
        checker.require_columns(found.names)
    checked = [checker.check(batch) for batch in found.batches()]
    return [row for part in checked for row in part.rows.to_pylist()], [bad for part in checked for bad in part.bad]


def fields(loaded):
    return {field.name: field for field in loaded.fields}


def test_types_keys_and_what_is_required_are_found(tmp_path):
    rows = "order_id,at,day,n,price,ratio,ok,note\n"
    rows += (
        "a,2026-03-14T18:30:00Z,2026-03-14,1,9.50,0.123456,true,\nb,2026-03-15 09:00:00,2026-03-15,-2,10,2e3,false,x\n"
    )
    _, loaded = detected(rows.encode(), tmp_path)
    found = fields(loaded)
    assert {name: field.type for name, field in found.items()} == {
        "order_id": FieldType.STRING,
        "at": FieldType.TIMESTAMP,
        "day": FieldType.DATE,
        "n": FieldType.INTEGER,
        "price": FieldType.DECIMAL,
        "ratio": FieldType.NUMBER,
        "ok": FieldType.BOOLEAN,
        "note": FieldType.STRING,
    }
    assert (found["price"].scale, found["price"].minimum) == (2, 0)
    assert [name for name, field in found.items() if not field.required] == ["note"]
    assert (loaded.primary_key.name, loaded.event_time.name) == ("order_id", "at")


def test_without_key_and_time_fields_are_added_that_the_platform_fills(tmp_path):
    data = b"name,n\nx,1\nx,1\n"
    text, loaded = detected(data, tmp_path)
    assert (loaded.primary_key.name, loaded.event_time.name) == ("event_id", "event_time")
    assert "No column tells all rows apart." in text
    rows, _ = taken_in(data, tmp_path, loaded)
    assert [(row["event_id"], row["event_time"]) for row in rows] == [("f-1", LANDED), ("f-2", LANDED)]


def test_names_that_no_field_can_have_are_told_and_found_again(tmp_path):
    data = "Größe (cm);2nd;extra;;Größe-cm\n1;a;b;c;d\n".encode("windows-1252")
    text, loaded = detected(data, tmp_path)
    assert [field.name for field in loaded.fields[1:-1]] == ["grosse_cm", "_2nd", "extra_", "column_4", "grosse_cm_2"]
    assert "The column 'Größe (cm)' of the file." in text
    [row], bad = taken_in(data, tmp_path, loaded)
    assert bad == []
    assert [row[name] for name in ("grosse_cm", "_2nd", "extra_", "column_4", "grosse_cm_2")] == [1, "a", "b", "c", "d"]


def test_personal_data_is_classified_and_formats_become_patterns(tmp_path):
    data = b"mail,Vorname,ip,size,uid\na@b.de,Ann,10.0.0.1,3,3f1c9a52-7d0e-4a57-9a43-0d7f4f3c2b11\n"
    _, loaded = detected(data, tmp_path)
    found = fields(loaded)
    assert {name for name, field in found.items() if field.classification == "restricted"} == {"mail", "Vorname", "ip"}
    assert found["mail"].pattern
    assert found["uid"].pattern
    assert found["Vorname"].pattern is None


def test_few_values_that_come_often_are_an_enumeration_unless_they_are_personal(tmp_path):
    lines = [f"{'red' if number % 2 else 'green'},Ann,{number}" for number in range(100)]
    _, loaded = detected("\n".join(["colour,first_name,n", *lines]).encode(), tmp_path)
    found = fields(loaded)
    assert found["colour"].allowed == ("green", "red")
    assert found["first_name"].allowed == ()
    assert fields(detected("\n".join(["colour,a,n", *lines[:99]]).encode(), tmp_path)[1])["colour"].allowed == ()


@pytest.mark.parametrize(
    ("values", "comment"),
    [
        (["1.234,50", "9,99"], "All values look like a number with a decimal comma: kept as texts;"),
        (["31.12.2025", "1.1.26"], "All values look like a date as day.month.year: kept as texts;"),
        (["12/31/2025", "1/2/2026"], "All values look like a date with slashes: kept as texts,"),
        (["1", "N/A"], 'It would be of type integer, but for "N/A" (1 times): leave such fields empty instead.'),
    ],
)
def test_what_people_write_and_no_table_can_keep_stays_text_with_a_comment(tmp_path, values, comment):
    text, loaded = detected("\n".join(["x;y", *(f"{value};a" for value in values)]).encode(), tmp_path)
    assert fields(loaded)["x"].type is FieldType.STRING
    assert comment in text


def test_values_of_several_types_and_nested_ones_stay_in_extra(tmp_path):
    data = b'{"a": 1, "b": {"c": [1]}, "d": 1}\n{"a": 2, "d": "x"}\n'
    text, loaded = detected(data, tmp_path)
    assert [field.name for field in loaded.fields] == ["event_id", "a", "event_time"]
    assert '# "d" is no field, and is kept in the column extra: its values are of several types' in text
    rows, bad = taken_in(data, tmp_path, loaded)
    assert ([row["extra"] for row in rows], bad) == (['{"b":{"c":[1]},"d":1}', '{"d":"x"}'], [])


# A header whose names look like values is taken for a row: that is for people to mend.
names = st.one_of(
    st.from_regex(r"[A-Za-zäß][\w €()/%.#-]{0,10}", fullmatch=True).map(str.strip),
    st.sampled_from(
        ["id", "Order ID", "order_id", "E-Mail", "Preis €", "extra", "received_at", "at", "AT", "a_b", "A B"]
    ),
).filter(lambda name: name.lower() not in ("true", "false", "e", "nan", "inf"))
KINDS = {
    "texts": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.strip),
    "lines": st.sampled_from(["a\nb", 'say "hi"', "x;y,z|\t", "'q'", "é", "日本"]),
    "words": st.sampled_from(
        ["red", "green", "N/A", "yes", "no", "true", "false", "DE", "EUR", "a@b.de", "1/2/2026", "1,5"]
    ),
    "integers": st.integers(-(10**17), 10**17),
    "zeros": st.integers(0, 99).map(lambda number: f"{number:05d}"),
    "decimals": st.decimals(-99999, 99999, places=2),
    "doubles": st.floats(allow_nan=False, allow_infinity=False),
    "booleans": st.booleans(),
    "dates": st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 12, 31)),
    "moments": st.datetimes(datetime.datetime(1700, 1, 2), datetime.datetime(2200, 12, 30)),
    "ids": st.uuids().map(str),
}


@st.composite
def tables(draw):
    """Columns by name, each of values of one kind or of None."""
    columns = draw(st.lists(names, min_size=2, max_size=6, unique=True))
    rows = draw(st.integers(1, 8))
    table = {}
    for name in columns:
        values = KINDS[draw(st.sampled_from(sorted(KINDS)))]
        values = st.none() | values if draw(st.booleans()) else values
        table[name] = draw(st.lists(values, min_size=rows, max_size=rows))
    return table


def as_text(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def written(table, kind, encoding, delimiter, packed):
    """A table as a file."""
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    if kind == "parquet":
        buffer = io.BytesIO()
        pq.write_table(pa.table({name: pa.array(values) for name, values in table.items()}), buffer)
        data = buffer.getvalue()
    elif kind == "csv":
        buffer = io.StringIO()
        writer = csv_module.writer(buffer, delimiter=delimiter, lineterminator="\n")
        writer.writerow(table)
        writer.writerows([[as_text(value) for value in row.values()] for row in rows])
        data = buffer.getvalue().encode(encoding)
    else:
        simple = (str, int, float, bool, type(None))
        objects = [
            {name: value if isinstance(value, simple) else as_text(value) for name, value in row.items()}
            for row in rows
        ]
        text = json.dumps(objects, ensure_ascii=False) if kind == "json" else "\n".join(map(json.dumps, objects))
        data = text.encode(encoding)
    return gzip.compress(data) if packed else data


def same(before, after, is_text):
    """Whether a value in the table is the one that was written."""
    if before is None or (is_text and before == ""):
        return after is None
    if isinstance(before, datetime.datetime) and isinstance(after, datetime.datetime):
        # Whole columns of Parquet keep microseconds; texts, and what is looked at row by row, milliseconds.
        return after in (before, before.replace(microsecond=before.microsecond // 1000 * 1000))
    if isinstance(after, bool):
        return str(after).lower() == str(before).lower() or before in ("yes", "no")
    if isinstance(after, int | float | Decimal):
        return Decimal(str(after)) == Decimal(str(before))
    return as_text(after) == as_text(before)


@settings(max_examples=40, deadline=None)
@given(
    table=tables(),
    kind=st.sampled_from(["csv", "ndjson", "json", "parquet"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from(",;\t|"),
    packed=st.booleans(),
)
def test_every_row_of_a_file_is_good_by_its_own_contract_and_keeps_its_values(
    tmp_path_factory, table, kind, encoding, delimiter, packed
):
    folder = tmp_path_factory.mktemp("detected")
    data = written(table, kind, encoding, delimiter, packed)
    _, loaded = detected(data, folder)
    rows, bad = taken_in(data, folder, loaded)
    assert bad == []
    length = len(next(iter(table.values())))
    assert len(rows) == length
    by_name = dict(zip(table, _columns_of(loaded, table, kind), strict=True))
    for name, values in table.items():
        for row, value in zip(rows, values, strict=True):
            column = by_name[name]
            after = row[column] if column else json.loads(row["extra"] or "{}").get(name)
            assert same(value, after, kind == "csv"), (name, value, after)


def _columns_of(loaded, table, kind):
    """The table's column of each column of the file; None where there is none."""
    from etl.files import names as column_names

    known = {field.name: field.column for field in loaded.fields}
    found = column_names.matched(list(table), list(known))
    if kind in ("json", "ndjson"):
        # Of several names that become one field, the first does, unless another has that name already.
        found, taken = {}, set(table)
        for name in table:
            target = column_names.field_name(name)
            if target == name or target not in taken:
                found[name] = target
                taken.add(target)
    return [known.get(found.get(name, "")) for name in table]


def test_the_orders_of_the_shop_have_the_contract_that_one_would_write(tmp_path):
    _, loaded = detected(csv([ORDER, {**ORDER, "event_id": "e2", "price": 12.95}]).encode(), tmp_path)
    assert (loaded.primary_key.name, loaded.event_time.name) == ("event_id", "timestamp")
    assert fields(loaded)["price"].type is FieldType.DECIMAL
    assert yaml.safe_load((tmp_path / "shop.yaml").read_text())["status"] == "draft"
