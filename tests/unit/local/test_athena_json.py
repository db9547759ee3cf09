import gzip
import json

import pytest

from rapid.local.athena.json_objects import InvalidValueError, Unquoted, converter
from rapid.local.athena.trino_types import BIGINT, BOOLEAN, DOUBLE, INTEGER, VARCHAR
from tests.unit.local.athena_rig import HOURLY, LAKE, hour

UG = "https://docs.aws.amazon.com/athena/latest/ug/"

OPENX = "org.openx.data.jsonserde.JsonSerDe"
ENVELOPE = {"id": "string", "receivedat": "string", "body": "string"}
GUIDE_COLUMNS = {"element_clicked": "string", "time_spent": "int", "source_menu": "string", "created_at": "string"}
TYPED = {"a": "string", "n": "int", "b": "bigint", "d": "double", "t": "boolean"}


def json_table(athena, name, columns, properties=None, **changes):
    storage = {
        "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
        "Location": f"s3://{LAKE}/{name}/",
        "SerdeInfo": {"SerializationLibrary": OPENX, "Parameters": properties or {}},
    }
    athena.table(name, StorageDescriptor=storage, **changes)


def raw_table(athena):
    """The table over the events as they came, as the stack defines it."""
    template = {"storage.location.template": f"s3://{LAKE}/orders/${{datehour}}/"}
    properties = {"ignore.malformed.json": "true"}
    json_table(
        athena, "orders_raw", ENVELOPE, properties, partitions={"datehour": "string"}, parameters={**HOURLY, **template}
    )


def put(athena, key, *documents):
    lines = [document if isinstance(document, str) else json.dumps(document) for document in documents]
    content = "".join(f"{line}\n" for line in lines).encode()
    if key.endswith(".gz"):
        content = gzip.compress(content)
    athena.s3.put_object(Bucket=LAKE, Key=key, Body=content)
    return len(content)


def envelope(key, **body):
    return {"id": key, "receivedAt": "2026-11-22T14:38:20.123Z", "body": body}


