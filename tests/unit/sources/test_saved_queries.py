"""The saved queries, asked of the local Athena over a lake of generated events, against answers of plain Python; and
what dashboards ask, against saved queries that ask for the same.
"""

import importlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboards import sql
from dashboards.feedback import ANSWERS, ANSWERS_BY_WEEK, FEEDBACK
from dashboards.model import ColumnType, DataSet
from dashboards.operations import FRESHNESS
from dashboards.orders import ORDERS
from dashboards.restaurant import LOOKS, RESTAURANT, STEPS
from dashboards.sales import SALES
from dashboards.survey_answers import SURVEY
from tests.unit.sources.answers.survey import by_readers
from tests.unit.sources.lake import Row
from tests.unit.sources.shop import CONTRACTS, MOMENTS, SAVED, Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.lake.rig.close()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("name", SAVED)
def test_a_saved_query_answers_what_plain_python_works_out(shop: Shop, name: str, moment: datetime) -> None:
    source, _, query = name.partition("/")
    answer: Any = getattr(importlib.import_module(f"tests.unit.sources.answers.{source}"), query, None)
    assert answer is not None, (
        f"no answer is worked out for {name}: tests/unit/sources/answers/{source}.py has no {query}"
    )
    expected = answer(shop, moment)

    assert shop.lake.ask(SAVED[name].sql, moment) == expected
    assert expected != []


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_query_names_its_columns(name: str) -> None:
    assert "*" not in SAVED[name].sql.replace("COUNT(*)", "").replace(" * ", "")


def test_the_survey_s_data_set_scores_as_the_saved_query_does(shop: Shop) -> None:
    asked = (
        f"SELECT dashboard, SUM(answers), SUM(satisfied) FROM ({_utc(SURVEY)}) GROUP BY dashboard ORDER BY dashboard"
    )
    answers = by_readers(shop.now("survey"))
    assert shop.lake.ask(asked, MOMENTS[0]) == [
        (name, len(own), sum(row["satisfied"] for row in own))
        for name in ("restaurant", "sales")
        if (own := [row for row in answers if row["dashboard"] == name])
    ]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_each_source_says_how_old_its_newest_row_is_and_how_many_wait_for_curation(
    shop: Shop, moment: datetime
) -> None:
    since = datetime.combine(moment.date() - timedelta(days=7), time())

    def lately(rows: list[Row]) -> list[datetime]:
        return [row["received_at"] for row in rows if row["received_at"] >= since]

    assert shop.lake.ask(f"{FRESHNESS.sql} ORDER BY source", moment) == [
        (
            source,
            (moment - max(lately(shop.now(source)))) // timedelta(minutes=1),
            len(lately(shop.now(source))) - len(lately(shop.curated(source))),
        )
        for source in sorted(CONTRACTS)
    ]


DATA_SETS = {data_set.name: data_set for it in (RESTAURANT, SALES, FEEDBACK) for data_set in it.data_sets}
TYPES = {
    ColumnType.STRING: "varchar",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "double",
    ColumnType.DATETIME: "timestamp",
}


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_answers_the_columns_that_it_declares(shop: Shop, name: str) -> None:
    data_set = DATA_SETS[name]
    columns = shop.lake.rig.results(_utc(data_set))["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]

    assert [(column["Name"], column["Type"]) for column in columns] == [
        (column.name, TYPES[column.type]) for column in data_set.columns
    ]


def _utc(data_set: DataSet) -> str:
    return sql.select(data_set, "UTC")


_RECENT = "occurred_at >= current_date - INTERVAL '{}' DAY AND occurred_at < current_date + INTERVAL '1' DAY"
SAME_AS = {
    "orders/revenue_by_day": (
        "SELECT CAST(occurred_at AS DATE), SUM(order_lines), SUM(revenue)",
        ORDERS,
        f"WHERE {_RECENT.format(7)} GROUP BY 1 ORDER BY 1",
        (0, 1, 3),
    ),
    "orders/orders_by_hour_of_day": (
        "SELECT CAST(substr(hour, 1, 2) AS bigint), SUM(order_lines), SUM(revenue)",
        ORDERS,
        f"WHERE {_RECENT.format(28)} GROUP BY 1 ORDER BY 1",
        (0, 1, 2),
    ),
    "orders/top_menu_items_by_revenue": (
        "SELECT menu_item, SUM(order_lines), SUM(quantity), SUM(revenue)",
        ORDERS,
        "GROUP BY menu_item ORDER BY SUM(revenue) DESC LIMIT 10",
        (0, 1, 2, 3),
    ),
    "feedback/score_by_store": (
        "SELECT store, SUM(answers), ROUND(AVG(CAST(score AS double)), 1), ROUND(AVG(CAST(points AS double)), 0)",
        ANSWERS,
        f"WHERE {_RECENT.format(90)} GROUP BY store ORDER BY 4 DESC, store",
        (0, 1, 2, 5),
    ),
    "feedback/score_trend_by_store": (
        "SELECT store, CAST(occurred_at AS DATE), answers, ROUND(1e0 * score / answers, 1), "
        "ROUND(1e0 * points / answers, 0)",
        ANSWERS_BY_WEEK,
        "ORDER BY 1, 2",
        (0, 1, 2, 3, 5),
    ),
    "clickstream/time_spent_by_menu_element": (
        "SELECT menu_element, SUM(looks), SUM(seconds), ROUND(AVG(CAST(seconds AS double)), 1)",
        LOOKS,
        f"WHERE {_RECENT.format(28)} GROUP BY menu_element ORDER BY 3 DESC, 1",
        (0, 1, 2, 3),
    ),
    "clickstream/quick_looks_by_menu": (
        "SELECT store, COUNT_IF(step LIKE '1%'), COUNT_IF(step LIKE '1%') - COUNT_IF(step LIKE '2%')",
        STEPS,
        f"WHERE (step LIKE '1%' OR step LIKE '2%') AND {_RECENT.format(28)} GROUP BY store "
        "ORDER BY COUNT_IF(step LIKE '2%') * 1e0 / COUNT(*), store",
        (0, 1, 2),
    ),
}
"""Saved queries, and how the same comes of a data set: SELECT, data set, the rest, which of the query's columns."""


@pytest.mark.parametrize("name", SAME_AS)
def test_dashboards_and_saved_queries_say_the_same(shop: Shop, name: str) -> None:
    select, data_set, rest, columns = SAME_AS[name]
    moment = MOMENTS[0]
    source = name.partition("/")[0]
    saved = shop.lake.ask(SAVED[name].sql.replace(f"FROM {source}\n", f"FROM {source}_now\n"), moment)

    answer = shop.lake.ask(f"{select} FROM ({_utc(data_set)}) {rest}", moment)

    assert answer == [tuple(pytest.approx(_number(row[column])) for column in columns) for row in saved]
    assert answer != []


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
