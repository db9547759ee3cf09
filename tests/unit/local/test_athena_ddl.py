import pytest

from tests.unit.local.athena_rig import DATABASE, LAKE, ApiError, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
pytestmark = pytest.mark.aws("Athena", "DDL", f"{UG}ddl-reference.html")

CREATE_ORDERS = f"""
CREATE EXTERNAL TABLE IF NOT EXISTS orders (
  `timestamp` timestamp,
  MenuItem string COMMENT 'what was ordered',
  quantity int,
  price decimal(10,2),
  customerid string
)
PARTITIONED BY (`day` string)
STORED AS PARQUET
LOCATION 's3://{LAKE}/orders/'
TBLPROPERTIES ('parquet.compress'='SNAPPY');
"""


def done(athena, sql, **parameters):
    execution = athena.run(sql, **parameters)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def lines(athena, sql):
    """The lines of a text result, as GetQueryResults gives them: a row of one datum each, without a header."""
    page = athena.call("GetQueryResults", QueryExecutionId=done(athena, sql)["QueryExecutionId"])["ResultSet"]
    return [row["Data"][0]["VarCharValue"] for row in page["Rows"]]


@pytest.mark.aws("Athena", "DDL", f"{UG}create-table.html")
def test_create_external_table_writes_the_table_to_the_catalog(athena):
    done(athena, CREATE_ORDERS)

    table = athena.glue.get_table(DatabaseName=DATABASE, Name="orders")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"]["EXTERNAL"] == "TRUE"
    assert table["Parameters"]["parquet.compress"] == "SNAPPY"
    assert [key["Name"] for key in table["PartitionKeys"]] == ["day"]
    storage = table["StorageDescriptor"]
    assert storage["Columns"][1] == {"Name": "menuitem", "Type": "string", "Comment": "what was ordered"}
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert storage["InputFormat"].endswith("MapredParquetInputFormat")


@pytest.mark.aws("Athena", "DDL", f"{UG}create-table.html")
def test_a_table_that_is_there_is_not_made_again(athena):
    done(athena, CREATE_ORDERS)
    done(athena, CREATE_ORDERS)

    reason = athena.failure(CREATE_ORDERS.replace("IF NOT EXISTS", ""))

    assert "AlreadyExistsException(message:Table orders already exists.)" in reason


