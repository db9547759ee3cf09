"""The query of each kind of visual, asked of the local Athena over rows whose answers are plain to see."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dashboards import STORE, TIME, Aggregation, Dimension, Granularity, Measure, sql
from tests.unit.local.athena_rig import DATABASE, AthenaRig

from .declared import DAY, REVENUE, STOCK, visual

ROWS = """
    (TIMESTAMP '2026-03-01 00:00:00', 'east', 'Soup', 12, 1, 2.0),
    (TIMESTAMP '2026-03-01 23:59:59', 'west', 'Soup', 9, 2, 3.0),
    (TIMESTAMP '2026-03-02 12:00:00', 'east', 'Cake', 12, 4, 8.0),
    (TIMESTAMP '2026-03-03 12:00:00', 'o''n', 'Tea', 9, 1, 1.0),
    (TIMESTAMP '2026-03-09 12:00:00', 'west', 'Tea', 9, 0, 0.0),
    (TIMESTAMP '2026-03-09 12:00:00', 'west', CAST(NULL AS varchar), 9, 0, 4.0)
"""
COLUMNS = {
    TIME: "timestamp(3)",
    STORE: "varchar",
    "item": "varchar",
    "hour": "bigint",
    "quantity": "bigint",
    "revenue": "double",
}


@pytest.fixture(scope="module")
def athena():
    rig = AthenaRig()
    select = f"SELECT {', '.join(COLUMNS)} FROM (VALUES {ROWS}) AS t ({', '.join(COLUMNS)})"
    rig.view("dashboard_sales", select, COLUMNS)
    stock = "SELECT item, pieces FROM (VALUES ('Soup', 3), ('Tea', 5)) AS t (item, pieces)"
    rig.view("dashboard_stock", stock, {"item": "varchar", "pieces": "bigint"})
    yield rig
    rig.close()


@pytest.fixture
def ask(athena):
    def ask(shown, dates=None, chosen=None):
        page = athena.results(sql.visual_query(shown, DATABASE, dates, chosen))["ResultSet"]
        kinds = [column["Type"] for column in page["ResultSetMetadata"]["ColumnInfo"]]
        return [
            tuple(
                Decimal(text) if text and kind in ("bigint", "double", "decimal") else text
                for text, kind in zip([datum.get("VarCharValue") for datum in row["Data"]], kinds, strict=True)
            )
            for row in page["Rows"][1:]
        ]

    return ask


def test_a_kpi_is_one_number(ask):
    assert ask(visual("total")) == [(18,)]


def test_a_ratio_is_a_sum_over_a_sum_and_nothing_where_that_is_zero(ask):
    assert ask(visual("average")) == [(Decimal("2.25"),)]
    assert ask(visual("average"), chosen={"item": ["Tea"]}, dates=(date(2026, 3, 9), date(2026, 3, 9))) == [(None,)]


def test_bars_are_the_largest_categories_of_the_rows_that_they_are_about(ask):
    assert ask(visual("best", only=())) == [("Cake", 8), ("Soup", 5)]
    assert ask(visual("best")) == [("Cake", 8), ("Soup", 2)]
    assert ask(visual("best", top=9)) == [("Cake", 8), ("Soup", 2), ("Tea", 1)]


def test_bars_with_series_are_the_largest_of_all_series_together(ask):
    shown = visual("best-by-store", top=3)
    assert ask(shown) == [
        ("Cake", "east", 8),
        ("Soup", "east", 2),
        ("Soup", "west", 3),
        (None, "west", 4),
    ]
    assert ask(shown, chosen={STORE: ["west"]}) == [(None, "west", 4), ("Soup", "west", 3), ("Tea", "west", 0)]


def test_columns_are_in_the_order_of_their_categories(ask):
    assert ask(visual("hours")) == [(9, 8), (12, 10)]


def test_a_line_has_a_point_for_each_period(ask):
    days = visual("days", all_dates=False, measures=(REVENUE,))
    assert ask(days) == [
        ("2026-03-01 00:00:00.000", 5),
        ("2026-03-02 00:00:00.000", 8),
        ("2026-03-03 00:00:00.000", 1),
        ("2026-03-09 00:00:00.000", 4),
    ]
    weeks = visual("days", measures=(REVENUE,), dimension=Dimension("Week", TIME, Granularity.WEEK))
    assert [row[0][:10] for row in ask(weeks)] == ["2026-02-23", "2026-03-02", "2026-03-09"]


def test_a_range_has_whole_days_the_first_and_the_last_among_them(ask):
    dates = (date(2026, 3, 1), date(2026, 3, 2))
    assert ask(visual("days", all_dates=False, measures=(REVENUE,)), dates) == [
        ("2026-03-01 00:00:00.000", 5),
        ("2026-03-02 00:00:00.000", 8),
    ]


def test_a_range_leaves_alone_what_is_of_all_dates_and_what_is_of_now(ask):
    long_ago = (date(2020, 1, 1), date(2020, 1, 1))
    assert len(ask(visual("days"), long_ago)) == 4
    assert ask(visual("left"), long_ago, {STORE: ["east"]}) == [("Tea", 5), ("Soup", 3)]


def test_a_funnel_has_the_steps_in_the_order_of_their_names(ask):
    assert ask(visual("steps")) == [("Cake", 8), ("Soup", 5), ("Tea", 1), (None, 4)]


def test_a_heat_map_has_a_cell_for_each_pair(ask):
    assert ask(visual("map"), chosen={STORE: ["east", "west"], "item": ["Soup", "Cake"]}) == [
        ("Cake", 12, 8),
        ("Soup", 9, 3),
        ("Soup", 12, 2),
    ]


def test_a_table_has_each_measure(ask):
    assert ask(visual("table"), chosen={"item": ["Soup", "Tea"]}) == [
        ("Soup", 5, pytest.approx(Decimal("1.66666667"))),
        ("Tea", 1, 1),
    ]


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [
        (Aggregation.SUM, 18),
        (Aggregation.AVERAGE, 3),
        (Aggregation.COUNT, 6),
        (Aggregation.DISTINCT_COUNT, 6),
        (Aggregation.MIN, 0),
        (Aggregation.MAX, 8),
    ],
)
def test_values_become_one_number_as_the_measure_says(ask, aggregation, value):
    assert ask(visual("total", measures=(Measure("Revenue", "revenue", aggregation),))) == [(value,)]


def test_texts_are_counted_where_there_is_one(ask):
    assert ask(visual("total", measures=(Measure("Items", "item", Aggregation.COUNT),))) == [(5,)]


def test_what_is_chosen_is_text_whatever_it_says(ask):
    assert ask(visual("total"), chosen={STORE: ["o'n"]}) == [(1,)]
    assert ask(visual("total"), chosen={STORE: ["' OR 1=1 --"]}) == [(None,)]
    assert ask(visual("total"), chosen={STORE: []}) == [(18,)]


def test_columns_of_the_answer_are_called_by_their_labels(athena):
    page = athena.results(sql.visual_query(visual("days", dimension=DAY), DATABASE))["ResultSet"]
    assert [column["Name"] for column in page["ResultSetMetadata"]["ColumnInfo"]] == ["Day", "Revenue", "Items"]


def test_a_view_has_the_days_of_the_business():
    days = replace(STOCK, sql="SELECT occurred_at AT TIME ZONE '{timezone}' AS item, '{}' AS pieces FROM orders_now")
    assert sql.select(days, "Europe/Rome") == days.sql.replace("{timezone}", "Europe/Rome")
