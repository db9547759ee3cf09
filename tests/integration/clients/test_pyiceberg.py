"""PyIceberg: the curated table through the Glue catalog, and a table of its own."""

from typing import Any

import pytest

from .conftest import Row, Run

MENU = [
    {"item": "Espresso", "price": 2.9},
    {"item": "Margherita", "price": None},
    {"item": None, "price": 21.5},
]


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Any]:
    return run("pyiceberg_tables.py")


def test_pyiceberg_scans_the_curated_orders_as_they_were_sent(found: dict[str, Any], sent: list[Row]) -> None:
    assert found["rows"] == sent
    assert sorted(found["filtered"]) == [row["event_id"] for row in sent if row["quantity"] >= 2]


def test_pyiceberg_finds_the_curated_tables_their_snapshots_files_and_partitions(found: dict[str, Any]) -> None:
    assert any(name.endswith(".orders_curated") for name in found["tables"])
    assert not any(name.endswith("_processed") for name in found["tables"])
    assert "append" in found["operations"]
    assert found["files"] > 0
    assert len(found["partition"]) == 1


def test_pyiceberg_appends_to_a_table_of_its_own_and_reads_an_older_snapshot(found: dict[str, Any]) -> None:
    assert found["appended"] == [row for row in MENU for _ in range(2)]
    assert found["first"] == MENU


def test_pyiceberg_adds_a_column_overwrites_and_deletes(found: dict[str, Any]) -> None:
    assert found["changed"] == [{**MENU[1], "calories": 900}, {**MENU[2], "calories": None}]


def test_pyiceberg_renames_and_drops_its_table(found: dict[str, Any]) -> None:
    assert found["renamed"] == ["of_iceberg.card"]
    assert "of_iceberg.card" in found["dropped"]
