import base64
import io
import json
from datetime import datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from rapid.local.firehose.parquet import read_columns
from rapid.local.service_error import ServiceError
from tests.unit.local.firehose_rig import COLUMNS, SCHEMA_ROLE, START, conversion, every, processing, rig

CONVERSION = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html",
)
OPENX = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_OpenXJsonSerDe.html",
)
PARQUET = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_ParquetSerDe.html",
)
CONVERSION_ERRORS = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html",
)
CONVERSION_SCHEMA = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_SchemaConfiguration.html",
)
OBJECT_NAMES = pytest.mark.aws(
    "Data Firehose", "S3 prefixes", "https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html"
)

ERRORS = "errors/format-conversion-failed/"


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


@pytest.fixture
def converting(firehose):
    """A rig with a stream that converts to the rig's table, or to another one."""

    def create(columns=None, **settings):
        firehose.create_table(columns)
        firehose.create_stream(
            Prefix="orders/!{timestamp:yyyy/MM/dd/HH}/",
            ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
            DataFormatConversionConfiguration=conversion(**settings),
        )
        return firehose

    return create


def order(**fields):
    return json.dumps({"event_id": "e1", "menuItem": "Pizza", "quantity": 2, "price": 12.5, **fields}).encode()


@CONVERSION
def test_orders_become_parquet_with_the_columns_of_the_table(converting):
    firehose = converting()
    firehose.put(order(timestamp="2026-11-22 14:38:20.123"))

    assert firehose.plane.flush() == 1
    assert firehose.rows() == [
        {
            "event_id": "e1",
            "timestamp": datetime(2026, 11, 22, 14, 38, 20, 123000),
            "menuitem": "Pizza",
            "quantity": 2,
            "price": Decimal("12.50"),
        }
    ]


@PARQUET
def test_the_file_is_what_the_hive_writer_makes(converting):
    firehose = converting()
    firehose.put(order(timestamp="2026-11-22 14:38:20.123"))
    firehose.plane.flush()

    (body,) = firehose.objects("processed", "orders/")
    file = pq.ParquetFile(io.BytesIO(body))
    assert {file.schema.column(i).name: file.schema.column(i).physical_type for i in range(len(COLUMNS))} == {
        "event_id": "BYTE_ARRAY",
        "timestamp": "INT96",
        "menuitem": "BYTE_ARRAY",
        "quantity": "INT64",
        "price": "FIXED_LEN_BYTE_ARRAY",
    }
    chunk = file.metadata.row_group(0).column(0)
    assert chunk.compression == "SNAPPY"
    assert not chunk.has_dictionary_page
    assert file.metadata.metadata is None


@OBJECT_NAMES
def test_the_key_has_the_hour_of_the_oldest_record_and_ends_in_parquet(converting):
    firehose = converting()
    # Within the interval of buffering, so that the first is not delivered alone.
    firehose.clock.advance(1_290)
    firehose.put(order())
    firehose.clock.advance(20)
    firehose.put(order())
    firehose.plane.flush()

    (key,) = firehose.keys("processed")
    assert key.startswith("orders/2026/11/22/14/orders-1-2026-11-22-14-59-50-")
    assert key.endswith(".parquet")
    assert len(firehose.rows()) == 2


@CONVERSION_SCHEMA
def test_the_table_is_read_with_the_role_of_the_schema_and_s3_written_with_that_of_the_stream(converting):
    firehose = converting()
    firehose.clients.used.clear()
    firehose.put(order())
    firehose.plane.flush()

    assert ("glue", SCHEMA_ROLE) in firehose.clients.used
    assert ("glue", None) not in firehose.clients.used
    assert ("s3", "arn:aws:iam::123456789012:role/firehose") in firehose.clients.used


@CONVERSION
@pytest.mark.parametrize("separator", [b"", b"\n", b" ", b"\r\n\t "])
def test_one_record_may_hold_several_documents(converting, separator):
    firehose = converting()
    firehose.put(separator.join([order(event_id="a"), order(event_id="b"), order(event_id="c")]) + separator)

    assert firehose.plane.flush() == 1
    assert [row["event_id"] for row in firehose.rows()] == ["a", "b", "c"]


@OPENX
def test_keys_of_any_case_find_their_column_others_are_dropped_and_missing_ones_are_null(converting):
    firehose = converting()
    firehose.put(b'{"MENUITEM": "Pizza", "coupon": "x", "quantity": null}')
    firehose.plane.flush()

    (row,) = firehose.rows()
    assert row["menuitem"] == "Pizza"
    assert row["quantity"] is None
    assert row["price"] is None
    assert set(row) == set(COLUMNS)


@CONVERSION_ERRORS
def test_one_bad_document_condemns_its_record_and_only_that(converting):
    firehose = converting()
    bad = order(event_id="good but lost") + b"\n" + order(quantity="oops")
    firehose.put(order(event_id="kept"), bad)

    assert firehose.plane.flush() == 1
    assert [row["event_id"] for row in firehose.rows()] == ["kept"]
    (error,) = firehose.errors(ERRORS)
    assert base64.b64decode(error["rawData"]) == bad
    assert firehose.plane.counts()["orders"] == {
        "accepted_records": 2,
        "delivered_records": 1,
        "buffered_records": 0,
        "failed_records": 1,
        "dropped_records": 0,
    }