def scanned(athena, sql):
    execution = athena.run(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution["Statistics"]["DataScannedInBytes"]


@pytest.mark.aws("Athena", "JSON", f"{UG}compression-formats.html")
def test_the_events_as_they_came_are_read_from_gzip_lines(athena):
    raw_table(athena)
    put(athena, f"orders/{hour(1)}/a.gz", envelope("r-0", menuItem="Pasta"), envelope("r-1"), envelope("r-1"))

    assert athena.rows("SELECT count(*), count(DISTINCT id) FROM orders_raw") == [["3", "2"]]
    assert athena.rows("SELECT * FROM orders_raw ORDER BY id LIMIT 1") == [
        ["r-0", "2026-11-22T14:38:20.123Z", '{"menuItem":"Pasta"}', hour(1)]
    ]


@pytest.mark.aws("Athena", "JSON", f"{UG}compression-formats.html")
def test_a_query_scans_the_compressed_bytes_of_whole_objects_in_the_partitions_that_it_reads(athena):
    raw_table(athena)
    sizes = [put(athena, f"orders/{hour(ago)}/a.gz", *(envelope(f"{ago}-{n}") for n in range(50))) for ago in (1, 2)]

    assert scanned(athena, "SELECT count(*) FROM orders_raw") == sum(sizes)
    assert scanned(athena, "SELECT count(DISTINCT id) FROM orders_raw") == sum(sizes)
    assert scanned(athena, f"SELECT body FROM orders_raw WHERE datehour = '{hour(1)}'") == sizes[0]
    assert scanned(athena, f"SELECT body FROM orders_raw WHERE datehour = '{hour(1)}'") == sizes[0]


def test_a_hundred_thousand_distinct_ids_are_counted(athena):
    raw_table(athena)
    for part in range(4):
        put(athena, f"orders/{hour(1)}/{part}.gz", *(envelope(f"{part}-{n}", price=1.5) for n in range(25_000)))

    assert athena.rows("SELECT count(DISTINCT id) FROM orders_raw") == [["100000"]]


@pytest.mark.aws("Athena", "JSON", f"{UG}compression-formats.html")
def test_an_object_is_gzip_by_the_ending_of_its_key_alone(athena):
    json_table(athena, "lines", {"id": "string"})
    put(athena, "lines/plain.json", {"id": "plain"})
    put(athena, "lines/packed.json.gz", {"id": "packed"})
    athena.s3.put_object(Bucket=LAKE, Key="lines/mislabelled.json", Body=gzip.compress(b'{"id": "x"}\n'))

    assert athena.rows("SELECT id FROM lines WHERE id IS NOT NULL ORDER BY id") == [["packed"], ["plain"]]

    athena.s3.put_object(Bucket=LAKE, Key="lines/plain.gz", Body=b'{"id": "x"}\n')
    assert athena.failure("SELECT id FROM lines").startswith(
        f"HIVE_CURSOR_ERROR: Failed to read file at s3://{LAKE}/lines/plain.gz"
    )


@pytest.mark.aws("Athena", "JSON", f"{UG}compression-formats.html")
def test_another_compression_is_refused_naming_the_object(athena):
    json_table(athena, "lines", {"id": "string"})
    put(athena, "lines/a.json.bz2", {"id": "x"})

    assert f"Object s3://{LAKE}/lines/a.json.bz2" in athena.failure("SELECT id FROM lines")


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_the_guide_s_table_reads_the_guide_s_payloads(athena):
    template = {"storage.location.template": f"s3://{LAKE}/${{datehour}}/"}
    parameters = {**HOURLY, "projection.datehour.range": "2021/01/01/00,NOW", **template}
    properties = {"paths": "element_clicked, time_spent, source_menu, created_at"}
    json_table(
        athena, "my_ingested_data", GUIDE_COLUMNS, properties, partitions={"datehour": "string"}, parameters=parameters
    )
    at = "2022\u201309\u201311 23:00:00"
    clicks = [("entree_1", 67), ("entree_1", 12), ("entree_4", 32), ("drink_1", 15), ("drink_3", 14)]
    payloads = [
        {
            "element_clicked": element,
            "time_spent": seconds,
            "source_menu": "restaurant_name",
            "createdAt" if element == "entree_4" else "created_at": at,
        }
        for element, seconds in clicks
    ]
    put(athena, "2022/09/11/23/stream-1", *payloads)

    rows = athena.rows("SELECT * FROM my_ingested_data WHERE datehour >= '2022/09/11/00' ORDER BY time_spent DESC")

    assert rows == [
        [element, str(seconds), "restaurant_name", None if element == "entree_4" else at, "2022/09/11/23"]
        for element, seconds in sorted(clicks, key=lambda click: -click[1])
    ]
    assert athena.rows("SELECT sum(time_spent) FROM my_ingested_data") == [["140"]]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_keys_match_columns_whatever_their_case(athena):
    json_table(athena, "lines", {"menuitem": "string"})
    put(athena, "lines/a", {"menuItem": "soup"}, {"MENUITEM": "tea"}, {"other": 1})

    assert athena.rows("SELECT menuitem FROM lines ORDER BY 1") == [["soup"], ["tea"], [None]]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_values_take_the_types_of_their_columns(athena):
    json_table(athena, "typed", TYPED)
    put(
        athena,
        "typed/a",
        {"a": "x", "n": 1, "b": 2**40, "d": 1.5, "t": True},
    )
    put(athena, "typed/b", {"a": 1, "n": "2", "b": "3", "d": 2, "t": "True"})
    put(athena, "typed/c", dict.fromkeys(TYPED))

    assert athena.rows("SELECT * FROM typed ORDER BY n") == [
        ["x", "1", "1099511627776", "1.5", "true"],
        ["1", "2", "3", "2.0", "true"],
        [None] * 5,
    ]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_objects_arrays_and_numbers_in_a_string_column_give_their_json(athena):
    json_table(athena, "lines", {"id": "string", "body": "string"})
    bodies = ['{"Menu Item" : "a\\"b/é" , "n":[1, 2.50, null, true, {}]}', "[ ]", "1.50", "false", '"plain"', "null"]
    put(athena, "lines/a", *(f'{{"id": {number}, "body": {body}}}' for number, body in enumerate(bodies)))

    assert [row[0] for row in athena.rows("SELECT body FROM lines ORDER BY id")] == [
        '{"Menu Item":"a\\"b/é","n":[1,2.50,null,true,{}]}',
        "[]",
        "1.50",
        "false",
        "plain",
        None,
    ]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_a_column_of_another_type_and_another_serde_are_refused_by_name(athena):
    json_table(athena, "lines", {"id": "string", "at": "timestamp"})
    athena.table("text", StorageDescriptor={
        "Columns": [], "Location": f"s3://{LAKE}/text/",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
    })  # fmt: skip
    put(athena, "lines/a", {"id": "a"})

    assert "Column 'at': type timestamp in JSON" in athena.failure("SELECT at FROM lines")
    assert "SerDe 'org.apache.hadoop.hive.serde2.OpenCSVSerde'" in athena.failure("SELECT 1 FROM text")


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_a_malformed_line_fails_the_query_unless_the_table_ignores_it(athena):
    lines = ['{"id": "a"', {"id": "b"}, '{"id": "c", "ID": "d"}', '{"id": "e", "id": "f"}']
    for name, properties in (("strict", {}), ("lax", {"ignore.malformed.json": "TRUE"})):
        json_table(athena, name, {"id": "string"}, properties)
        put(athena, f"{name}/a", *lines)

    assert athena.failure("SELECT id FROM strict").startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")
    assert athena.rows("SELECT count(*), count(id), max(id) FROM lax") == [["4", "1", "b"]]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_a_line_that_is_neither_object_nor_array_is_a_row_of_nulls(athena):
    json_table(athena, "lines", {"id": "string", "n": "int"})
    put(athena, "lines/a", "", "text", "12", '["x", 7]', '["y"]')

    assert athena.rows("SELECT id, n FROM lines WHERE id IS NOT NULL ORDER BY 1") == [["x", "7"], ["y", None]]
    assert athena.rows("SELECT count(*) FROM lines") == [["5"]]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_only_the_first_document_of_a_line_is_read(athena):
    json_table(athena, "lines", {"id": "string"})
    put(athena, "lines/a", '{"id": "a"}{"id": "b"}')

    assert athena.rows("SELECT id FROM lines") == [["a"]]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_a_value_of_another_type_fails_the_query_unless_the_table_takes_null_for_it(athena):
    for name, properties in (("strict", {}), ("lax", {"use.null.for.invalid.data": "true"})):
        json_table(athena, name, {"id": "string", "n": "int"}, properties)
        put(athena, f"{name}/a", {"id": "a", "n": "many"}, {"id": "b", "n": 2})

    assert athena.failure("SELECT n FROM strict") == (
        "HIVE_BAD_DATA: Error parsing field value 'many' for field 1: For input string: \"many\""
    )
    assert athena.rows("SELECT id FROM strict ORDER BY 1") == [["a"], ["b"]]
    assert athena.rows("SELECT id, n FROM lax ORDER BY 1") == [["a", None], ["b", "2"]]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
@pytest.mark.parametrize(
    ("name", "value"),
    [("mapping.userid", "userId"), ("case.insensitive", "FALSE"), ("dots.in.keys", "true"), ("timestamp.formats", "y")],
)
def test_a_property_that_changes_what_is_read_is_refused_by_name(athena, name, value):
    json_table(athena, "lines", {"id": "string"}, {name: value})

    assert f"SerDe property '{name}' = '{value}'" in athena.failure("SELECT id FROM lines")


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
def test_half_a_surrogate_pair_reads_as_a_question_mark(athena):
    json_table(athena, "lines", {"id": "string"})
    put(athena, "lines/a", '{"id": "a\\ud83d"}')

    assert athena.rows("SELECT id FROM lines") == [["a?"]]


def test_columns_asked_for_later_are_read_from_the_same_object(athena):
    json_table(athena, "lines", {"id": "string", "n": "int"})
    put(athena, "lines/a", {"id": "a", "n": 1})

    assert athena.rows("SELECT id FROM lines") == [["a"]]
    assert athena.rows("SELECT n, id FROM lines") == [["1", "a"]]
    put(athena, "lines/a", {"id": "b", "n": 2})
    assert athena.rows("SELECT n, id FROM lines") == [["2", "b"]]


TAKEN = [
    (BIGINT, Unquoted("12.9"), 12),
    (BIGINT, "1e3", 1000),
    (BIGINT, "0x1F", 31),
    (BIGINT, "017", 15),
    (BIGINT, Unquoted("-9223372036854775808"), -(2**63)),
    (DOUBLE, "-Infinity", float("-inf")),
    (DOUBLE, " 2.5 ", 2.5),
    (BOOLEAN, "yes", False),
    (BOOLEAN, "TRUE", True),
    (BOOLEAN, Unquoted("1"), False),
    (VARCHAR, Unquoted("1E3"), "1E+3"),
    (VARCHAR, True, "true"),
]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
@pytest.mark.parametrize(("type_", "value", "taken"), TAKEN, ids=lambda item: str(item))
def test_a_column_takes_a_value_as_the_serde_does(type_, value, taken):
    assert converter(type_)(value) == taken


REFUSED = [
    (INTEGER, Unquoted("2147483648")),
    (INTEGER, True),
    (INTEGER, {}),
    (INTEGER, "1_000"),
    (INTEGER, Unquoted("1e999999999")),
    (BIGINT, ""),
    (DOUBLE, "1,5"),
    (DOUBLE, [1]),
]


@pytest.mark.aws("Athena", "JSON", f"{UG}openx-json-serde.html")
@pytest.mark.parametrize(("type_", "value"), REFUSED, ids=lambda item: str(item))
def test_a_column_refuses_a_value_that_is_not_of_its_type(type_, value):
    with pytest.raises(InvalidValueError):
        converter(type_)(value)
