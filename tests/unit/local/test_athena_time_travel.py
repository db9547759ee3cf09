from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

from tests.unit.local.athena_rig import DATABASE, LAKE, ApiError, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
TRAVEL = f"{UG}querying-iceberg-time-travel-and-version-travel-queries.html"
pytestmark = pytest.mark.aws("Athena", "Iceberg time travel", TRAVEL)
METADATA = pytest.mark.aws("Athena", "Iceberg metadata tables", f"{UG}querying-iceberg-table-metadata.html")
SCHEMA = Schema(NestedField(1, "shop", StringType(), required=False), NestedField(2, "n", LongType(), required=False))


@pytest.fixture
def sales(athena):
    """A table of two snapshots: a row of shop a, then one of shop b."""
    by_shop = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "shop"))
    table = athena.iceberg_catalog().create_table(
        (DATABASE, "sales"), SCHEMA, location=f"s3://{LAKE}/tables/sales", partition_spec=by_shop
    )
    table.append(pa.table({"shop": ["a"], "n": pa.array([1], pa.int64())}))
    table.append(pa.table({"shop": ["b"], "n": pa.array([2], pa.int64())}))
    return table


def moment(snapshot, milliseconds=0):
    at = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC) + timedelta(milliseconds=milliseconds)
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC'"


def test_a_table_is_read_as_it_was_at_a_snapshot(athena, sales):
    first, second = sales.metadata.snapshots

    assert athena.rows(f"SELECT n FROM sales FOR VERSION AS OF {first.snapshot_id}") == [["1"]]
    assert athena.rows(f"SELECT n FROM sales FOR VERSION AS OF {second.snapshot_id} AS s ORDER BY s.n") == [
        ["1"],
        ["2"],
    ]


def test_a_table_is_read_as_it_was_at_a_moment(athena, sales):
    first, second = sales.metadata.snapshots

    assert athena.rows(f"SELECT n FROM sales FOR TIMESTAMP AS OF {moment(second, -1)}") == [["1"]]
    assert athena.rows(f"SELECT count(*) FROM sales FOR TIMESTAMP AS OF {moment(second)}") == [["2"]]
    assert athena.rows("SELECT count(*) FROM sales FOR TIMESTAMP AS OF current_timestamp") == [["2"]]
    assert athena.failure(f"SELECT n FROM sales FOR TIMESTAMP AS OF {moment(first, -1)}").startswith(
        "INVALID_ARGUMENTS: line 1:15: No version history table shop.sales at or before "
    )


def test_an_earlier_version_has_the_columns_of_its_time(athena, sales):
    with sales.update_schema() as update:
        update.rename_column("n", "amount")
    sales.append(pa.table({"shop": ["c"], "amount": pa.array([3], pa.int64())}))
    first = sales.metadata.snapshots[0]

    assert athena.rows(f"SELECT n FROM sales FOR VERSION AS OF {first.snapshot_id} WHERE n > 0") == [["1"]]
    assert athena.rows("SELECT max(amount) FROM sales") == [["3"]]


def test_two_versions_can_be_joined(athena, sales):
    first = sales.metadata.snapshots[0]
    added = f"SELECT n FROM sales EXCEPT SELECT n FROM sales FOR VERSION AS OF {first.snapshot_id}"

    assert athena.rows(added) == [["2"]]


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("VERSION AS OF 7", "INVALID_ARGUMENTS: line 1:15: Iceberg snapshot ID does not exists: 7"),
        ("VERSION AS OF 'tag'", "NOT_SUPPORTED: line 1:15: FOR VERSION AS OF a value of type varchar(3)"),
        ("TIMESTAMP AS OF TIMESTAMP '2999-01-01 00:00:00'", "INVALID_ARGUMENTS: line 1:15: Pointer value '2999-01-01"),
        ("VERSION AS OF n", "COLUMN_NOT_FOUND: "),
    ],
)
def test_a_version_that_is_not_there_is_refused(athena, sales, version, reason):
    assert athena.failure(f"SELECT n FROM sales FOR {version}").startswith(reason)


