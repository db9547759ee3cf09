import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from contracts import load, views
from tests.unit.local.athena_rig import DATABASE, HOURLY, hour, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
pytestmark = pytest.mark.aws("Athena", "Views", f"{UG}views.html")

CONTRACT = load(Path(__file__).parents[3] / "sources/orders.yaml")
ITEMS = {"menuitem": "varchar", "quantity": "integer"}
DELIVERED = pa.schema(
    {
        "event_id": pa.string(),
        "timestamp": pa.timestamp("ms"),
        "menuitem": pa.string(),
        "quantity": pa.int64(),
        "price": pa.decimal128(10, 2),
        "customerid": pa.string(),
        "restaurantid": pa.string(),
        "extra": pa.string(),
        "received_at": pa.timestamp("ms"),
        "ingest_id": pa.string(),
    }
)
COLUMNS = {
    "event_id": "string",
    "timestamp": "timestamp",
    "menuitem": "string",
    "quantity": "bigint",
    "price": "decimal(10,2)",
    "customerid": "string",
    "restaurantid": "string",
    "extra": "string",
    "received_at": "timestamp",
    "ingest_id": "string",
}


@pytest.fixture
def athena(athena_server):
    athena_server.reset()
    athena_server.hourly_orders()
    return athena_server


def deliver(athena, *items, ago=1):
    return athena.put(f"orders/{hour(ago)}/{len(items)}.parquet", orders(*items))


def scanned(athena, sql):
    execution = athena.run(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution["Statistics"]["DataScannedInBytes"]


def test_a_view_answers_with_the_columns_that_it_declares(athena):
    deliver(athena, ("pizza", 2, "10.50"), ("soup", 1, "5.00"))
    athena.view("small", "SELECT menuItem, quantity FROM orders WHERE quantity < 2", {**ITEMS, "quantity": "bigint"})

    assert athena.rows("SELECT * FROM small") == [["soup", "1"]]
    assert athena.types("SELECT * FROM small") == ["varchar", "bigint"]


def test_a_view_can_be_joined_qualified_and_renamed(athena):
    deliver(athena, ("pizza", 2, "10.50"))
    athena.view("items", "SELECT menuitem, quantity FROM orders", ITEMS)

    rows = athena.rows("SELECT shop.items.quantity, i.n FROM items JOIN Shop.Items AS i(m, n) ON i.m = items.menuitem")

    assert rows == [["2", "2"]]


def test_names_in_a_view_belong_to_the_view_s_own_schema(athena):
    deliver(athena, ("pizza", 2, "10.50"))
    athena.view("items", "SELECT menuitem, quantity FROM orders", ITEMS)
    athena.glue.create_database(DatabaseInput={"Name": "elsewhere"})

    rows = athena.rows("SELECT menuitem FROM shop.items", QueryExecutionContext={"Database": "elsewhere"})

    assert rows == [["pizza"]]


def test_a_with_query_around_a_view_does_not_change_what_the_view_reads(athena):
    deliver(athena, ("pizza", 2, "10.50"))
    athena.view("items", "SELECT menuitem, quantity FROM orders", ITEMS)

    assert athena.rows("WITH orders AS (SELECT 1 AS one) SELECT i.menuitem FROM items i CROSS JOIN orders") == [
        ["pizza"]
    ]


def test_a_view_of_a_view_reads_only_the_columns_and_partitions_that_the_query_needs(athena):
    for ago in (1, 2, 3):
        deliver(athena, ("pizza", ago, "10.50"), ago=ago)
    every = {"timestamp": "timestamp(3)", **ITEMS, "price": "decimal(10,2)", "customerid": "varchar"}
    athena.view("everything", "SELECT * FROM orders", {**every, "datehour": "varchar"})
    athena.view("again", 'SELECT datehour AS "when", quantity FROM everything', {"when": "varchar", "quantity": "int"})
    where = f"WHERE quantity > 0 AND \"when\" >= '{hour(2)}'"

    assert athena.rows(f"SELECT quantity FROM again {where} ORDER BY 1") == [["1"], ["2"]]
    assert scanned(athena, f"SELECT quantity FROM again {where}") == scanned(
        athena, f"SELECT quantity FROM orders WHERE datehour >= '{hour(2)}'"
    )


def test_both_sides_of_a_union_are_pruned_by_the_query_around_it(athena):
    for ago in (1, 2):
        deliver(athena, ("pizza", ago, "10.50"), ago=ago)
    select = "SELECT datehour, quantity FROM orders"
    one_file = scanned(athena, f"{select} WHERE datehour = '{hour(1)}'")

    twice = f"SELECT * FROM ({select} UNION ALL {select}) WHERE datehour = '{hour(1)}'"

    assert athena.rows(twice) == [[hour(1), "1"], [hour(1), "1"]]
    assert scanned(athena, twice) == 2 * one_file


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT datehour, quantity FROM orders ORDER BY quantity LIMIT 1",
        "SELECT max(datehour) AS datehour, max(quantity) AS quantity FROM orders",
        "SELECT datehour, row_number() OVER (ORDER BY datehour) AS quantity FROM orders",
        "SELECT upper(datehour) AS datehour, quantity FROM orders",
    ],
)
def test_a_condition_on_what_depends_on_other_rows_does_not_prune_them(athena, inner):
    for ago in (1, 2):
        deliver(athena, ("pizza", ago, "10.50"), ago=ago)

    assert athena.rows(f"SELECT quantity FROM ({inner}) WHERE datehour = '{hour(1)}'") in ([["1"]], [["2"]])
    assert scanned(athena, f"SELECT quantity FROM ({inner}) WHERE datehour = '{hour(1)}'") == scanned(athena, inner)


