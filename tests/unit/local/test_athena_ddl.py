import base64
import json

import pytest

from tests.unit.local.athena_rig import DATABASE, LAKE, ApiError, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
pytestmark = pytest.mark.aws("Athena", "DDL", f"{UG}ddl-reference.html")

DAYS = {"day": "string"}


def done(athena, sql, **parameters):
    execution = athena.run(sql, **parameters)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def lines(athena, sql):
    """The lines of a text result, as GetQueryResults gives them: a row of one datum each, without a header."""
    page = athena.call("GetQueryResults", QueryExecutionId=done(athena, sql)["QueryExecutionId"])["ResultSet"]
    return [row["Data"][0]["VarCharValue"] for row in page["Rows"]]


REFUSED = {
    "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://lake/t/'": "runs no CREATE EXTERNAL TABLE statements",
    "CREATE TABLE t (a int) LOCATION 's3://lake/t/'": "runs no CREATE TABLE (without EXTERNAL: an Iceberg table)",
    "CREATE DATABASE sales": "runs no CREATE DATABASE statements",
    "DROP SCHEMA sales": "runs no DROP SCHEMA statements",
    "ALTER TABLE t RENAME TO u": "runs no ALTER TABLE statements",
    "INSERT INTO t VALUES (1)": "runs no INSERT statements",
    "/* all */ show functions": "runs no SHOW FUNCTIONS statements",
    "SHOW CREATE TABLE t": "runs no SHOW CREATE statements",
    "DESCRIBE FORMATTED t": "runs no DESCRIBE FORMATTED statements",
    "DROP TABLE": "mismatched input '<EOF>'",
    "DROP TABLE a b": "line 1:14: mismatched input 'b'",
    'DROP TABLE "a"': "line 1:12: mismatched input '\"a\"'",
    "DROP VIEW `a`": "line 1:11: mismatched input '`'",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_ddl_that_the_grammar_or_the_local_cloud_does_not_have_is_refused_at_the_start(athena_server, sql):
    with pytest.raises(ApiError) as refused:
        athena_server.start(sql)

    assert REFUSED[sql] in str(refused.value)


@pytest.mark.aws("Athena", "Query results", f"{UG}querying-finding-output-files.html")
def test_the_result_of_ddl_is_a_text_object_with_metadata_beside_it(athena):
    execution = done(athena, f"SHOW TABLES IN {DATABASE}")

    location = execution["ResultConfiguration"]["OutputLocation"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("UTILITY", "SHOW")
    assert location.endswith(f"/{execution['QueryExecutionId']}.txt")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    keys = [item["Key"] for item in athena.s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]]
    assert keys == [key, f"{key}.metadata"]


def test_statements_that_change_the_catalog_have_an_empty_result(athena):
    execution = done(athena, "CREATE VIEW one AS SELECT 1 AS n")

    results = athena.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]
    assert execution["StatementType"] == "DDL"
    assert results == {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}


@pytest.mark.aws("Athena", "DDL", f"{UG}drop-table.html")
def test_drop_table_leaves_the_objects(athena):
    athena.table("orders", partitions=DAYS)
    athena.put("orders/day=x/a.parquet", orders(("pizza", 2, "9.50")))

    done(athena, "DROP TABLE orders")

    assert lines(athena, "SHOW TABLES") == []
    assert athena.s3.list_objects_v2(Bucket=LAKE)["KeyCount"] == 1
    assert "Table not found shop.orders" in athena.failure("DROP TABLE orders")
    done(athena, "DROP TABLE IF EXISTS `orders`")


@pytest.mark.aws("Athena", "Views", f"{UG}create-view.html")
def test_a_view_is_made_queried_replaced_and_dropped(athena):
    done(athena, "CREATE VIEW numbers AS SELECT n, cast(n AS varchar) text FROM (VALUES 1, 2) AS v(n)")

    assert athena.rows("SELECT text FROM numbers WHERE n = 2") == [["2"]]
    assert "View already exists" in athena.failure("CREATE VIEW numbers AS SELECT 1 AS n")
    done(athena, 'CREATE OR REPLACE VIEW "shop"."numbers" AS SELECT current_timestamp > DATE \'2020-01-01\' AS now;')
    assert athena.rows("SELECT * FROM numbers") == [["true"]]
    assert lines(athena, "SHOW VIEWS") == ["numbers"]
    done(athena, "DROP VIEW numbers")
    done(athena, "DROP VIEW IF EXISTS numbers")
    assert "View 'awsdatacatalog.shop.numbers' does not exist" in athena.failure("DROP VIEW numbers")


