import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.manifest import ManifestContent, ManifestWriterV2
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform
from pyiceberg.types import DecimalType, LongType, NestedField, StringType, TimestampType, TimestamptzType

from contracts import curation, load, views
from etl import contract as compiled
from etl.curation.curate import curate
from etl.iceberg import data_files
from etl.iceberg.table import load_or_create
from etl.lake import Lake
from tests.unit.local.athena_rig import DATABASE, HOURLY, LAKE, hour

UG = "https://docs.aws.amazon.com/athena/latest/ug/"

CONTRACT = load(Path(__file__).parents[3] / "sources/orders.yaml")
SCHEMA = Schema(
    NestedField(1, "id", StringType(), required=False),
    NestedField(2, "at", TimestampType(), required=False),
    NestedField(3, "price", DecimalType(5, 2), required=False),
    NestedField(4, "number", LongType(), required=False),
)
BY_DAY = PartitionSpec(PartitionField(2, 1000, DayTransform(), "day"))
DELIVERED = {
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
NOON = datetime(2026, 3, 14, 12, 0, 0, 123456)


@pytest.fixture
def sales(athena):
    return athena.iceberg_catalog().create_table(
        (DATABASE, "sales"), SCHEMA, location=f"s3://{LAKE}/tables/sales", partition_spec=BY_DAY
    )


def rows(*numbers, day=0, price="1.50"):
    return pa.table(
        {
            "id": [f"e{number}" for number in numbers],
            "at": pa.array([NOON + timedelta(days=day)] * len(numbers), pa.timestamp("us")),
            "price": pa.array([Decimal(price)] * len(numbers), pa.decimal128(5, 2)),
            "number": pa.array(numbers, pa.int64()),
        }
    )


def append(table, arriving):
    """Commit rows as the curate job does: a file a day, with statistics."""
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as snapshot:
        for file in data_files.write(table, arriving, "at"):
            snapshot.append_data_file(file)


def scanned(athena, sql):
    execution = athena.run(sql)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution["Statistics"]["DataScannedInBytes"]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg-supported-data-types.html")
def test_an_iceberg_table_answers_with_its_types(athena, sales):
    append(sales, rows(1))

    assert athena.rows("SELECT * FROM sales") == [["e1", "2026-03-14 12:00:00.123456", "1.50", "1"]]
    assert athena.types("SELECT * FROM sales") == ["varchar", "timestamp", "decimal(5,2)", "bigint"]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_a_table_without_a_snapshot_is_empty(athena, sales):
    assert athena.rows("SELECT count(*), max(price) FROM sales") == [["0", None]]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_what_was_appended_is_there_and_what_was_deleted_is_not(athena):
    plain = athena.iceberg_catalog().create_table((DATABASE, "plain"), SCHEMA, location=f"s3://{LAKE}/tables/plain")
    plain.append(rows(1, 2))
    assert athena.rows("SELECT count(*) FROM plain") == [["2"]]
    plain.append(rows(3))
    assert athena.rows("SELECT count(*) FROM plain") == [["3"]]

    plain.delete("number = 2")

    assert athena.rows("SELECT number FROM plain ORDER BY 1") == [["1"], ["3"]]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_rows_remain_when_the_snapshots_that_added_them_are_expired(athena, sales):
    append(sales, rows(1))
    first = sales.current_snapshot().snapshot_id
    append(sales, rows(2))

    sales.maintenance.expire_snapshots().by_id(first).commit()

    assert athena.rows("SELECT number FROM sales ORDER BY 1") == [["1"], ["2"]]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg-evolving-table-schema.html")
def test_columns_are_followed_through_renames_additions_and_widenings(athena, sales):
    append(sales, rows(1))
    with sales.update_schema() as update:
        update.rename_column("number", "quantity")
        update.update_column("price", DecimalType(12, 2))
    with sales.update_schema() as update:
        update.add_column("number", StringType())
    later = rows(2, price="9.99").rename_columns(["id", "at", "price", "quantity"])
    price = pa.array([Decimal("12345678.90")], pa.decimal128(12, 2))
    append(sales, later.set_column(2, "price", price).append_column("number", pa.array(["two"])))

    assert athena.rows("SELECT id, quantity, price, number FROM sales ORDER BY id") == [
        ["e1", "1", "1.50", None],
        ["e2", "2", "12345678.90", "two"],
    ]
    assert athena.rows("SELECT id FROM sales WHERE quantity = 1 AND price < 2") == [["e1"]]
    assert "Column 'gone' cannot be resolved" in athena.failure("SELECT gone FROM sales")


PREDICATES = {
    "at >= TIMESTAMP '2026-03-15 00:00:00' AND at < TIMESTAMP '2026-03-16 00:00:00'": [2],
    "at BETWEEN DATE '2026-03-15' AND DATE '2026-03-17'": [2, 3],
    "TIMESTAMP '2026-03-15 00:00:00' > at": [1],
    "at > current_timestamp - INTERVAL '20000' DAY AND number = 3": [3],
    "number IN (1, 3)": [1, 3],
    "id = 'e2'": [2],
    "price > 2.5": [3],
    "(number <= 2 AND id >= 'e2')": [2],
}


@pytest.mark.aws("Athena", "Iceberg", "https://iceberg.apache.org/spec/#scan-planning")
def test_only_files_whose_statistics_allow_a_row_are_read(athena, sales):
    for number in (1, 2, 3):
        append(sales, rows(number, day=number - 1, price=f"{number}.00"))
    for predicate, numbers in PREDICATES.items():
        every = scanned(athena, f"SELECT id, at, price, number FROM sales WHERE {predicate} OR id = 'none'")

        found = athena.rows(f"SELECT number FROM sales WHERE {predicate} ORDER BY 1")

        assert found == [[str(number)] for number in numbers], predicate
        read = scanned(athena, f"SELECT id, at, price, number FROM sales WHERE {predicate}")
        assert read == pytest.approx(every * len(found) / 3, rel=0.02), predicate


NO_STATISTICS = (
    "number > 1.5",
    "number < 2e0",
    "number = (SELECT 1)",
    "number + 0 > 1",
    "number > CAST(substr('x1', 2) AS bigint)",
    "number > 1 / (number - number + 1)",
    "id <> 'e1'",
    "number = NULL",
)


@pytest.mark.aws("Athena", "Iceberg", "https://iceberg.apache.org/spec/#scan-planning")
def test_a_condition_that_statistics_cannot_answer_gives_the_same_rows(athena, sales):
    for number in (1, 2, 3):
        append(sales, rows(number))
    athena.view("all_sales", "SELECT id, number FROM sales", {"id": "varchar", "number": "bigint"})
    for predicate in NO_STATISTICS:
        unpruned = athena.rows(f"SELECT id FROM (SELECT id, number FROM sales LIMIT 9) WHERE {predicate} ORDER BY 1")

        assert athena.rows(f"SELECT id FROM sales WHERE {predicate} ORDER BY 1") == unpruned, predicate
        assert athena.rows(f"SELECT id FROM all_sales WHERE {predicate} ORDER BY 1") == unpruned, predicate


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_a_comparison_that_fails_fails_the_query_and_not_the_planning(athena, sales):
    append(sales, rows(1))

    assert athena.rows("SELECT id FROM sales WHERE number > 5 AND number > 1 / 0 - 1") == []
    assert "DIVISION_BY_ZERO" in athena.failure("SELECT id FROM sales WHERE number > 1 / 0")


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_a_condition_around_a_view_prunes_the_files_of_the_table_below(athena, sales):
    for number in (1, 2):
        append(sales, rows(number, day=number))
    athena.view("named", "SELECT at AS moment, id FROM sales", {"moment": "timestamp(6)", "id": "varchar"})
    where = "TIMESTAMP '2026-03-16 00:00:00'"

    assert athena.rows(f"SELECT id FROM named WHERE moment > {where}") == [["e2"]]
    assert scanned(athena, f"SELECT id FROM named WHERE moment > {where}") == scanned(
        athena, f"SELECT id FROM sales WHERE at > {where}"
    )


@pytest.mark.aws("Athena", "Iceberg", f"{UG}columnar-storage.html")
def test_fewer_columns_scan_fewer_bytes_and_footers_always_count(athena, sales):
    append(sales, rows(*range(1000)))
    size = sales.inspect.files()["file_size_in_bytes"][0].as_py()

    count = scanned(athena, "SELECT count(*) FROM sales")
    one = scanned(athena, "SELECT max(number) FROM sales")

    assert 0 < count < one < scanned(athena, "SELECT * FROM sales") < size


@pytest.mark.aws("Athena", "Views", "https://repost.aws/knowledge-center/athena-view-is-stale-error")
def test_a_view_with_fewer_digits_than_the_timestamps_of_its_table_is_stale(athena, sales):
    athena.view("moments", "SELECT at FROM sales", {"at": "timestamp(3)"})

    assert athena.failure("SELECT * FROM moments").endswith(
        "column [at] of type timestamp(6) projected from query view at position 0 cannot be coerced to column [at] of "
        "type timestamp(3) stored in view definition"
    )


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg-supported-data-types.html")
def test_timestamps_with_zone_are_read_in_utc(athena):
    table = athena.iceberg_catalog().create_table(
        (DATABASE, "zoned"),
        Schema(NestedField(1, "at", TimestamptzType(), required=False)),
        location=f"s3://{LAKE}/tables/zoned",
    )
    table.append(pa.table({"at": pa.array([NOON], pa.timestamp("us", tz="UTC"))}))

    assert athena.rows("SELECT at FROM zoned") == [["2026-03-14 12:00:00.123456 UTC"]]
    assert athena.rows("SELECT count(*) FROM zoned WHERE at > TIMESTAMP '2026-03-15 00:00:00'") == [["0"]]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_names_keep_their_case_in_the_files_and_lose_it_in_queries(athena):
    table = athena.iceberg_catalog().create_table(
        (DATABASE, "camel"),
        Schema(NestedField(1, "menuItem", StringType(), required=False)),
        location=f"s3://{LAKE}/tables/camel",
    )
    table.append(pa.table({"menuItem": ["soup"]}))

    assert athena.rows("SELECT menuitem FROM camel WHERE MENUITEM = 'soup'") == [["soup"]]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_a_table_with_delete_files_is_refused_rather_than_read_without_them(athena, sales, monkeypatch):
    append(sales, rows(1))
    monkeypatch.setattr(ManifestWriterV2, "content", lambda writer: ManifestContent.DELETES)
    append(sales, rows(2))

    assert "Table 'sales': an Iceberg table with delete files" in athena.failure("SELECT id FROM sales")


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_a_missing_data_file_fails_the_query_naming_it(athena, sales):
    append(sales, rows(1))
    [file] = sales.inspect.files()["file_path"].to_pylist()
    athena.s3.delete_object(Bucket=LAKE, Key=file.removeprefix(f"s3://{LAKE}/"))
    assert athena.failure("SELECT id FROM sales").startswith(
        f"ICEBERG_CANNOT_OPEN_SPLIT: Error opening Iceberg split {file}"
    )


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_a_table_without_its_metadata_fails_in_athenas_words(athena):
    athena.table("bare", parameters={"table_type": "ICEBERG"})
    athena.table("lost", parameters={"table_type": "ICEBERG", "metadata_location": f"s3://{LAKE}/gone.metadata.json"})
    athena.s3.put_object(Bucket=LAKE, Key="torn.metadata.json", Body=b'{"format-version": 2')
    athena.table("torn", parameters={"table_type": "ICEBERG", "metadata_location": f"s3://{LAKE}/torn.metadata.json"})

    assert athena.failure("SELECT 1 FROM bare") == (
        "ICEBERG_INVALID_METADATA: line 1:15: Table is missing [metadata_location] property: shop.bare"
    )
    assert athena.failure("SELECT 1 FROM lost") == (
        "ICEBERG_MISSING_METADATA: line 1:15: Metadata not found in metadata location for table shop.lost"
    )
    assert athena.failure("SELECT 1 FROM torn").startswith(
        "ICEBERG_INVALID_METADATA: line 1:15: Invalid metadata file for table shop.torn"
    )


def test_the_second_query_reads_no_metadata_again(athena, sales, monkeypatch):
    append(sales, rows(1))
    athena.rows("SELECT id FROM sales")
    fetched = []
    athena.s3.meta.events.register("before-call.s3.GetObject", lambda params, **_: fetched.append(params["url_path"]))

    assert athena.rows("SELECT id FROM sales") == [["e1"]]

    assert [path for path in fetched if "/tables/" in path] == []


@pytest.fixture
def source(athena):
    """The tables of the orders contract and both its views; the value curates what was delivered."""
    contract = compiled.parse(json.dumps([curation.document(CONTRACT)]))[0]
    catalog = athena.iceberg_catalog()
    load_or_create(catalog, DATABASE, contract, f"s3://{LAKE}/tables/orders")
    athena.table(
        CONTRACT.table,
        columns={column.name: column.type for column in contract.columns},
        partitions={"datehour": "string"},
        parameters=HOURLY,
    )
    for view in views.of(CONTRACT):
        athena.stored_view(view.name, views.original_text(view, DATABASE))
    return lambda: curate(catalog, athena.s3, Lake(DATABASE, LAKE, LAKE), contract, None)


def deliver(athena, *ids, received_at=None, ago=0):
    """Store events as Firehose does: the times as INT96."""
    at = received_at or datetime.now(UTC).replace(tzinfo=None, microsecond=123000)
    event = {"timestamp": at, "menuitem": "Pasta", "quantity": 1, "price": Decimal("15.99"), "customerid": "c1"}
    delivered = [
        {**event, "restaurantid": "r1", "received_at": at, "event_id": key, "ingest_id": f"{key}-{at:%H%M%S}-{number}"}
        for number, key in enumerate(ids)
    ]
    table = pa.Table.from_pylist(delivered, pa.schema(DELIVERED))
    return athena.put(f"orders/{hour(ago)}/{'-'.join(ids)}.parquet", table, use_deprecated_int96_timestamps=True)


@pytest.mark.aws("Athena", "Views", f"{UG}views.html")
def test_what_the_curate_job_wrote_is_shown_by_the_view_of_its_source(athena, source):
    deliver(athena, "e1", "e2", "e2", received_at=datetime(2026, 3, 14, 18, 30))
    deliver(athena, "e3")
    source()

    assert athena.rows(
        "SELECT event_id, price, timestamp FROM orders WHERE timestamp < DATE '2026-03-15' ORDER BY 1"
    ) == [
        ["e1", "15.99", "2026-03-14 18:30:00.000000"],
        ["e2", "15.99", "2026-03-14 18:30:00.000000"],
    ]
    assert athena.rows("SELECT count(*), count(DISTINCT ingest_id) FROM orders") == [["3", "3"]]


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg.html")
def test_an_empty_lake_is_shown_as_empty(athena, source):
    assert athena.rows("SELECT * FROM orders") == []
    assert athena.rows("SELECT * FROM orders_now") == []


@pytest.mark.aws("Athena", "Views", f"{UG}views.html")
def test_the_view_of_now_joins_what_is_curated_with_what_just_arrived(athena, source):
    deliver(athena, "e1", "e2")
    source()
    deliver(athena, "e2", "e3")

    now = athena.rows(
        "SELECT n.event_id, o.event_id, p.rows FROM orders_now n LEFT JOIN orders o ON o.event_id = n.event_id "
        "JOIN (SELECT event_id, count(*) AS rows FROM orders_processed GROUP BY 1) p ON p.event_id = n.event_id "
        "ORDER BY 1"
    )

    assert now == [["e1", "e1", "1"], ["e2", "e2", "2"], ["e3", None, "1"]]
    assert athena.rows("SELECT count(*), count(DISTINCT ingest_id) FROM orders_processed") == [["4", "4"]]


@pytest.mark.aws("Athena", "Views", f"{UG}views.html")
def test_the_view_of_now_reads_only_the_hours_of_its_window_and_the_days_of_its_key_look_up(athena, source):
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=CONTRACT.repeat_horizon_days + 40)
    deliver(athena, "e1", received_at=long_ago, ago=24 * (CONTRACT.repeat_horizon_days + 40))
    source()
    recent = deliver(athena, "e2", ago=1)
    curated = scanned(athena, "SELECT * FROM orders")

    assert athena.rows("SELECT event_id FROM orders_now ORDER BY 1") == [["e1"], ["e2"]]
    assert curated < scanned(athena, "SELECT * FROM orders_now") <= curated + recent
