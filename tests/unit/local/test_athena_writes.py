import gzip
import io
import json

import pyarrow.parquet as pq
import pytest

from tests.unit.local.athena_rig import DATABASE, LAKE, RESULTS

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
CTAS, INSERT, UNLOAD = f"{UG}create-table-as.html", f"{UG}insert-into.html", f"{UG}unload.html"
OUTPUT = f"{UG}querying-finding-output-files.html"
pytestmark = pytest.mark.aws("Athena", "CREATE TABLE AS", CTAS)

EVERY_TYPE = """SELECT true AS yes, cast(7 AS tinyint) AS small, 1 AS n, 10000000000 AS big, 1.50 AS price,
  2.5e0 AS part, 'soup, "hot"' AS name, cast(NULL AS varchar) AS nothing, DATE '2026-11-22' AS day,
  TIMESTAMP '2026-11-22 14:38:20.123' AS at"""
EVERY_VALUE = [
    "true", "7", "1", "10000000000", "1.50", "2.5", 'soup, "hot"', None, "2026-11-22", "2026-11-22 14:38:20.123",
]  # fmt: skip
MENU = "SELECT name, n, part FROM (VALUES ('pizza', 1, 'a'), ('soup', 2, 'b'), ('tea', 3, 'a')) AS v(name, n, part)"


@pytest.fixture
def athena(athena_server):
    athena_server.reset()
    athena_server.work_group("free", EnforceWorkGroupConfiguration=False)
    return athena_server


def done(athena, sql, **parameters):
    execution = athena.run(sql, **parameters)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def content(athena, location):
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return athena.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def manifest(athena, execution):
    """The locations that a statement's manifest lists."""
    return content(athena, execution["Statistics"]["DataManifestLocation"]).decode().splitlines()


@pytest.mark.parametrize("file_format", ["PARQUET", "TEXTFILE", "JSON"])
def test_a_table_of_a_query_s_rows_holds_every_type_in_each_format(athena, file_format):
    done(athena, f"CREATE TABLE copy WITH (format = '{file_format}') AS {EVERY_TYPE}")

    assert athena.rows("SELECT * FROM copy") == [EVERY_VALUE]
    columns = athena.glue.get_table(DatabaseName=DATABASE, Name="copy")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Type"] for column in columns] == [
        "boolean", "tinyint", "int", "bigint", "decimal(3,2)", "double", "varchar(11)", "string", "date", "timestamp",
    ]  # fmt: skip