@pytest.mark.aws("Athena", "DDL", f"{UG}create-table.html")
def test_row_formats_become_serde_properties(athena):
    csv = r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'"
    json = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json'='true')"
    for name, row_format in (("lines", csv), ("documents", json)):
        done(athena, f"CREATE EXTERNAL TABLE {name} (a string) {row_format} LOCATION 's3://{LAKE}/{name}/'")

    found = {
        name: athena.glue.get_table(DatabaseName=DATABASE, Name=name)["Table"]["StorageDescriptor"]["SerdeInfo"]
        for name in ("lines", "documents")
    }
    assert found["lines"]["Parameters"] == {
        "field.delim": "\t",
        "serialization.format": "\t",
        "escape.delim": "\\",
        "line.delim": "\n",
    }
    assert found["documents"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    assert found["documents"]["Parameters"] == {"ignore.malformed.json": "true"}


@pytest.mark.aws("Athena", "DDL", f"{UG}partition-projection-setting-up.html")
def test_a_table_made_by_ddl_with_partition_projection_answers_queries(athena):
    athena.put("orders/2026-11-22/a.parquet", orders(("pizza", 2, "9.50")))
    projection = f"""'projection.enabled'='true', 'projection.day.type'='date', 'projection.day.format'='yyyy-MM-dd',
      'projection.day.range'='2026-11-01,2026-11-30', 'storage.location.template'='s3://{LAKE}/orders/${{day}}'"""

    done(athena, CREATE_ORDERS.replace("'parquet.compress'='SNAPPY'", projection))

    assert athena.rows("SELECT menuitem, day FROM orders") == [["pizza", "2026-11-22"]]


STRUCTURES = {
    "CREATE EXTERNAL TABLE t (a integer) LOCATION 's3://lake/t/'": "mismatched input 'integer'",
    "CREATE EXTERNAL TABLE t (a int)": "mismatched input '<EOF>'",
    "CREATE EXTERNAL TABLE \"t\" (a int) LOCATION 's3://lake/t/'": "mismatched input '\"t\"'",
    "CREATE EXTERNAL TABLE t (a int) LOCATION 'lake/t/'": "not a valid S3 path",
    "CREATE EXTERNAL TABLE t (a int, A string) LOCATION 's3://lake/t/'": "Duplicate column name: a",
    "CREATE EXTERNAL TABLE t (a int) STORED AS ORC LOCATION 's3://lake/t/'": "STORED AS ORC is not supported",
    "CREATE EXTERNAL TABLE t (a int) CLUSTERED BY (a) INTO 2 BUCKETS LOCATION 's3://lake/t/'": "CLUSTERED BY",
    "DROP TABLE": "mismatched input '<EOF>'",
    "DROP TABLE a b": "line 1:14: mismatched input 'b'",
    "SHOW FUNCTIONS": "runs no SHOW FUNCTIONS statements",
    "DESCRIBE FORMATTED t": "runs no DESCRIBE FORMATTED statements",
    "ALTER TABLE t RENAME TO u": "runs no ALTER TABLE … RENAME TO statements",
}


@pytest.mark.parametrize("sql", STRUCTURES)
def test_ddl_that_the_grammar_or_the_local_cloud_does_not_have_is_refused_at_the_start(athena_server, sql):
    with pytest.raises(ApiError) as refused:
        athena_server.start(sql)

    assert STRUCTURES[sql] in str(refused.value)


def test_types_of_columns_are_written_as_hive_writes_them(athena):
    done(
        athena,
        "CREATE EXTERNAL TABLE wide (a ARRAY< STRUCT<x: INT, Y: map<string,double>> >, b DECIMAL (10, 2), c varchar(3))"
        f" LOCATION 's3://{LAKE}/wide/'",
    )

    columns = athena.glue.get_table(DatabaseName=DATABASE, Name="wide")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Type"] for column in columns] == [
        "array<struct<x:int,y:map<string,double>>>",
        "decimal(10,2)",
        "varchar(3)",
    ]


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
    execution = done(athena, CREATE_ORDERS)

    results = athena.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]
    assert execution["StatementType"] == "DDL"
    assert results == {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}


@pytest.mark.aws("Athena", "DDL", f"{UG}drop-table.html")
def test_drop_table_leaves_the_objects(athena):
    done(athena, CREATE_ORDERS)
    athena.put("orders/day=x/a.parquet", orders(("pizza", 2, "9.50")))

    done(athena, "DROP TABLE orders")

    assert lines(athena, "SHOW TABLES") == []
    assert athena.s3.list_objects_v2(Bucket=LAKE)["KeyCount"] == 1
    assert "Table not found shop.orders" in athena.failure("DROP TABLE orders")
    done(athena, "DROP TABLE IF EXISTS `orders`")


@pytest.mark.aws("Athena", "DDL", f"{UG}create-database.html")
def test_databases_are_made_and_dropped(athena):
    done(athena, "CREATE DATABASE IF NOT EXISTS sales COMMENT 'of sales' LOCATION 's3://lake/sales/'")

    assert athena.glue.get_database(Name="sales")["Database"]["Description"] == "of sales"
    assert athena.failure("CREATE SCHEMA sales").endswith("Database sales already exists")
    assert lines(athena, "SHOW DATABASES LIKE 's*s'") == ["sales"]
    done(athena, "DROP SCHEMA sales")
    done(athena, "DROP DATABASE IF EXISTS sales")
    assert "Database does not exist: sales" in athena.failure("DROP DATABASE sales")


