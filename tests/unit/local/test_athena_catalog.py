import pytest

from tests.unit.local.athena_rig import DATABASE, LAKE, PARQUET_SERDE, ApiError

API = "https://docs.aws.amazon.com/athena/latest/APIReference/"
pytestmark = pytest.mark.aws("Athena", "Catalog", f"{API}API_ListTableMetadata.html")
CATALOG = "AwsDataCatalog"


def test_databases_of_glue_are_listed_and_told(athena):
    athena.glue.create_database(DatabaseInput={"Name": "sales", "Description": "of sales"})

    listed = athena.call("ListDatabases", CatalogName=CATALOG)["DatabaseList"]
    found = athena.call("GetDatabase", CatalogName=CATALOG, DatabaseName="sales")["Database"]

    assert sorted(item["Name"] for item in listed) == ["sales", DATABASE]
    assert found == {"Name": "sales", "Description": "of sales"}


def test_a_table_s_metadata_tells_columns_keys_and_storage(athena):
    athena.table("orders", columns={"menuitem": "string"}, partitions={"day": "date"})

    found = athena.call("GetTableMetadata", CatalogName=CATALOG, DatabaseName=DATABASE, TableName="orders")
    table = found["TableMetadata"]

    assert (table["Name"], table["TableType"]) == ("orders", "EXTERNAL_TABLE")
    assert table["Columns"] == [{"Name": "menuitem", "Type": "string"}]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    assert table["Parameters"]["location"] == f"s3://{LAKE}/orders/"
    assert table["Parameters"]["serde.serialization.lib"] == PARQUET_SERDE


def test_tables_are_listed_by_an_expression(athena):
    for name in ("orders", "orders_now", "users"):
        athena.table(name)

    arguments = {"CatalogName": CATALOG, "DatabaseName": DATABASE, "Expression": "orders.*"}
    listed = athena.call("ListTableMetadata", **arguments)["TableMetadataList"]

    assert [item["Name"] for item in listed] == ["orders", "orders_now"]


def test_what_glue_refuses_is_a_metadata_exception(athena):
    with pytest.raises(ApiError, match="Error Code: EntityNotFoundException") as refused:
        athena.call("GetTableMetadata", CatalogName=CATALOG, DatabaseName=DATABASE, TableName="nowhere")

    assert refused.value.kind == "MetadataException"


def test_a_catalog_that_is_not_glues_is_refused(athena):
    with pytest.raises(ApiError, match="Catalog other is not supported"):
        athena.call("ListDatabases", CatalogName="other")