@pytest.mark.aws("Athena", "CREATE TABLE AS", OUTPUT)
def test_files_of_a_new_table_metadata_and_manifest_lie_where_athena_puts_them(athena):
    execution = done(athena, f"CREATE TABLE menu WITH (format = 'PARQUET') AS {MENU}")

    query_id = execution["QueryExecutionId"]
    tables = f"s3://{RESULTS}/analysts/tables/{query_id}"
    table = athena.glue.get_table(DatabaseName=DATABASE, Name="menu")["Table"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    assert execution["ResultConfiguration"]["OutputLocation"] == tables
    assert execution["Statistics"]["DataManifestLocation"] == f"{tables}-manifest.csv"
    assert table["StorageDescriptor"]["Location"] == f"{tables}/"
    assert [location.startswith(f"{tables}/") for location in manifest(athena, execution)] == [True]
    assert content(athena, f"{tables}.metadata")


def test_the_number_of_written_rows_is_told(athena):
    execution = done(athena, f"CREATE TABLE menu AS {MENU}")

    results = athena.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])
    assert results["UpdateCount"] == 3
    assert [column["Name"] for column in results["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]] == ["rows"]
    assert results["ResultSet"]["Rows"] == []


@pytest.mark.parametrize(("written", "found"), [("SNAPPY", "SNAPPY"), ("ZSTD", "ZSTD"), (None, "GZIP")])
def test_parquet_is_compressed_as_the_statement_says_with_gzip_by_default(athena, written, found):
    compression = f", write_compression = '{written}'" if written else ""
    execution = done(athena, f"CREATE TABLE menu WITH (format = 'PARQUET'{compression}) AS {MENU}")

    [location] = manifest(athena, execution)
    metadata = pq.read_metadata(io.BytesIO(content(athena, location)))
    assert metadata.row_group(0).column(0).compression == found


def test_partitions_are_folders_that_the_catalog_knows(athena):
    execution = done(
        athena,
        f"CREATE TABLE menu WITH (external_location = 's3://{LAKE}/menu/', partitioned_by = ARRAY['part']) AS {MENU}",
        WorkGroup="free",
    )

    folders = {location.rpartition("/")[0] for location in manifest(athena, execution)}
    assert folders == {f"s3://{LAKE}/menu/part=a", f"s3://{LAKE}/menu/part=b"}
    assert athena.rows("SELECT name, part FROM menu WHERE part = 'a' ORDER BY 1") == [["pizza", "a"], ["tea", "a"]]
    assert athena.rows("SELECT count(*) FROM menu") == [["3"]]


def test_partition_columns_must_be_the_last_columns(athena):
    reason = athena.failure(f"CREATE TABLE menu WITH (partitioned_by = ARRAY['name']) AS {MENU}")

    assert reason.startswith("HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table")


@pytest.mark.aws("Athena", "Limits", f"{UG}ctas-considerations-limitations.html")
def test_a_statement_writes_at_most_a_hundred_partitions(athena):
    values = ", ".join(f"({number}, {number})" for number in range(101))
    query = f"SELECT a, b FROM (VALUES {values}) AS v(a, b)"

    reason = athena.failure(f"CREATE TABLE many WITH (partitioned_by = ARRAY['b']) AS {query}")

    assert reason.startswith("HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers")


def test_an_enforced_work_group_refuses_another_location_for_a_table(athena):
    sql = f"CREATE TABLE menu WITH (external_location = 's3://{LAKE}/menu/') AS {MENU}"

    assert "enforces a centralized output location" in athena.failure(sql)
    done(athena, sql, WorkGroup="free")


def test_a_location_with_objects_is_never_written_to(athena):
    athena.s3.put_object(Bucket=LAKE, Key="menu/old", Body=b"1")

    for sql in (
        f"CREATE TABLE menu WITH (external_location = 's3://{LAKE}/menu/') AS {MENU}",
        f"UNLOAD ({MENU}) TO 's3://{LAKE}/menu/' WITH (format = 'JSON')",
    ):
        assert athena.failure(sql, WorkGroup="free").startswith("HIVE_PATH_ALREADY_EXISTS: ")


def test_a_table_that_exists_is_not_made_again(athena):
    done(athena, f"CREATE TABLE menu AS {MENU}")

    reason = athena.failure(f"CREATE TABLE menu AS {MENU}")
    assert reason == "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.shop.menu' already exists"
    done(athena, f"CREATE TABLE IF NOT EXISTS menu AS {MENU}")


def test_with_no_data_makes_an_empty_table(athena):
    execution = done(athena, f'CREATE TABLE "shop"."menu"\nWITH(\n    format = \'PARQUET\')\nAS {MENU}\nWITH NO DATA')

    assert manifest(athena, execution) == []
    assert athena.rows("SELECT * FROM menu") == []


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ("bucketed_by = ARRAY['n'], bucket_count = 2", "Property bucketed_by of CREATE TABLE AS"),
        ("table_type = 'ICEBERG', location = 's3://lake/x/', is_external = false", "Property location"),
        ("table_type = 'ICEBERG', is_external = false", "an Iceberg table"),
        ("format = 'ORC'", "Format ORC"),
        ("format = 'JSON', write_compression = 'ZSTD'", "Compression ZSTD of JSON"),
    ],
)
def test_what_the_local_cloud_does_not_write_is_refused_by_name(athena, properties, named):
    reason = athena.failure(f"CREATE TABLE menu WITH ({properties}) AS {MENU}")

    assert reason.startswith("NOT_SUPPORTED: ")
    assert named in reason
    assert athena.s3.list_objects_v2(Bucket=LAKE)["KeyCount"] == 0


def test_columns_of_arrays_maps_and_rows_are_not_written(athena):
    for sql in ("CREATE TABLE lists AS SELECT ARRAY[1] AS a", f"UNLOAD (SELECT ARRAY[1] AS a) TO 's3://{LAKE}/x/'"):
        sql += " WITH (format = 'JSON')" if sql.startswith("UNLOAD") else ""
        assert athena.failure(sql).startswith("NOT_SUPPORTED: Column 'a': writing type array(integer)")


def test_an_error_in_the_query_is_placed_where_it_stands_in_the_whole_statement(athena):
    reason = athena.failure("CREATE TABLE menu\nAS SELECT nope\nFROM (VALUES 1) AS v(n)")

    assert reason.startswith("COLUMN_NOT_FOUND: line 2:11: Column 'nope'")


def test_parameters_reach_the_query_of_a_statement_that_writes(athena):
    done(athena, f"CREATE TABLE menu AS {MENU} WHERE name = ?", ExecutionParameters=["'tea'"])

    assert athena.rows("SELECT n FROM menu") == [["3"]]


@pytest.mark.aws("Athena", "INSERT INTO", INSERT)
@pytest.mark.parametrize("file_format", ["PARQUET", "TEXTFILE", "JSON"])
def test_rows_are_inserted_into_an_external_table(athena, file_format):
    done(athena, f"CREATE TABLE menu WITH (format = '{file_format}') AS {MENU}")

    execution = done(athena, "INSERT INTO menu (n, name) VALUES (4, 'rice'), (5, NULL)")

    assert athena.rows("SELECT * FROM menu WHERE n > 3 ORDER BY n") == [["rice", "4", None], [None, "5", None]]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "INSERT")
    assert len(manifest(athena, execution)) == 1


