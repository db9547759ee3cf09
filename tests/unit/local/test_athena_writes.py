import io

import pyarrow.parquet as pq
import pytest

from tests.unit.local.athena_rig import DATABASE, LAKE, RESULTS

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
CTAS, UNLOAD = f"{UG}create-table-as.html", f"{UG}unload.html"
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


def test_a_table_of_a_query_s_rows_holds_every_type(athena):
    done(athena, f"CREATE TABLE copy AS {EVERY_TYPE}")

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


def test_an_enforced_work_group_refuses_another_location_for_a_table(athena):
    sql = f"CREATE TABLE menu WITH (external_location = 's3://{LAKE}/menu/') AS {MENU}"

    assert "enforces a centralized output location" in athena.failure(sql)
    done(athena, sql, WorkGroup="free")


def test_a_location_with_objects_is_never_written_to(athena):
    athena.s3.put_object(Bucket=LAKE, Key="menu/old", Body=b"1")

    for sql in (
        f"CREATE TABLE menu WITH (external_location = 's3://{LAKE}/menu/') AS {MENU}",
        f"UNLOAD ({MENU}) TO 's3://{LAKE}/menu/' WITH (format = 'PARQUET')",
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
        ("partitioned_by = ARRAY['n']", "Property partitioned_by of CREATE TABLE AS"),
        ("table_type = 'ICEBERG', is_external = false", "Property table_type of CREATE TABLE AS"),
        ("format = 'ORC'", "Format ORC"),
        ("write_compression = 'LZ4'", "Compression LZ4 of PARQUET"),
    ],
)
def test_what_the_local_cloud_does_not_write_is_refused_by_name(athena, properties, named):
    reason = athena.failure(f"CREATE TABLE menu WITH ({properties}) AS {MENU}")

    assert reason.startswith("NOT_SUPPORTED: ")
    assert named in reason
    assert athena.s3.list_objects_v2(Bucket=LAKE)["KeyCount"] == 0


def test_columns_of_arrays_maps_and_rows_are_not_written(athena):
    for sql in ("CREATE TABLE lists AS SELECT ARRAY[1] AS a", f"UNLOAD (SELECT ARRAY[1] AS a) TO 's3://{LAKE}/x/'"):
        sql += " WITH (format = 'PARQUET')" if sql.startswith("UNLOAD") else ""
        assert athena.failure(sql).startswith("NOT_SUPPORTED: Column 'a': writing type array(integer)")


def test_an_error_in_the_query_is_placed_where_it_stands_in_the_whole_statement(athena):
    reason = athena.failure("CREATE TABLE menu\nAS SELECT nope\nFROM (VALUES 1) AS v(n)")

    assert reason.startswith("COLUMN_NOT_FOUND: line 2:11: Column 'nope'")


def test_parameters_reach_the_query_of_a_statement_that_writes(athena):
    done(athena, f"CREATE TABLE menu AS {MENU} WHERE name = ?", ExecutionParameters=["'tea'"])

    assert athena.rows("SELECT n FROM menu") == [["3"]]


@pytest.mark.aws("Athena", "UNLOAD", UNLOAD)
def test_a_bucket_that_is_not_there_fails_the_statement(athena):
    reason = athena.failure(f"UNLOAD ({MENU}) TO 's3://no-such-bucket/lost/' WITH (format = 'PARQUET')")

    assert reason.startswith("HIVE_FILESYSTEM_ERROR: Failed to write to s3://no-such-bucket/lost/")


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
@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ("format = 'AVRO'", "Format AVRO"),
        ("format = 'PARQUET', compression = 'LZ4'", "Compression LZ4 of PARQUET"),
        ("format = 'PARQUET', partitioned_by = ARRAY['part']", "Property partitioned_by of UNLOAD"),
        ("compression = 'GZIP'", "UNLOAD needs the property format"),
    ],
)
def test_unload_refuses_options_that_do_not_fit(athena, properties, named):
    assert named in athena.failure(f"UNLOAD ({MENU}) TO 's3://{LAKE}/out/' WITH ({properties})")