@pytest.mark.aws("Athena", "DDL", f"{UG}drop-database.html")
def test_a_database_with_tables_is_dropped_only_by_cascade(athena):
    done(athena, CREATE_ORDERS)

    assert "Database shop is not empty" in athena.failure("DROP DATABASE shop")
    done(athena, "DROP DATABASE shop CASCADE")
    assert "Database does not exist: shop" in athena.failure("SHOW TABLES")


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
    assert lines(athena, "SHOW CREATE VIEW numbers") == [
        "CREATE VIEW shop.numbers AS ",
        "SELECT 1 AS n, DATE '2026-11-22' AS day, 1.5 AS part",
    ]


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
    done(athena, CREATE_ORDERS)

    described = lines(athena, "DESCRIBE `orders`;")
    assert described[1] == "menuitem            \tstring              \twhat was ordered    "
    assert described[-1] == "day                 \tstring              \t                    "
    assert "# Partition Information\t \t " in described
    assert lines(athena, "SHOW COLUMNS IN orders FROM shop")[0] == "timestamp           "
    assert "Table not found shop.nowhere" in athena.failure("DESCRIBE nowhere")


@pytest.mark.aws("Athena", "DDL", f"{UG}show-create-table.html")
def test_show_create_table_gives_ddl_that_makes_the_same_table(athena):
    done(athena, CREATE_ORDERS)
    before = athena.glue.get_table(DatabaseName=DATABASE, Name="orders")["Table"]

    ddl = "\n".join(lines(athena, "SHOW CREATE TABLE orders"))
    done(athena, "DROP TABLE orders")
    done(athena, ddl)

    after = athena.glue.get_table(DatabaseName=DATABASE, Name="orders")["Table"]
    for part in ("PartitionKeys", "StorageDescriptor", "TableType"):
        assert after[part] == before[part]
    assert after["Parameters"]["parquet.compress"] == "SNAPPY"


@pytest.mark.aws("Athena", "DDL", f"{UG}alter-table-add-columns.html")
def test_columns_and_properties_are_added(athena):
    done(athena, CREATE_ORDERS)

    done(athena, "ALTER TABLE orders ADD COLUMNS (note string, `rate` double COMMENT 'of change')")
    done(athena, "ALTER TABLE orders SET TBLPROPERTIES ('classification'='parquet')")

    table = athena.glue.get_table(DatabaseName=DATABASE, Name="orders")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]][-2:] == ["note", "rate"]
    assert table["Parameters"]["parquet.compress"] == "SNAPPY"
    assert "classification\tparquet" in lines(athena, "SHOW TBLPROPERTIES orders")
    assert "Duplicate column name: day" in athena.failure("ALTER TABLE orders ADD COLUMNS (day int)")


@pytest.mark.aws("Athena", "Partitions", f"{UG}alter-table-add-partition.html")
def test_partitions_are_added_listed_and_dropped(athena):
    done(athena, CREATE_ORDERS)

    done(athena, f"ALTER TABLE orders ADD PARTITION (day='1') PARTITION (day='2') LOCATION 's3://{LAKE}/two/'")

    assert lines(athena, "SHOW PARTITIONS orders") == ["day=1", "day=2"]
    found = athena.glue.get_partitions(DatabaseName=DATABASE, TableName="orders")["Partitions"]
    assert [item["StorageDescriptor"]["Location"] for item in found] == [
        f"s3://{LAKE}/orders/day=1/",
        f"s3://{LAKE}/two/",
    ]
    assert "Partition already exists" in athena.failure("ALTER TABLE orders ADD PARTITION (day='1')")
    done(athena, "ALTER TABLE orders ADD IF NOT EXISTS PARTITION (day='1')")
    done(athena, "ALTER TABLE orders DROP PARTITION (day='1'), PARTITION (day='2')")
    assert lines(athena, "SHOW PARTITIONS orders") == []
    assert "Partition not found (day = '1')" in athena.failure("ALTER TABLE orders DROP PARTITION (day='1')")
    done(athena, "ALTER TABLE orders DROP IF EXISTS PARTITION (day='1')")


@pytest.mark.aws("Athena", "Partitions", f"{UG}msck-repair-table.html")
def test_msck_repair_table_registers_what_lies_under_hive_prefixes(athena):
    done(athena, CREATE_ORDERS)
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
    done(athena, CREATE_ORDERS)

    done(athena, "DESCRIBE orders", QueryExecutionContext={"Database": f"`{DATABASE}`"})
