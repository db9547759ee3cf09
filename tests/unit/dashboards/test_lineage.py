import pytest
from sqlglot.errors import OptimizeError

from .lineage import base_columns, base_tables, outputs_of, scopes

TABLES = {"orders_processed": {"item": "string", "guest": "string", "price": "double"}}
VIEWS = {"orders_now": "SELECT item, guest, price FROM orders_processed"}


def test_columns_are_followed_through_views_and_subqueries_to_their_tables():
    sql = "WITH a AS (SELECT item AS what, price * 2 AS b FROM orders_now) SELECT what, sum(b) AS b FROM a GROUP BY 1"
    found = scopes(sql, VIEWS, TABLES)
    assert base_columns(found) >= {("orders_processed", "item"), ("orders_processed", "price")}
    assert base_tables(found) == {"orders_processed"}


@pytest.mark.parametrize("sql", ["SELECT prize FROM orders_now", "SELECT a FROM (SELECT prize AS a FROM orders_now)"])
def test_a_column_that_no_table_has_is_named(sql):
    with pytest.raises(OptimizeError, match="prize"):
        scopes(sql, VIEWS, TABLES)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT guest AS a, item FROM orders_now", {"a"}),
        ("SELECT a, item FROM (SELECT lower(guest) AS a, item FROM orders_now)", {"a"}),
        ("SELECT item FROM orders_now UNION ALL SELECT guest FROM orders_now", {"item"}),
        ("WITH g AS (SELECT guest, max(price) AS most FROM orders_now GROUP BY guest) SELECT most FROM g", set()),
        ("SELECT count(DISTINCT guest) AS guests, max(guest) AS last FROM orders_now", {"last"}),
        ("SELECT count_if(guest = 'me') AS mine, bool_or(guest = 'me') AS came FROM orders_now", {"came"}),
    ],
)
def test_values_that_are_told_are_found_and_those_that_are_counted_are_not(sql, told):
    assert outputs_of(scopes(sql, VIEWS, TABLES), {("orders_processed", "guest")}) == told