def test_a_with_query_named_twice_is_not_pruned_by_one_of_its_readers(athena):
    for ago in (1, 2):
        deliver(athena, ("pizza", ago, "10.50"), ago=ago)

    rows = athena.rows(
        "WITH o AS (SELECT datehour, quantity FROM orders) SELECT a.quantity, b.quantity FROM o a CROSS JOIN o b "
        f"WHERE a.datehour = '{hour(1)}' ORDER BY 2"
    )

    assert rows == [["1", "1"], ["1", "2"]]


STALE = {
    "SELECT menuitem FROM orders": "stored view column count (2) does not match column count derived from the view "
    "query analysis (1)",
    "SELECT menuitem AS item, quantity FROM orders": "column [item] of type varchar projected from query view at "
    "position 0 has a different name from column [menuitem] of type varchar stored in view definition",
    "SELECT menuitem, price AS quantity FROM orders": "column [quantity] of type decimal(10,2) projected from query "
    "view at position 1 cannot be coerced to column [quantity] of type integer stored in view definition",
    "SELECT menuitem, quantity + 1 FROM orders": "a column of type integer projected from query view at position 1 "
    "has no name",
}


@pytest.mark.aws("Athena", "Views", "https://repost.aws/knowledge-center/athena-view-is-stale-error")
@pytest.mark.parametrize("sql", STALE)
def test_a_view_whose_query_gives_other_columns_than_it_declares_is_stale(athena, sql):
    athena.view("items", sql, ITEMS)

    assert athena.failure("SELECT menuitem FROM items") == (
        f"VIEW_IS_STALE: line 1:22: View 'awsdatacatalog.shop.items' is stale or in invalid state: {STALE[sql]}"
    )


def test_a_view_on_a_missing_table_fails_naming_view_and_table(athena):
    athena.view("items", "SELECT menuitem, quantity\nFROM gone", ITEMS)
    athena.view("outer_items", "SELECT * FROM items", ITEMS)

    missing = "line 2:6: Table 'awsdatacatalog.shop.gone' does not exist"
    assert athena.failure("SELECT * FROM items") == (
        f"INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.shop.items': {missing}"
    )
    assert athena.failure("SELECT * FROM outer_items").endswith(
        f"'awsdatacatalog.shop.outer_items': line 1:15: Failed analyzing stored view "
        f"'awsdatacatalog.shop.items': {missing}"
    )


def test_a_view_that_is_not_a_query_fails_as_unparsable(athena):
    athena.view("items", "SELECT menuitem FROM", ITEMS)

    assert athena.failure("SELECT * FROM items").startswith(
        "INVALID_VIEW: line 1:15: Failed parsing stored view 'awsdatacatalog.shop.items': line 1:21: mismatched input"
    )


def test_a_view_of_itself_is_refused(athena):
    athena.view("items", "SELECT menuitem, quantity FROM items", ITEMS)

    assert "View is recursive" in athena.failure("SELECT * FROM items")


