"""Which time a query asks for, as its SQL says, and the same query over another table."""

import datetime

import duckdb
import sqlglot
from sqlglot import exp

_LOWER, _UPPER = (exp.GTE, exp.GT), (exp.LTE, exp.LT)
Window = tuple[datetime.datetime, datetime.datetime]


def window(sql: str, event_time: str) -> Window:
    """The moments between which events can matter to a query, by its comparisons of the event time with constants."""
    first, last = datetime.datetime.min, datetime.datetime.max
    for comparison in sqlglot.parse_one(sql, dialect="athena").find_all(*_LOWER, *_UPPER):
        column, constant = comparison.this, comparison.expression
        if isinstance(column, exp.Column) and column.name.lower() == event_time and not constant.find(exp.Column):
            value = _moment(constant)
            if isinstance(comparison, _LOWER):
                first = max(first, value)
            else:
                last = min(last, value)
    return first, last


def over(sql: str, source: str, table: str, within: Window | None = None) -> str:
    """A query with the view of a source replaced by a table; of one by hour of arrival, the hours `within` alone."""
    tree = sqlglot.parse_one(sql, dialect="athena")
    for found in list(tree.find_all(exp.Table)):
        if found.name.lower() not in (source, f"{source}_now"):
            continue
        select = found.find_ancestor(exp.Select)
        if within and select:
            first, last = (f"{moment:%Y/%m/%d/%H}" for moment in within)
            select.where(f"datehour >= '{first}' AND datehour <= '{last}'", copy=False, dialect="athena")
        found.set("this", exp.to_identifier(table))
    return tree.sql(dialect="athena")


def _moment(constant: exp.Expr) -> datetime.datetime:
    [[value]] = duckdb.execute(f"SELECT CAST({constant.sql(dialect='duckdb')} AS TIMESTAMP)").fetchall()
    assert isinstance(value, datetime.datetime)
    return value
