"""What *operations* asks, by the local Athena, of rows as the hourly function writes them."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest

from components.operations.operations_data import COSTS_COLUMNS, HOURS_COLUMNS
from components.operations.request_alarms import ERROR_RATE
from contracts import glue
from dashboards import DataSet, operations

from .tables import Row, Tables

NOW = datetime.datetime(2026, 3, 14, 12, 30)
OPENX = "org.openx.data.jsonserde.JsonSerDe"
HOURS = (
    {"hour": "2026-03-13 23:00:00", "requests": 8, "errors_5xx": 2, "dead_letters": 4, "curation_lag_seconds": 90.0},
    {"hour": "2026-03-14 11:00:00", "requests": 0, "errors_5xx": 0, "dead_letters": 3, "latency_p95": None},
    {
        "hour": "2026-03-14 11:00:00",
        "source": "orders",
        "accepted": 7,
        "refused": 2,
        "errors_4xx": 1,
        "dead_lettered": 1,
    },
    {"hour": "2026-03-14 11:00:00", "source": "feedback", "accepted": 5, "errors_4xx": 3},
)


@pytest.fixture(scope="module")
def figures() -> Iterator[Tables]:
    made = Tables()
    for name, columns in (("operations_hours", HOURS_COLUMNS), ("operations_costs", COSTS_COLUMNS)):
        table(made, name, columns)
    put(made, "operations_hours/2026-03-13.json", HOURS[:1])
    put(made, "operations_hours/2026-03-14.json", HOURS[1:])
    yield made
    made.rig.close()


def table(made: Tables, name: str, columns: tuple[glue.Column, ...]) -> None:
    storage = {
        "Columns": [{"Name": column.name, "Type": column.type} for column in columns],
        "Location": f"s3://lake/{name}/",
        "SerdeInfo": {"SerializationLibrary": OPENX},
    }
    made.rig.table(name, StorageDescriptor=storage, Parameters={"classification": "json"})


def put(made: Tables, key: str, rows: tuple[dict[str, Any], ...]) -> None:
    body = "".join(json.dumps(row) + "\n" for row in rows)
    made.rig.s3.put_object(Bucket="lake", Key=key, Body=body.encode())


def ask(made: Tables, data_set: DataSet, timezone: str = "UTC") -> list[Row]:
    rows = made.ask(data_set, NOW, timezone)
    assert all(list(row) == [column.name for column in data_set.columns] for row in rows)
    return rows


def test_hours_are_told_by_the_businesss_clock_and_only_the_newest_has_what_waits_now(figures: Tables) -> None:
    first, newest = sorted(ask(figures, operations.HOURS, "Asia/Tokyo"), key=lambda row: row["occurred_at"])
    assert [row["occurred_at"] for row in (first, newest)] == [
        datetime.datetime(2026, 3, 14, 8),
        datetime.datetime(2026, 3, 14, 20),
    ]
    assert (first["dead_letters"], first["dead_letters_now"], newest["dead_letters_now"]) == (4, 0, 3)
    assert (first["curation_lag_minutes"], newest["curation_lag_minutes"]) == (1.5, None)


def test_what_was_rejected_is_events_the_function_refused_and_requests_a_direct_path_refused(figures: Tables) -> None:
    found = {row["source"]: row for row in ask(figures, operations.SOURCES)}
    assert {source: (row["accepted"], row["rejected"], row["dead_lettered"]) for source, row in found.items()} == {
        "orders": (7, 2, 1),
        "feedback": (5, 3, 0),
    }


@pytest.mark.parametrize(("forecast", "shown"), [(None, 31.0), (25.5, 25.5)])
def test_the_month_goes_on_as_it_began_until_aws_forecasts(
    figures: Tables, forecast: float | None, shown: float
) -> None:
    before = {"day": "2026-02-28", "budget": 800.0, "spent": 99.0, "forecast": 99.0}
    put(figures, "operations_costs/2026-02.json", (before,))
    put(
        figures,
        "operations_costs/2026-03.json",
        ({**before, "day": "2026-03-14", "spent": 14.0, "forecast": forecast},),
    )
    found = {row["what"]: (row["dollars"], row["budget"]) for row in ask(figures, operations.COSTS)}
    assert found == {
        operations.SPENT: (14.0, 800.0),
        operations.FORECAST: (shown, 800.0),
        operations.BUDGET: (800.0, 800.0),
    }


def test_the_line_of_errors_is_where_the_alarm_rings() -> None:
    assert operations.ERRORS.value == ERROR_RATE