def test_a_column_of_an_unknown_type_makes_the_view_invalid(athena):
    athena.view("items", "SELECT menuitem FROM orders", {"menuitem": "string"})

    assert athena.failure("SELECT * FROM items") == (
        "INVALID_VIEW: line 1:15: Unknown type 'string' for column 'menuitem' in view: awsdatacatalog.shop.items"
    )


@pytest.mark.parametrize(
    ("text", "parameters", "reason"),
    [
        ("SELECT 1", {}, "HIVE_INVALID_VIEW_DATA: line 1:15: View data missing prefix: SELECT 1"),
        ("/* Presto View: x", {}, "HIVE_INVALID_VIEW_DATA: line 1:15: View data missing suffix"),
        ("/* Presto View: e30= */", {}, "HIVE_INVALID_VIEW_DATA: line 1:15: View 'awsdatacatalog.shop.odd': its data"),
        ("SELECT 1", {"presto_view": "false"}, "NOT_SUPPORTED: line 1:15: View 'awsdatacatalog.shop.odd': a Hive view"),
    ],
)
def test_a_view_that_athena_did_not_write_is_refused(athena, text, parameters, reason):
    athena.stored_view("odd", text, **parameters)

    assert athena.failure("SELECT * FROM odd").startswith(reason)


@pytest.fixture
def source(athena):
    """The tables of the orders contract, its curated one as Parquet, and both its views."""
    athena.table(
        CONTRACT.table,
        columns=COLUMNS,
        partitions={"datehour": "string"},
        parameters={**HOURLY, "storage.location.template": "s3://lake/processed/${datehour}/"},
    )
    athena.table(CONTRACT.curated_table, columns=COLUMNS, location="s3://lake/curated/")
    for view in views.of(CONTRACT):
        if view.name == "orders":
            athena.glue.delete_table(DatabaseName=DATABASE, Name="orders")
        athena.stored_view(view.name, views.original_text(view, DATABASE))
    return athena


def events(*ids, received_at=None):
    at = received_at or datetime.now(UTC).replace(tzinfo=None, microsecond=123000)
    row = {
        "timestamp": at,
        "menuitem": "Pasta",
        "quantity": 1,
        "price": Decimal("15.99"),
        "customerid": "c1",
        "restaurantid": "r1",
        "received_at": at,
    }
    return pa.Table.from_pylist(
        [{**row, "event_id": event_id, "ingest_id": f"{event_id}-{number}"} for number, event_id in enumerate(ids)],
        DELIVERED,
    )


def test_the_view_of_a_source_shows_the_curated_rows(source):
    source.put("curated/a.parquet", events("e1", "e2"))

    assert source.rows("SELECT event_id, price FROM orders ORDER BY 1") == [["e1", "15.99"], ["e2", "15.99"]]
    assert source.rows("SELECT count(*) FROM orders WHERE received_at > current_timestamp - INTERVAL '1' DAY") == [
        ["2"]
    ]


def test_the_view_of_now_adds_each_event_that_is_not_curated_once(source):
    source.put("curated/a.parquet", events("e1", "e2"))
    source.put(f"processed/{hour(0)}/a.parquet", events("e2", "e3", "e3", "e4"))

    assert source.rows("SELECT event_id, ingest_id FROM orders_now ORDER BY 1") == [
        ["e1", "e1-0"],
        ["e2", "e2-1"],
        ["e3", "e3-1"],
        ["e4", "e4-3"],
    ]


def test_the_view_of_now_reads_only_the_hours_of_its_window(source):
    recent = source.put(f"processed/{hour(1)}/a.parquet", events("e1"))
    old = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=30)
    source.put(f"processed/{hour(30)}/a.parquet", events("e2", received_at=old))

    assert source.rows("SELECT event_id FROM orders_now") == [["e1"]]
    assert 0 < scanned(source, "SELECT * FROM orders_now") <= recent


def test_both_views_of_every_contract_are_read(source):
    for name in ("orders", "orders_now"):
        page = source.results(f"SELECT * FROM {name}")["ResultSet"]
        info = page["ResultSetMetadata"]["ColumnInfo"]
        assert [column["Name"] for column in info] == list(COLUMNS)


def test_a_source_called_otherwise_has_views_that_are_read_too(athena):
    contract = dataclasses.replace(CONTRACT, source="sales")
    athena.table(contract.curated_table, columns=COLUMNS)
    view = views.of(contract)[0]
    athena.stored_view(view.name, views.original_text(view, DATABASE))

    assert athena.rows("SELECT * FROM sales") == []
