from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from rapid.local.athena.engine import Engine
from rapid.local.athena.parsing import parse
from rapid.local.athena.queries import plan
from rapid.local.athena.tables import ObjectTable, TableColumn
from rapid.local.athena.trino_types import INTEGER

SQL = "SELECT n FROM numbers"
NOW = datetime.now(UTC)


def numbers(database, name, position):
    column = TableColumn("n", "int", INTEGER)
    return ObjectTable("shop", name, (column,), (), "lake", "numbers/", None, None, None)


@pytest.fixture
def engines():
    made = [Engine(), Engine()]
    yield made
    for engine in made:
        engine.close()


def test_queries_that_run_at_once_see_only_what_they_were_fed_with(engines):
    planned = plan(parse(SQL), SQL, numbers, NOW)

    running = [
        engine.rows(planned, lambda scan, number=number: pa.table({"n": pa.array([number], pa.int32())}))
        for number, engine in enumerate(engines)
    ]

    assert [next(batches) for batches in running] == [[(0,)], [(1,)]]


def test_a_database_that_had_an_internal_error_is_not_used_again(engines, monkeypatch):
    monkeypatch.setattr(engines[0], "_connection", Broken())
    with pytest.raises(Exception, match="INTERNAL"):
        next(engines[0].rows(plan(parse("SELECT 1"), "SELECT 1", numbers, NOW), None))

    following = Engine()
    answer = next(following.rows(plan(parse("SELECT 1 + 1"), "SELECT 1 + 1", numbers, NOW), None))
    following.close()

    assert answer == [(2,)]
    assert following._database is not engines[0]._database


class Broken:
    def execute(self, sql):
        raise duckdb.InternalException("INTERNAL Error: of DuckDB's own")

    def close(self):
        pass
