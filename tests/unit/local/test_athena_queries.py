from datetime import UTC, datetime

import pytest

from tests.unit.local.athena_rig import AthenaRig, hour, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
API = "https://docs.aws.amazon.com/athena/latest/APIReference/"
TRINO = "https://trino.io/docs/current/"
pytestmark = pytest.mark.aws("Athena", "SELECT", f"{UG}select.html")

TOP_ITEMS = """
SELECT menuItem, COUNT(*) as order_count, SUM(quantity) as total_quantity, SUM(price * quantity) as total_revenue
FROM orders GROUP BY menuItem ORDER BY total_revenue DESC LIMIT 10
"""


@pytest.fixture(scope="module")
def server():
    rig = AthenaRig()
    rig.hourly_orders()
    rig.put(
        f"orders/{hour(1)}/a.parquet",
        orders(("pizza", 2, "10.50"), ("soup", 1, "5.00"), ("pizza", 1, "10.50")),
        use_deprecated_int96_timestamps=True,
    )
    rig.put(
        f"orders/{hour(2)}/b.parquet",
        orders(("salad", 3, "7.25"), ("soup", 4, "5.10"), at=datetime.now(UTC).replace(tzinfo=None)),
    )
    yield rig
    rig.close()


@pytest.fixture
def athena(server):
    return server


def test_the_top_menu_items_by_revenue_are_answered_with_exact_decimals(athena):
    assert athena.rows(TOP_ITEMS) == [
        ["pizza", "2", "3", "31.50"],
        ["soup", "2", "5", "25.40"],
        ["salad", "1", "3", "21.75"],
    ]


@pytest.mark.aws("Athena", "Query results", f"{TRINO}language/types.html")
def test_result_columns_have_trinos_types_and_the_names_that_were_written(athena):
    info = athena.results(TOP_ITEMS)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]

    assert [column["Name"] for column in info] == ["menuItem", "order_count", "total_quantity", "total_revenue"]
    assert athena.types(TOP_ITEMS) == ["varchar", "bigint", "bigint", "decimal(38,2)"]


@pytest.mark.aws("Athena", "Parquet", f"{UG}data-types.html")
def test_timestamps_that_firehose_writes_as_int96_read_with_milliseconds(athena):
    assert athena.rows("SELECT timestamp FROM orders WHERE menuitem = 'pizza' LIMIT 1") == [["2026-11-22 14:38:20.123"]]


def test_a_star_gives_the_columns_in_the_order_of_the_table_and_the_partition_last(athena):
    page = athena.results("SELECT * FROM orders LIMIT 1")["ResultSet"]["Rows"]

    header = [datum["VarCharValue"] for datum in page[0]["Data"]]
    assert header == ["timestamp", "menuitem", "quantity", "price", "customerid", "datehour"]


@pytest.mark.aws("Athena", "Tables", f"{UG}tables-databases-columns-names.html")
def test_identifiers_match_whatever_their_case(athena):
    assert athena.rows('SELECT MAX(Orders.QUANTITY) FROM "SHOP"."Orders"') == [["4"]]


@pytest.mark.aws("Athena", "Query results", f"{API}API_ColumnInfo.html")
def test_unnamed_columns_are_called_col_and_their_position(athena):
    info = athena.results("SELECT menuitem, quantity + 1 FROM orders LIMIT 1")["ResultSet"]["ResultSetMetadata"]

    assert [column["Name"] for column in info["ColumnInfo"]] == ["menuitem", "_col1"]


@pytest.mark.aws("Athena", "Parquet", f"{UG}handling-schema-updates-chapter.html")
def test_columns_without_a_file_counterpart_read_as_null(athena):
    athena.table("sparse", columns={"menuitem": "string", "tip": "double"}, location="s3://lake/orders/")

    assert athena.rows("SELECT count(*), count(menuitem), count(tip) FROM sparse") == [["5", "5", "0"]]


@pytest.mark.aws("Athena", "Parquet", f"{UG}handling-schema-updates-chapter.html")
def test_columns_of_files_match_by_name_without_regard_to_case(athena):
    table = orders(("tea", 1, "2.00")).rename_columns(["Timestamp", "menuItem", "QUANTITY", "price", "customerId"])
    athena.table("camel")
    athena.put("camel/a.parquet", table)

    assert athena.rows("SELECT menuitem, quantity FROM camel") == [["tea", "1"]]