@pytest.mark.aws("Athena", "Views", f"{UG}create-view.html")
def test_a_view_keeps_its_query_as_written_and_its_columns_in_hives_types(athena):
    done(athena, "CREATE VIEW numbers AS\n  SELECT 1 AS n, DATE '2026-11-22' AS day, 1.5 AS part")

    table = athena.glue.get_table(DatabaseName=DATABASE, Name="numbers")["Table"]
    assert [column["Type"] for column in table["StorageDescriptor"]["Columns"]] == ["int", "date", "decimal(2,1)"]
    definition = json.loads(base64.b64decode(table["ViewOriginalText"].split()[3]))
    assert definition["originalSql"] == "SELECT 1 AS n, DATE '2026-11-22' AS day, 1.5 AS part"


@pytest.mark.aws("Athena", "Views", f"{UG}create-view.html")
def test_a_view_may_have_arrays_maps_and_rows(athena):
    columns = "ARRAY[1, 2] AS a, MAP(ARRAY['k'], ARRAY[1.5]) AS m, CAST(ROW(1, 'x') AS ROW(n integer, s varchar)) AS r"
    done(athena, f"CREATE VIEW nested AS SELECT {columns}")

    assert athena.rows("SELECT a[2], m['k'], r.s FROM nested") == [["2", "1.5", "x"]]
    table = athena.glue.get_table(DatabaseName=DATABASE, Name="nested")["Table"]
    assert [column["Type"] for column in table["StorageDescriptor"]["Columns"]] == [
        "array<int>",
        "map<varchar(1),decimal(2,1)>",
        "struct<n:int,s:string>",
    ]


UNFIT_VIEWS = {
    "SELECT 1 + 1": "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1",
    "SELECT 1 AS a, 2 AS A": "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
    "SELECT ROW(1) AS a": "NOT_SUPPORTED: Anonymous row type is not supported in Hive. Please give each field a name",
    "SELECT NULL AS a": "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown: a",
    "SELECT current_timestamp AS now": "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone",
    "SELECT nope FROM orders": "COLUMN_NOT_FOUND: line 1:27: Column 'nope' cannot be resolved",
}


@pytest.mark.aws("Athena", "Views", f"{UG}create-view.html")
@pytest.mark.parametrize("query", UNFIT_VIEWS)
def test_a_view_whose_query_fails_or_whose_columns_cannot_be_stored_is_refused(athena, query):
    athena.table("orders")

    assert athena.failure(f"CREATE VIEW bad AS {query}").startswith(UNFIT_VIEWS[query])


@pytest.mark.aws("Athena", "DDL", f"{UG}show-tables.html")
def test_tables_are_listed_by_a_pattern_of_stars_and_choices(athena):
    for name in ("orders", "orders_now", "users", "a_b"):
        athena.table(name)

    assert lines(athena, "SHOW TABLES") == ["a_b", "orders", "orders_now", "users"]
    assert lines(athena, "SHOW TABLES IN shop 'ord*|users'") == ["orders", "orders_now", "users"]
    assert lines(athena, "SHOW TABLES '*.*'") == []


@pytest.mark.aws("Athena", "DDL", f"{UG}describe-table.html")
def test_describe_and_show_columns_pad_their_fields(athena):
    athena.table("orders", partitions=DAYS)

    described = lines(athena, "DESCRIBE `orders`;")
    assert described[1] == "menuitem            \tstring              \t                    "
    assert described[-1] == "day                 \tstring              \t                    "
    assert "# Partition Information\t \t " in described
    assert lines(athena, "SHOW COLUMNS IN orders FROM shop")[0] == "timestamp           "
    assert "Table not found shop.nowhere" in athena.failure("DESCRIBE nowhere")


@pytest.mark.aws("Athena", "Partitions", f"{UG}msck-repair-table.html")
def test_msck_repair_table_registers_what_lies_under_hive_prefixes(athena):
    athena.table("orders", partitions=DAYS)
    for folder in ("day=2026-11-22", "day=a%3Ab", "other"):
        athena.put(f"orders/{folder}/a.parquet", orders(("pizza", 1, "1.00")))

    told = lines(athena, "MSCK REPAIR TABLE `orders`;")

    assert told == [
        "Partitions not in metastore:\torders:day=2026-11-22\torders:day=a%3Ab",
        "Repair: Added partition to metastore orders:day=2026-11-22",
        "Repair: Added partition to metastore orders:day=a%3Ab",
    ]
    assert lines(athena, "SHOW PARTITIONS orders") == ["day=2026-11-22", "day=a%3Ab"]
    assert lines(athena, "MSCK REPAIR TABLE orders") == []


def test_the_database_of_the_context_may_stand_in_backticks(athena):
    athena.table("orders", partitions=DAYS)

    done(athena, "DESC orders", QueryExecutionContext={"Database": f"`{DATABASE}`"})
