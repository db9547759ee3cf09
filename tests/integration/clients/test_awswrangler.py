"""awswrangler (AWS SDK for pandas): queries in each of its ways, and tables that it writes."""

from typing import Any

import pytest

from .conftest import Row, Run


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Any]:
    return run("awswrangler_tables.py")


@pytest.mark.parametrize("approach", ["csv", "ctas", "unload"])
def test_each_approach_of_awswrangler_gives_back_the_orders_that_were_sent(
    found: dict[str, Any], sent: list[Row], approach: str
) -> None:
    assert found[approach] == sent


def test_awswrangler_knows_the_columns_types_reads_in_chunks_and_takes_parameters(found: dict[str, Any]) -> None:
    assert found["dtypes"] == ["string", "datetime64[us]", "string", "Int64", "object"]
    assert found["chunks"] == [25, 15]
    assert found["parameter"] == [{"orders": 1}]


def test_no_temporary_table_of_awswrangler_stays(found: dict[str, Any]) -> None:
    assert [table for table in found["temporary_tables"] if table.startswith("temp_table")] == []


def test_an_error_of_a_query_reaches_the_user_of_awswrangler_in_athena_s_words(found: dict[str, Any]) -> None:
    assert found["error"].startswith("COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved")


def test_what_awswrangler_writes_as_a_table_is_appended_to_and_overwritten(found: dict[str, Any]) -> None:
    assert found["appended"] == 6
    assert found["overwritten"]


def test_a_table_of_awswrangler_gains_a_column(found: dict[str, Any]) -> None:
    assert found["evolved"] == {
        "item": "string",
        "price": "double",
        "vegetarian": "boolean",
        "since": "timestamp",
        "vegan": "boolean",
        "course": "string",
    }


def test_awswrangler_knows_the_partitions_of_its_table(found: dict[str, Any]) -> None:
    assert found["partitions"] == [["drink"], ["main"]]
    assert found["of_drinks"] == ["Espresso"]
    assert found["repaired"] == "SUCCEEDED"


def test_the_catalog_tells_awswrangler_of_its_table_until_it_is_deleted(found: dict[str, Any]) -> None:
    assert found["location"]
    assert found["described"][-1] == "course"
    assert found["exists"] is False


def test_what_the_local_cloud_lacks_is_refused_by_name(found: dict[str, Any]) -> None:
    iceberg, search = found["refused"]
    assert "the local cloud runs no CREATE TABLE (without EXTERNAL: an Iceberg table) statements" in iceberg
    assert "The local cloud does not support this: glue: The search_tables action" in search