@pytest.mark.aws("Athena", "Parquet", f"{UG}troubleshooting-athena.html")
def test_a_file_of_another_type_than_the_table_fails_naming_column_and_file(athena):
    athena.table("texts", columns={"quantity": "string"}, location="s3://lake/orders/")

    reason = athena.failure("SELECT quantity FROM texts")

    assert reason.startswith("HIVE_BAD_DATA: Field quantity's type INT32 in parquet file s3://lake/orders/")
    assert "is incompatible with type varchar" in reason


@pytest.mark.aws("Athena", "Parquet", f"{UG}troubleshooting-athena.html")
def test_an_object_that_is_not_parquet_fails_the_query(athena):
    athena.table("broken")
    athena.s3.put_object(Bucket="lake", Key="broken/a.parquet", Body=b"menuitem,quantity\n")

    assert "Not valid Parquet file: s3://lake/broken/a.parquet" in athena.failure("SELECT * FROM broken")


@pytest.mark.aws("Athena", "Tables", f"{UG}other-notable-limitations.html")
def test_hidden_and_empty_objects_are_not_data(athena):
    athena.table("tidy")
    for key in ("tidy/_SUCCESS", "tidy/.part.crc"):
        athena.s3.put_object(Bucket="lake", Key=key, Body=b"x")
    athena.s3.put_object(Bucket="lake", Key="tidy/", Body=b"")

    assert athena.rows("SELECT count(*) FROM tidy") == [["0"]]


@pytest.mark.aws("Athena", "Tables", f"{UG}tables-location-format.html")
def test_a_table_without_objects_has_no_rows(athena):
    athena.table("nothing")

    assert athena.rows("SELECT sum(quantity), count(*) FROM nothing") == [[None, "0"]]


@pytest.mark.aws("Athena", "Tables", f"{UG}reserved-words.html")
def test_a_quote_in_a_column_name_stays_a_part_of_the_name(athena):
    athena.table("odd", columns={'a" , 1 AS "b': "int"}, location="s3://lake/orders/")

    assert athena.rows('SELECT max("a"" , 1 AS ""b") FROM odd') == [[None]]


