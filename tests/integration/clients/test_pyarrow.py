"""Arrow's S3 file system: reading, writing in parts, listing, datasets."""

from typing import Any

import pytest

from .conftest import Row, Run


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Any]:
    return run("pyarrow_files.py")


def test_arrow_scans_the_processed_orders_as_they_were_sent(found: dict[str, Any], sent: list[Row]) -> None:
    assert found["listed"]
    assert found["rows"] == sent


def test_arrow_writes_in_parts_reads_anywhere_copies_moves_and_deletes(found: dict[str, Any]) -> None:
    assert found["large"]
    assert found["end"]
    assert sorted(found["files"]) == [["large", 12 * 1024 * 1024], ["moved", 7], ["small", 7]]
    assert found["deleted"] == "NotFound"


def test_arrow_writes_and_reads_a_partitioned_dataset_and_deletes_it(found: dict[str, Any]) -> None:
    assert found["dataset"] == [{"item": "Espresso", "course": "drink"}]
    assert found["emptied"] == 0
