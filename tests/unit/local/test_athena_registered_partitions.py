import pytest

from tests.unit.local.athena_rig import DATABASE, LAKE, orders

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
pytestmark = pytest.mark.aws("Athena", "Partitions", f"{UG}partitions.html")


def register(athena, values, location):
    storage = athena.glue.get_table(DatabaseName=DATABASE, Name="orders")["Table"]["StorageDescriptor"]
    partition = {"Values": values, "StorageDescriptor": {**storage, "Location": f"s3://{LAKE}/{location}/"}}
    athena.glue.create_partition(DatabaseName=DATABASE, TableName="orders", PartitionInput=partition)


@pytest.fixture
def days(athena):
    """Orders of two days, one partition of them outside the table's location; a third day is not registered."""
    athena.table("orders", partitions={"day": "date", "shop": "int"})
    for prefix in ("orders/day=2026-11-21/shop=1", "elsewhere", "orders/day=2026-11-20/shop=1"):
        athena.put(f"{prefix}/a.parquet", orders((prefix.partition("/")[0], 1, "1.00")))
    for day, shop, location in (("2026-11-21", "1", "orders/day=2026-11-21/shop=1"), ("2026-11-22", "2", "elsewhere")):
        register(athena, [day, shop], location)
    return athena


def scanned(athena, sql):
    return athena.run(sql)["Statistics"]["DataScannedInBytes"]


def test_only_registered_partitions_are_read_wherever_they_lie(days):
    assert days.rows("SELECT menuitem, day, shop FROM orders ORDER BY day") == [
        ["orders", "2026-11-21", "1"],
        ["elsewhere", "2026-11-22", "2"],
    ]


def test_a_predicate_on_partition_columns_reads_only_the_partitions_it_lets_through(days):
    one = "SELECT day FROM orders WHERE day > DATE '2026-11-21' AND shop = 2 AND quantity > 0"

    assert days.rows(one) == [["2026-11-22"]]
    assert scanned(days, one) == scanned(days, "SELECT quantity FROM orders WHERE day > DATE '2026-11-21'")
    assert scanned(days, one) < scanned(days, "SELECT quantity FROM orders")


def test_a_table_without_registered_partitions_is_empty(athena):
    athena.table("orders", partitions={"day": "string"})
    athena.put("orders/day=1/a.parquet", orders(("pizza", 1, "1.00")))

    assert athena.rows("SELECT * FROM orders") == []


def test_the_default_partition_of_hive_is_null(athena):
    athena.table("orders", partitions={"day": "string"})
    athena.put("orders/day=__HIVE_DEFAULT_PARTITION__/a.parquet", orders(("pizza", 1, "1.00")))
    athena.run("MSCK REPAIR TABLE orders")

    assert athena.rows("SELECT menuitem FROM orders WHERE day IS NULL") == [["pizza"]]


def test_a_partition_with_a_serde_of_its_own_is_refused_by_name(days):
    table = days.glue.get_table(DatabaseName=DATABASE, Name="orders")["Table"]
    own = {**table["StorageDescriptor"], "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}}
    days.glue.create_partition(
        DatabaseName=DATABASE,
        TableName="orders",
        PartitionInput={"Values": ["2026-11-23", "1"], "StorageDescriptor": own},
    )

    assert "Table 'orders': a partition with a SerDe of its own" in days.failure("SELECT * FROM orders")


@pytest.mark.aws("Athena", "Partition projection", f"{UG}partition-projection.html")
def test_with_partition_projection_registered_partitions_do_not_count(athena):
    projected = {
        "enabled": "true",
        "day.type": "date",
        "day.format": "yyyy-MM-dd",
        "day.range": "2026-11-01,2026-11-30",
    }
    parameters = {f"projection.{name}": value for name, value in projected.items()}
    athena.table("orders", partitions={"day": "date"}, parameters=parameters)
    athena.put("orders/day=2026-11-20/a.parquet", orders(("pizza", 1, "1.00")))
    register(athena, ["2026-11-22"], "elsewhere")

    assert athena.rows("SELECT day FROM orders ORDER BY day") == [["2026-11-20"]]
    results = athena.results("SHOW PARTITIONS orders")["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in results] == ["day=2026-11-22"]