QUERIES = {
    "SELECT menuitem FROM orders GROUP BY 1 ORDER BY 1": [["pizza"], ["salad"], ["soup"]],
    "SELECT menuitem, sum(quantity) FROM orders GROUP BY menuitem HAVING sum(quantity) > 3 ORDER BY 2": [["soup", "5"]],
    "SELECT upper(menuitem) FROM orders GROUP BY upper(menuitem) ORDER BY max(price) DESC LIMIT 1": [["PIZZA"]],
    "SELECT DISTINCT menuitem FROM orders ORDER BY menuitem DESC LIMIT 1": [["soup"]],
    "SELECT quantity q FROM orders ORDER BY q * -1 OFFSET 1 LIMIT 1": [["3"]],
    "WITH a AS (SELECT menuitem m, quantity FROM orders), b(n) AS (SELECT m FROM a WHERE quantity > 2) "
    "SELECT n FROM b ORDER BY 1": [["salad"], ["soup"]],
    "SELECT x.menuitem FROM (SELECT * FROM orders) x WHERE x.quantity = 4": [["soup"]],
    "SELECT o.menuitem, v.name FROM orders o JOIN (VALUES ('salad', 'green'), ('tea', 'hot')) AS v(item, name) "
    "ON o.menuitem = v.item": [["salad", "green"]],
    "SELECT v.item, o.quantity FROM (VALUES 'tea', 'salad') AS v(item) LEFT JOIN orders o ON o.menuitem = v.item "
    "ORDER BY o.quantity NULLS FIRST": [["tea", None], ["salad", "3"]],
    "SELECT menuitem, colour, quantity FROM orders JOIN (VALUES ('salad', 'green'), ('tea', 'black')) "
    "AS v(menuitem, colour) USING (menuitem) WHERE quantity > 2": [["salad", "green", "3"]],
    "SELECT count(*) FROM orders a CROSS JOIN orders b": [["25"]],
    "SELECT 1 UNION ALL SELECT 1 UNION SELECT 2 ORDER BY 1": [["1"], ["2"]],
    "SELECT menuitem FROM orders EXCEPT SELECT 'soup' ORDER BY 1": [["pizza"], ["salad"]],
    "SELECT 1 AS a UNION ALL SELECT 2.5 ORDER BY a DESC": [["2.5"], ["1.0"]],
    "(SELECT 1) INTERSECT (SELECT 1)": [["1"]],
    "SELECT menuitem FROM orders WHERE quantity = (SELECT max(quantity) FROM orders)": [["soup"]],
    "SELECT menuitem FROM orders WHERE menuitem IN (SELECT 'salad')": [["salad"]],
    "SELECT DISTINCT menuitem FROM orders o WHERE NOT EXISTS "
    "(SELECT 1 FROM orders p WHERE p.menuitem = o.menuitem AND p.quantity > 2)": [["pizza"]],
    "SELECT menuitem, row_number() OVER (PARTITION BY menuitem ORDER BY quantity DESC) FROM orders "
    "ORDER BY 1, 2 LIMIT 3": [["pizza", "1"], ["pizza", "2"], ["salad", "1"]],
    "SELECT menuitem, rank() OVER (ORDER BY sum(quantity) DESC) FROM orders GROUP BY menuitem ORDER BY 2, 1": [
        ["soup", "1"],
        ["pizza", "2"],
        ["salad", "2"],
    ],
    "SELECT quantity, sum(quantity) OVER (ORDER BY quantity, price ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) "
    "FROM orders ORDER BY quantity, price LIMIT 3": [["1", "1"], ["1", "2"], ["2", "3"]],
    "SELECT lag(quantity) OVER (ORDER BY quantity, price) FROM orders ORDER BY quantity, price LIMIT 2": [
        [None],
        ["1"],
    ],
    "SELECT count(*) FILTER (WHERE menuitem = 'soup'), count(DISTINCT menuitem) FROM orders": [["2", "3"]],
    "SELECT sum(quantity) FILTER (WHERE menuitem = ' OVER ') FROM orders": [[None]],
    "SELECT CASE WHEN quantity > 2 THEN 'many' ELSE 'few' END AS size, count(*) FROM orders "
    "GROUP BY CASE WHEN quantity > 2 THEN 'many' ELSE 'few' END ORDER BY 1": [["few", "3"], ["many", "2"]],
    "SELECT a FROM (VALUES 2, NULL, 1) AS t(a) ORDER BY a": [["1"], ["2"], [None]],
    "SELECT a FROM (VALUES 2, NULL, 1) AS t(a) ORDER BY a DESC": [["2"], ["1"], [None]],
    "TABLE orders LIMIT 0": [],
    "SELECT avg(price), avg(quantity), min(menuitem), max(price) FROM orders": [["7.67", "2.2", "pizza", "10.50"]],
    "SELECT approx_distinct(menuitem), approx_percentile(quantity, 0.5) FROM orders": [["3", "2"]],
}


@pytest.mark.aws("Athena", "SELECT", f"{TRINO}sql/select.html")
@pytest.mark.parametrize("sql", QUERIES)
def test_a_query_is_answered_as_trino_answers_it(athena, sql):
    assert athena.rows(sql) == QUERIES[sql]


TYPES = {
    "SELECT quantity, price, quantity * price, price + 1, price / quantity FROM orders": [
        "integer",
        "decimal(10,2)",
        "decimal(20,2)",
        "decimal(13,2)",
        "decimal(10,2)",
    ],
    "SELECT sum(price), avg(price), sum(quantity), avg(quantity), count(*), max(timestamp) FROM orders": [
        "decimal(38,2)",
        "decimal(10,2)",
        "bigint",
        "double",
        "bigint",
        "timestamp",
    ],
    "SELECT 7 / 2, 3000000000, 1.50, 1e0, true, current_date, current_timestamp, 'x'": [
        "integer",
        "bigint",
        "decimal(3,2)",
        "double",
        "boolean",
        "date",
        "timestamp with time zone",
        "varchar",
    ],
}


@pytest.mark.aws("Athena", "SELECT", f"{TRINO}language/types.html")
@pytest.mark.parametrize("sql", TYPES)
def test_a_query_has_trinos_types(athena, sql):
    assert athena.types(sql) == TYPES[sql]