@CONVERSION_ERRORS
def test_the_error_record_has_the_members_that_aws_writes(converting):
    firehose = converting()
    firehose.put(order(quantity="oops"))
    firehose.plane.flush()

    (error,) = firehose.errors(ERRORS)
    assert error.pop("rawData")
    assert error == {
        "attemptsMade": 1,
        "arrivalTimestamp": int(START * 1000),
        "lastErrorCode": "DataFormatConversion.MalformedData",
        "lastErrorMessage": 'Data does not match the schema. For input string: "oops" (column quantity)',
        "attemptEndingTimestamp": int(START * 1000),
        "sequenceNumber": None,
        "subSequenceNumber": None,
        "dataCatalogTable": {
            "catalogId": "123456789012",
            "databaseName": "analytics",
            "tableName": "orders_processed",
            "region": "us-east-1",
            "versionId": "LATEST",
            "roleArn": SCHEMA_ROLE,
        },
    }


@CONVERSION_ERRORS
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "MalformedData"),
        (b" \n ", "MalformedData"),
        (b"42", "MalformedData"),
        (b'[{"event_id": "a"}]', "MalformedData"),
        (b'{"event_id": "a"}[]', "MalformedData"),
        (b"{oops", "ParseError"),
        (b'{"event_id": "a"},{"event_id": "b"}', "ParseError"),
        (b'{"quantity": NaN}', "ParseError"),
        (b'{"event_id": "\xff"}', "ParseError"),
        (b'{"event_id": ' + b"[" * 100_000, "ParseError"),
        (b'{"quantity": ' + b"9" * 5000 + b"}", "ParseError"),
        (b'{"price": 1e999999999}', "MalformedData"),
        (b'{"timestamp": 1e999999999}', "MalformedData"),
    ],
)
def test_a_record_that_is_no_sequence_of_documents_fails(converting, data, code):
    firehose = converting()
    firehose.put(data)
    firehose.plane.flush()

    (error,) = firehose.errors(ERRORS)
    assert error["lastErrorCode"] == f"DataFormatConversion.{code}"
    assert firehose.rows() == []


@CONVERSION_ERRORS
def test_when_the_table_is_gone_all_records_are_kept_as_errors(converting):
    firehose = converting()
    firehose.put(order(), order())
    firehose.clients.client("glue").delete_table(DatabaseName="analytics", Name="orders_processed")
    firehose.plane.flush()

    assert [e["lastErrorCode"] for e in firehose.errors(ERRORS)] == ["DataFormatConversion.EntityNotFound"] * 2


def test_a_table_without_columns_is_refused(converting):
    firehose = converting({})

    with pytest.raises(ServiceError, match="has no columns"):
        read_columns(firehose.pipeline().stream.schema, firehose.clients)


@CONVERSION_SCHEMA
def test_a_column_added_to_the_table_is_in_the_next_file(converting):
    firehose = converting({"event_id": "string"})
    firehose.put(order())
    firehose.plane.flush()
    columns = [{"Name": "event_id", "Type": "string"}, {"Name": "quantity", "Type": "bigint"}]
    firehose.clients.client("glue").update_table(
        DatabaseName="analytics", TableInput={"Name": "orders_processed", "StorageDescriptor": {"Columns": columns}}
    )
    firehose.put(order())
    firehose.plane.flush()

    assert [len(row) for row in sorted(firehose.rows(), key=len)] == [1, 2]


@CONVERSION
def test_what_the_transform_returns_is_what_is_converted(firehose):
    firehose.create_table()
    firehose.create_stream(
        Prefix="orders/!{timestamp:yyyy/MM/dd/HH}/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
        ProcessingConfiguration=processing(),
        DataFormatConversionConfiguration=conversion(),
    )
    firehose.respond = every("Ok")
    firehose.put(order(event_id="a") + order(event_id="b"), order(event_id="c"))

    assert firehose.plane.flush() == 2
    assert [row["event_id"] for row in firehose.rows()] == ["a", "b", "c"]


def test_a_lone_surrogate_becomes_a_question_mark_as_java_writes_it(converting):
    firehose = converting()
    firehose.put(b'{"event_id": "\\ud83d"}', '{"event_id": "🍕\u2013"}'.encode(), b'{"event_id": "\\ud83c\\udf55"}')

    assert firehose.plane.flush() == 3
    assert [row["event_id"] for row in firehose.rows()] == ["?", "🍕\u2013", "🍕"]


def test_many_rows_make_several_row_groups_and_lose_none(converting, monkeypatch):
    monkeypatch.setattr("rapid.local.firehose.parquet.ROW_GROUP_JSON_BYTES", 1000)
    firehose = converting()
    firehose.put(*[order(event_id=str(i)) for i in range(100)])
    firehose.plane.flush()

    (body,) = firehose.objects("processed", "orders/")
    assert pq.ParquetFile(io.BytesIO(body)).num_row_groups > 1
    assert [row["event_id"] for row in firehose.rows()] == [str(i) for i in range(100)]
