"""PyAthena: cursors, parameters, errors and cancellation."""

from typing import Any

import pytest

from .conftest import Row, Run

TYPES = ["varchar", "timestamp", "varchar", "bigint", "decimal"]


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Any]:
    return run("pyathena_cursors.py")


@pytest.mark.parametrize("cursor", ["default", "pandas", "pandas_unload", "arrow", "arrow_unload"])
def test_each_cursor_of_pyathena_gives_back_the_orders_that_were_sent(
    found: dict[str, Any], sent: list[Row], cursor: str
) -> None:
    assert found[cursor] == sent


def test_pyathena_knows_the_columns_types_and_what_was_scanned(found: dict[str, Any]) -> None:
    assert found["types"] == TYPES
    assert found["scanned"] > 0
    assert found["pandas_dtypes"] == ["str", "datetime64[us]", "str", "Int64", "object"]
    assert found["arrow_types"] == ["string", "timestamp[us]", "string", "int64", "string"]


def test_pandas_reads_a_result_of_pyathena_in_chunks(found: dict[str, Any]) -> None:
    assert found["chunks"] == [25, 15]


@pytest.mark.parametrize("style", ["pyformat", "qmark"])
def test_parameters_of_pyathena_reach_the_query_with_their_quotes(found: dict[str, Any], style: str) -> None:
    assert found[style] == [1]


def test_pyathena_prepares_executes_and_deallocates_a_statement(found: dict[str, Any], sent: list[Row]) -> None:
    assert found["prepared"] == [len(sent)]


def test_values_of_every_kind_have_their_python_types_in_pyathena(found: dict[str, Any]) -> None:
    assert found["values"] == [
        "datetime.date(2026, 3, 14)",
        "datetime.datetime(2026, 3, 14, 18, 30, 0, 123000)",
        "datetime.time(18, 30)",
        "1.5",
        "Decimal('1.50')",
        "True",
        "None",
        "b'\\x00\\xff'",
        "[1, 2]",
        "{'a': '1'}",
        "{'a': 1}",
    ]


def test_an_error_of_a_query_reaches_the_user_of_pyathena_in_athena_s_words(found: dict[str, Any]) -> None:
    assert found["error"] == (
        "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved or requester is not authorized to access "
        "requested resources"
    )


def test_a_query_that_pyathena_cancels_ends_as_cancelled(found: dict[str, Any]) -> None:
    assert found["cancelled"] == "CANCELLED"
