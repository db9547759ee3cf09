"""The query of a visual, in DuckDB's SQL over the table `data`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .data_sets import quoted
from .definition import rolling_dates
from .definition.parts import Bound, Categories, Sort, TimeRange, Visual
from .sql_text import any_of, moment

TABLE = "data"


@dataclass(frozen=True)
class Span:
    """Times from the first one on to before the last one; None: without a bound."""

    first: datetime | None
    before: datetime | None

    def days(self) -> tuple[date, date] | tuple[()]:
        """The first and the last day; nothing where a bound is missing."""
        if self.first is None or self.before is None:
            return ()
        return self.first.date(), (self.before - timedelta(microseconds=1)).date()


def span_of_days(first: date, last: date) -> Span:
    """Two days and what lies between."""
    return Span(datetime.combine(first, time()), datetime.combine(last, time()) + timedelta(days=1))


def span(range_: TimeRange, now: datetime, week_start: str) -> Span:
    """The times that a filter lets through, at a time in UTC. Raises ServiceError for a date that there is not."""

    def bound(given: Bound | None, *, is_last: bool) -> datetime | None:
        if given is None:
            return None
        value = given.fixed or rolling_dates.evaluate(given.expression, now, week_start)
        is_beyond = given.is_included if is_last else not given.is_included
        if range_.granularity is None:
            # The least that times can differ by.
            return value + timedelta(microseconds=1) if is_beyond else value
        value = rolling_dates.truncated(value, range_.granularity, week_start)
        return rolling_dates.later(value, 1, range_.granularity) if is_beyond else value

    return Span(bound(range_.first, is_last=False), bound(range_.last, is_last=True))


def in_span(range_: TimeRange, times: Span) -> str:
    """The condition of a time range."""
    column = quoted(range_.scope.column)
    conditions = [f"{column} >= {moment(times.first)}"] if times.first else []
    conditions += [f"{column} < {moment(times.before)}"] if times.before else []
    return _with_nulls(column, " AND ".join(conditions) or f"{column} IS NOT NULL", range_.has_nulls)


def in_categories(filter_: Categories, chosen: Sequence[str]) -> str:
    """The condition of a category filter, with what a reader has chosen instead of its values."""
    column = quoted(filter_.scope.column)
    if chosen:
        return any_of(column, chosen)
    if filter_.values is None:
        return "TRUE" if filter_.has_nulls else f"{column} IS NOT NULL"
    condition = any_of(column, filter_.values)
    return _with_nulls(column, f"NOT {condition}" if filter_.is_excluding else condition, filter_.has_nulls)


def of_visual(visual: Visual, conditions: Iterable[str]) -> str:
    """The query of a visual: a column for each field, by the fields' ids.

    Each dimension's values have a place by their own order; beyond the limit they are left out.
    """
    where = " AND ".join(f"({condition})" for condition in conditions) or "TRUE"
    tables = [f"shown AS (SELECT * FROM {TABLE} WHERE {where})"]
    joins, kept, places = "", [], []
    for index, dimension in enumerate(visual.dimensions):
        order = ", ".join([*map(_order, dimension.sorts), _order(Sort(dimension.sql))])
        tables.append(
            f"values_{index} AS (SELECT {dimension.sql} AS its_value, "
            f"row_number() OVER (ORDER BY {order}) AS its_place FROM shown GROUP BY {dimension.sql})"
        )
        joins += f" JOIN values_{index} ON {dimension.sql} IS NOT DISTINCT FROM values_{index}.its_value"
        places.append(f"values_{index}.its_place")
        if dimension.limit is not None:
            kept.append(f"values_{index}.its_place <= {dimension.limit}")
    fields = [f"{each.sql} AS {quoted(each.field.id)}" for each in visual.shown]
    sql = f"WITH {', '.join(tables)} SELECT {', '.join(fields)} FROM shown{joins}"
    if kept:
        sql += f" WHERE {' AND '.join(kept)}"
    if visual.dimensions:
        groups = [each.sql for each in visual.dimensions]
        orders = [*map(_order, visual.row_sorts), *places]
        sql += f" GROUP BY {', '.join([*groups, *places])} ORDER BY {', '.join(orders)}"
    return sql


def of_values(column: str, condition: str) -> str:
    """The query of the values that a column has."""
    name = quoted(column)
    return f"SELECT DISTINCT {name} FROM {TABLE} WHERE {name} IS NOT NULL AND ({condition}) ORDER BY 1"


def _order(sort: Sort) -> str:
    return f"{sort.sql} {'DESC' if sort.is_descending else 'ASC'} NULLS LAST"


def _with_nulls(column: str, condition: str, has_nulls: bool) -> str:
    return f"({condition}) OR {column} IS NULL" if has_nulls else condition
