"""boto3: paginators, waiters, transfers and errors."""

from typing import Any

import pytest

from .conftest import Row, Run

TABLES = {"orders", "orders_now", "orders_raw", "orders_processed", "orders_curated", "clickstream_processed"}


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Any]:
    return run("boto3_services.py")


def test_pages_of_a_result_have_the_orders_that_were_sent(found: dict[str, Any], sent: list[Row]) -> None:
    assert found["rows"] == [[row["event_id"], row["price"]] for row in sent]


def test_boto3_pages_through_queries_tables_and_runs(found: dict[str, Any]) -> None:
    assert found["queries"]
    assert set(found["metadata"]) >= TABLES
    assert set(found["tables"]) >= TABLES
    assert len(found["tables"]) == len(set(found["tables"]))
    assert "SUCCEEDED" in found["runs"]


def test_boto3_pages_through_objects_and_moves_large_ones_in_parts(found: dict[str, Any]) -> None:
    assert found["objects"] == [f"pages/{number}" for number in range(5)]
    assert found["parts"] == [True, "-2"]
    assert found["missing"] == "NoSuchKey"


def test_boto3_waits_for_functions_and_finds_all_that_the_stack_has(found: dict[str, Any]) -> None:
    assert set(found["functions"]) >= {"clickstream-transform", "ingest-handler", "orders-transform"}
    assert found["apis"] == ["ingest"]
    assert found["log_groups"] >= len(found["functions"])
    assert found["queues"]
    assert found["metrics"]