@pytest.mark.parametrize("version", ["FOR SYSTEM_TIME AS OF current_timestamp", "TIMESTAMP AS OF 1", "VERSION AS OF 1"])
def test_only_the_syntax_of_engine_version_3_is_known(athena_server, version):
    with pytest.raises(ApiError, match="mismatched input"):
        athena_server.start(f"SELECT n FROM sales {version}")


def test_only_iceberg_tables_have_versions(athena):
    athena.table("orders")
    athena.put("orders/a.parquet", orders(("pizza", 1, "1.00")))

    reason = athena.failure("SELECT * FROM orders FOR VERSION AS OF 1")
    assert reason == "NOT_SUPPORTED: line 1:15: This connector does not support versioned tables"


@METADATA
def test_history_and_snapshots_list_what_was_committed(athena, sales):
    first, second = sales.metadata.snapshots

    history = athena.rows(
        'SELECT snapshot_id, parent_id, is_current_ancestor FROM "sales$history" ORDER BY made_current_at'
    )
    snapshots = athena.rows(
        'SELECT snapshot_id, operation, manifest_list FROM "shop"."sales$snapshots" ORDER BY committed_at'
    )

    assert history == [
        [str(first.snapshot_id), None, "true"],
        [str(second.snapshot_id), str(first.snapshot_id), "true"],
    ]
    assert snapshots == [[str(item.snapshot_id), "append", item.manifest_list] for item in (first, second)]
    assert athena.types('SELECT made_current_at FROM "sales$history"') == ["timestamp with time zone"]


@METADATA
def test_files_manifests_partitions_and_refs_tell_of_the_current_snapshot(athena, sales):
    files = athena.rows('SELECT content, file_path, file_format, record_count FROM "sales$files"')
    manifests = athena.rows('SELECT added_data_files_count, added_rows_count FROM "sales$manifests"')
    partitions = athena.rows('SELECT record_count, file_count FROM "sales$partitions"')

    assert {row[1] for row in files} == {task.file.file_path for task in sales.scan().plan_files()}
    assert [(row[0], row[2], row[3]) for row in files] == [("0", "PARQUET", "1")] * 2
    assert manifests == [["1", "1"]] * 2
    assert partitions == [["1", "1"]] * 2
    assert athena.rows('SELECT name, type, snapshot_id FROM "sales$refs"') == [
        ["main", "BRANCH", str(sales.metadata.current_snapshot_id)]
    ]


@METADATA
def test_a_metadata_table_that_there_is_not_and_a_column_of_a_map_are_refused_by_name(athena, sales):
    athena.table("orders")

    assert athena.failure('SELECT 1 FROM "sales$nothing"').startswith("TABLE_NOT_FOUND: ")
    assert "Column 'summary': type map(varchar, varchar)" in athena.failure('SELECT summary FROM "sales$snapshots"')
    assert "Metadata table 'orders$partitions'" in athena.failure('SELECT 1 FROM "orders$partitions"')


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sales SET n = 1",
        "DELETE FROM sales WHERE n = 1",
        "MERGE INTO sales USING sales s ON true WHEN MATCHED THEN DELETE",
        "OPTIMIZE sales REWRITE DATA USING BIN_PACK",
        "VACUUM sales",
    ],
)
@pytest.mark.aws("Athena", "Iceberg writes", f"{UG}querying-iceberg-updating-iceberg-table-data.html")
def test_statements_that_change_rows_of_an_iceberg_table_are_refused_by_name(athena_server, sql):
    with pytest.raises(ApiError, match=f"runs no {sql.split()[0]} statements"):
        athena_server.start(sql)


@pytest.mark.aws("Athena", "Iceberg writes", f"{UG}querying-iceberg-updating-iceberg-table-data.html")
def test_inserting_into_and_dropping_an_iceberg_table_are_refused_by_name(athena, sales):
    assert "INSERT INTO an Iceberg table is not supported" in athena.failure("INSERT INTO sales VALUES ('a', 1)")
    assert "DROP TABLE of an Iceberg table" in athena.failure("DROP TABLE sales")
