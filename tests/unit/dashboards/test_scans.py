"""A refresh reads each table once: Athena bills what it reads, and runs a query of WITH as often as it is named."""

from collections import Counter

import pytest
from sqlglot import exp, parse_one

import dashboards
from dashboards import DataSet

DATA_SETS = {data_set.name: data_set for it in dashboards.ALL for data_set in it.data_sets}


def reads(data_set: DataSet) -> Counter[str]:
    """How often a data set's query reads each table or view."""
    query = parse_one(data_set.sql, read="athena")
    named = {cte.alias: cte.this for cte in query.find_all(exp.CTE)}

    def of(part: exp.Expr) -> Counter[str]:
        found: Counter[str] = Counter()
        for table in part.find_all(exp.Table):
            if table.find_ancestor(exp.With) is None or part is not query:
                found += of(named[table.name]) if table.name in named else Counter([table.name])
        return found

    return of(query)


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_reads_each_table_once(name: str) -> None:
    found = reads(DATA_SETS[name])
    assert found
    assert {table: times for table, times in found.items() if times > 1} == {}


def test_a_table_is_read_as_often_as_a_query_of_with_that_reads_it_is_named() -> None:
    sql = "WITH one AS (SELECT a FROM t), two AS (SELECT a FROM one, t) SELECT 1 FROM one JOIN two USING (a)"
    assert reads(DataSet("twice", "", (), (), sql)) == {"t": 3}
