"""Every visual of every dashboard shows what Athena answers to its query: QuickSight's definition against SQL."""

import io
import random
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from dashboards import ALL, STORE, Chart, Column, ColumnType, Dashboard, DataSet, Visual, quicksight, sql
from rapid.local.quicksight.answers import VisualAnswer
from tests.unit.dashboards.declared import EVERYTHING

from .cloud_rig import Rig
from .quicksight_rig import QuickSightRig, looked_at

DASHBOARDS = (*ALL, EVERYTHING)
"""Those of the platform, and one that has every kind of visual and filter."""
DATABASE = "agrees"
ROWS = 400
DAYS = 12
TODAY = date(2026, 3, 1)
WORDS = ("north", "south", "east", "it's")
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
TYPES = {
    ColumnType.STRING: ("string", pa.string()),
    ColumnType.INTEGER: ("bigint", pa.int64()),
    ColumnType.DECIMAL: ("double", pa.float64()),
    ColumnType.DATETIME: ("timestamp", pa.timestamp("ms")),
}
DATA_SETS = {data_set.name: data_set for dashboard in DASHBOARDS for data_set in dashboard.data_sets}


@pytest.fixture(scope="module")
def quick(rig: Rig) -> Iterator[QuickSightRig]:
    rig.aws("glue").create_database(DatabaseInput={"Name": DATABASE})
    rig.aws("s3").create_bucket(Bucket=DATABASE)
    with looked_at(TODAY):
        yield QuickSightRig.over(rig)


@pytest.fixture(scope="module")
def arns(quick: QuickSightRig) -> dict[str, str]:
    """The data sets, imported from tables of invented rows."""
    found = {name: _data_set(quick, data_set) for name, data_set in DATA_SETS.items()}
    quick.rig.cloud.quicksight.ingestions.wait()
    return found


def _data_set(quick: QuickSightRig, data_set: DataSet) -> str:
    view, chance = sql.view_name(data_set), random.Random(data_set.name)
    words = _words(data_set)
    columns = {column.name: [_value(column, words, chance) for _ in range(ROWS)] for column in data_set.columns}
    written = io.BytesIO()
    types = pa.schema([(column.name, TYPES[column.type][1]) for column in data_set.columns])
    parquet.write_table(pa.table(columns, types), written)
    quick.rig.aws("s3").put_object(Bucket=DATABASE, Key=f"{view}/rows.parquet", Body=written.getvalue())
    storage = {
        "Columns": [{"Name": column.name, "Type": TYPES[column.type][0]} for column in data_set.columns],
        "Location": f"s3://{DATABASE}/{view}/",
        "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
    }
    table = {"Name": view, "StorageDescriptor": storage, "TableType": "EXTERNAL_TABLE"}
    quick.rig.aws("glue").create_table(DatabaseName=DATABASE, TableInput=table)
    relation = {
        "DataSourceArn": quick.data_source,
        "Schema": DATABASE,
        "Name": view,
        "InputColumns": [{"Name": column.name, "Type": column.type.value} for column in data_set.columns],
    }
    asked = quick.asked("", {}, PhysicalTableMap={"view": {"RelationalTable": relation}})
    return str(quick.api.create_data_set(**asked)["Arn"])


def _words(data_set: DataSet) -> dict[str, tuple[str, ...]]:
    """By column, what visuals ask for, and some words more."""
    visuals = [visual for dashboard in DASHBOARDS for visual in dashboard.visuals if visual.data_set == data_set]
    asked: dict[str, tuple[str, ...]] = {}
    for only in (only for visual in visuals for only in visual.only):
        asked[only.column] = (*asked.get(only.column, ()), *only.values)
    return asked


def _value(column: Column, words: dict[str, tuple[str, ...]], chance: random.Random) -> Any:
    if chance.random() < 0.05:
        return None
    match column.type:
        case ColumnType.STRING:
            return chance.choice((*words.get(column.name, ()), *WORDS))
        case ColumnType.INTEGER:
            return chance.randrange(40)
        case ColumnType.DECIMAL:
            return chance.randrange(4000) / 8
    ago = timedelta(seconds=chance.randrange(DAYS * 86_400))
    return datetime.combine(TODAY, datetime.max.time()).replace(microsecond=0) - ago


def answered(quick: QuickSightRig, query: str) -> list[list[str | None]]:
    """What Athena answers."""
    athena = quick.rig.aws("athena")
    id_ = athena.start_query_execution(QueryString=query, WorkGroup=quick.workgroup)["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=id_)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.01)
    assert status["State"] == "SUCCEEDED", status
    rows = athena.get_query_results(QueryExecutionId=id_)["ResultSet"]["Rows"][1:]
    return [[item.get("VarCharValue") for item in row["Data"]] for row in rows]


def shown(visual: VisualAnswer, rows: list[list[str | None]]) -> list[list[Any]]:
    """Athena's texts as the values of a visual."""
    read: dict[str, Any] = {"text": str, "number": float, "time": datetime.fromisoformat}
    return [
        [None if text is None else read[field.type](text) for field, text in zip(visual.fields, row, strict=True)]
        for row in rows
    ]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
def test_every_visual_shows_what_athena_answers(
    quick: QuickSightRig, arns: dict[str, str], dashboard: Dashboard
) -> None:
    definition = quicksight.definition(dashboard, arns, quicksight.Business())
    id_ = quick.dashboard(definition)
    choices: list[tuple[tuple[date, date] | None, dict[str, tuple[str, ...]]]] = [(None, {})]
    if any(choice.column == STORE for choice in dashboard.filters):
        two_days = (TODAY - timedelta(days=4), TODAY - timedelta(days=3))
        choices.append((two_days, {STORE: ("north", "it's")}))
    for dates, chosen in choices:
        answer = quick.answer(id_, dates=dates, values=chosen)
        assert answer.failures == []
        assert [visual.id for visual in answer.visuals] == [visual.name for visual in dashboard.visuals]
        asked = {declared.data_set.name: declared for declared in dashboard.visuals} if chosen else {}
        for declared, visual in zip(dashboard.visuals, answer.visuals, strict=True):
            # A choice is made of a data set's rows: one of its visuals each is enough.
            if chosen and declared is not asked[declared.data_set.name]:
                continue
            query = sql.visual_query(declared, DATABASE, dates or _usual(dashboard), chosen)
            expected = shown(visual, answered(quick, query))
            found = [[_comparable(row[field.id]) for field in visual.fields] for row in visual.rows]
            assert len(found) == len(expected), (declared.name, query)
            for row, wanted in zip(found, expected, strict=True):
                assert row == [pytest.approx(it) if isinstance(it, float) else it for it in wanted], declared.name
            assert visual.title == declared.question
            # A KPI has its title alone.
            assert declared.chart is Chart.KPI or [field.label for field in visual.fields] == _labels(declared)


def _labels(visual: Visual) -> list[str]:
    fields = (visual.dimension, visual.series, *visual.measures)
    return [field.label for field in fields if field]


def _usual(dashboard: Dashboard) -> tuple[date, date]:
    return TODAY - timedelta(days=dashboard.last_days - 1), TODAY


def _comparable(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value