@pytest.mark.aws("Athena", "INSERT INTO", INSERT)
def test_inserted_rows_make_the_partitions_they_need(athena):
    done(athena, f"CREATE TABLE menu WITH (partitioned_by = ARRAY['part']) AS {MENU}")

    done(athena, "INSERT INTO menu SELECT 'rice', 4, 'c' UNION ALL SELECT 'wine', 5, 'a'")

    assert athena.rows("SELECT name FROM menu WHERE part IN ('a', 'c') ORDER BY n") == [
        ["pizza"], ["tea"], ["rice"], ["wine"],
    ]  # fmt: skip
    values = athena.glue.get_partitions(DatabaseName=DATABASE, TableName="menu")["Partitions"]
    assert sorted(item["Values"] for item in values) == [["a"], ["b"], ["c"]]


@pytest.mark.aws("Athena", "INSERT INTO", INSERT)
@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "INSERT INTO menu VALUES (1, 'rice', 'a')",
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types",
        ),
        ("INSERT INTO menu VALUES ('rice')", "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types"),
        ("INSERT INTO menu (nope) VALUES (1)", "COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist"),
        ("INSERT INTO nowhere VALUES (1)", "TABLE_NOT_FOUND: "),
    ],
)
def test_rows_that_do_not_fit_the_table_are_refused(athena, sql, reason):
    done(athena, f"CREATE TABLE menu AS {MENU}")

    assert athena.failure(sql).startswith(reason)


@pytest.mark.aws("Athena", "INSERT INTO", OUTPUT)
def test_the_manifest_of_a_statement_that_fails_lists_what_it_was_to_write(athena):
    athena.table("lost", columns={"n": "int"}, location="s3://no-such-bucket/lost/")

    execution = athena.run("INSERT INTO lost VALUES (1)")

    [location] = manifest(athena, execution)
    assert execution["Status"]["StateChangeReason"].startswith("HIVE_FILESYSTEM_ERROR: Failed to write to s3://no-such")
    assert location.startswith("s3://no-such-bucket/lost/")


@pytest.mark.aws("Athena", "INSERT INTO", INSERT)
def test_a_serde_that_athena_does_not_write_is_refused(athena):
    openx = {"Location": f"s3://{LAKE}/t/", "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}}
    athena.table("documents", StorageDescriptor={**openx, "Columns": [{"Name": "a", "Type": "int"}]})

    assert "INSERT INTO a table of SerDe 'org.openx" in athena.failure("INSERT INTO documents VALUES (1)")


@pytest.mark.aws("Athena", "UNLOAD", UNLOAD)
def test_unload_writes_parquet_and_lists_it_in_the_manifest(athena):
    execution = done(
        athena,
        f"UNLOAD ({EVERY_TYPE}) TO 's3://{LAKE}/out' WITH (  format='PARQUET'  , compression='SNAPPY')",
    )

    [location] = manifest(athena, execution)
    table = pq.read_table(io.BytesIO(content(athena, location)))
    assert location.startswith(f"s3://{LAKE}/out/")
    assert table.to_pylist()[0]["name"] == 'soup, "hot"'
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "UNLOAD")
    prefix = f"s3://{RESULTS}/analysts/{execution['QueryExecutionId']}"
    assert execution["Statistics"]["DataManifestLocation"] == f"{prefix}-manifest.csv"
    assert content(athena, f"{prefix}.metadata")


@pytest.mark.aws("Athena", "UNLOAD", UNLOAD)
def test_unload_writes_gzipped_json_and_text_with_a_delimiter(athena):
    documents = done(athena, f"UNLOAD ({MENU}) TO 's3://{LAKE}/json/' WITH (format = 'JSON')")
    text = done(athena, f"UNLOAD ({MENU}) TO 's3://{LAKE}/text/' WITH (format = 'TEXTFILE', field_delimiter = ',')")

    [location] = manifest(athena, documents)
    assert location.endswith(".gz")
    lines = gzip.decompress(content(athena, location)).decode().splitlines()
    assert json.loads(lines[0]) == {"name": "pizza", "n": 1, "part": "a"}
    [location] = manifest(athena, text)
    assert gzip.decompress(content(athena, location)) == b"pizza,1,a\nsoup,2,b\ntea,3,a\n"


@pytest.mark.aws("Athena", "UNLOAD", UNLOAD)
def test_unload_writes_partitions_into_folders(athena):
    execution = done(
        athena, f"UNLOAD ({MENU}) TO 's3://{LAKE}/parts/' WITH (format = 'JSON', partitioned_by = ARRAY['part'])"
    )

    assert {location.split("/")[4] for location in manifest(athena, execution)} == {"part=a", "part=b"}


@pytest.mark.aws("Athena", "UNLOAD", UNLOAD)
@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ("format = 'AVRO'", "Format AVRO"),
        ("format = 'PARQUET', compression = 'LZ4'", "Compression LZ4 of PARQUET"),
        ("format = 'PARQUET', field_delimiter = ','", "Cannot specify field_delimiter"),
        ("format = 'TEXTFILE', field_delimiter = '||'", "field_delimiter must be a single character"),
        ("compression = 'GZIP'", "UNLOAD needs the property format"),
    ],
)
def test_unload_refuses_options_that_do_not_fit(athena, properties, named):
    assert named in athena.failure(f"UNLOAD ({MENU}) TO 's3://{LAKE}/out/' WITH ({properties})")
