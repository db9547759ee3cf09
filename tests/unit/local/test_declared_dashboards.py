"""Declared visuals of every kind, deployed: what QuickSight answers by their definition, their query answers too."""

import time
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboards import STORE, quicksight, sql
from tests.unit.dashboards.declared import EVERYTHING, SALES, STOCK

from .cloud_rig import WAIT_SECONDS, Rig
from .quicksight_rig import QuickSightRig

pytestmark = pytest.mark.aws(
    "QuickSight", "Visuals", "https://docs.aws.amazon.com/quicksight/latest/APIReference/API_Visual.html"
)
SALES_ROWS = """
    (TIMESTAMP '2026-03-01 00:00:00', 'east', 'Soup', 12, 1, 2.5),
    (TIMESTAMP '2026-03-01 23:59:59', 'west', 'Soup', 9, 2, 3.0),
    (TIMESTAMP '2026-03-02 12:00:00', 'east', 'Cake', 12, 4, 8.0),
    (TIMESTAMP '2026-03-03 00:00:00', 'o''n', 'Tea', 9, 1, 1.0),
    (TIMESTAMP '2026-03-09 12:00:00', 'west', 'Tea', 9, 0, 0.0),
    (TIMESTAMP '2026-03-09 12:00:00', 'west', CAST(NULL AS varchar), 9, 0, 4.0)
"""
STOCK_ROWS = "('Soup', 3), ('Tea', 5)"
DAYS = (date(2026, 3, 1), date(2026, 3, 2))
ALL_DAYS = (date(2026, 1, 1), date(2026, 12, 31))
Rows = list[tuple[Any, ...]]


class Deployed:
    """The dashboard over two small views, and those views themselves."""

    def __init__(self, rig: Rig) -> None:
        self._rig, self._quick, self._database = rig, QuickSightRig.over(rig), rig.name("shop").replace("-", "_")
        rig.aws("glue").create_database(DatabaseInput={"Name": self._database})
        arns = {}
        for data_set, rows in ((SALES, SALES_ROWS), (STOCK, STOCK_ROWS)):
            names = ", ".join(column.name for column in data_set.columns)
            view = sql.view_name(data_set)
            self.ask(f"CREATE VIEW {view} AS SELECT {names} FROM (VALUES {rows}) AS t ({names})")
            columns = {column.name: column.type.value for column in data_set.columns}
            arns[data_set.name] = self._quick.data_set(f'SELECT * FROM "{self._database}"."{view}"', columns)
        definition = quicksight.definition(EVERYTHING, arns, quicksight.Business())
        self._dashboard = self._quick.dashboard(definition)

    def shown(self, **selection: Any) -> dict[str, Rows]:
        """The rows of each visual as they are drawn."""
        answer = self._quick.answer(self._dashboard, **selection)
        return {it.id: [_plain(row[field.id] for field in it.fields) for row in it.rows] for it in answer.visuals}

    def queried(self, dates: tuple[date, date], chosen: dict[str, list[str]]) -> dict[str, Rows]:
        """The rows of each visual's query."""
        queries = {it.name: sql.visual_query(it, self._database, dates, chosen) for it in EVERYTHING.visuals}
        return {name: [_plain(row) for row in self.ask(query)] for name, query in queries.items()}

    def ask(self, query: str) -> Rows:
        """What Athena answers."""
        athena = self._rig.aws("athena")
        id_ = athena.start_query_execution(
            QueryString=query, WorkGroup=self._quick.workgroup, QueryExecutionContext={"Database": self._database}
        )["QueryExecutionId"]
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            status = athena.get_query_execution(QueryExecutionId=id_)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            assert time.monotonic() < deadline, query
            time.sleep(0.01)
        assert status["State"] == "SUCCEEDED", (query, status)
        found = athena.get_query_results(QueryExecutionId=id_)["ResultSet"]
        kinds = [column["Type"] for column in found["ResultSetMetadata"].get("ColumnInfo", ())]
        return [
            tuple(_value(kind, datum.get("VarCharValue")) for kind, datum in zip(kinds, row["Data"], strict=True))
            for row in found["Rows"][1:]
        ]


def _value(kind: str, text: str | None) -> Any:
    if text is None or kind == "varchar":
        return text
    return datetime.fromisoformat(text) if kind == "timestamp" else float(text)


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(round(float(it), 6) if isinstance(it, (int, float, Decimal)) else it for it in row)


@pytest.fixture(scope="module")
def deployed(rig: Rig) -> Deployed:
    return Deployed(rig)


@pytest.mark.parametrize("dates", [DAYS, ALL_DAYS], ids=["two days", "all days"])
@pytest.mark.parametrize(
    "chosen",
    [{}, {STORE: ["east", "west"]}, {STORE: ["o'n"], "item": ["Tea"]}, {"item": ["Soup", "Cake"]}],
    ids=["everything", "stores", "a store and an item", "items"],
)
def test_what_is_drawn_is_what_the_query_of_the_visual_answers(
    deployed: Deployed, dates: tuple[date, date], chosen: dict[str, list[str]]
) -> None:
    shown = deployed.shown(dates=dates, values=chosen)
    assert shown == deployed.queried(dates, chosen)
    assert all(shown.values()) or chosen
