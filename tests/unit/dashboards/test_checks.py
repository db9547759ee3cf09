from dataclasses import replace

import pytest

import dashboards
from dashboards import (
    STORE,
    TIME,
    Aggregation,
    Column,
    ColumnType,
    DataSet,
    DeclarationError,
    Dimension,
    Filter,
    Format,
    Granularity,
    Line,
    Measure,
    Only,
    Ratio,
)

from .declared import DAY, EVERYTHING, HOUR, ITEM, REVENUE, SALES, showing, visual


def refusal(*declared):
    with pytest.raises(DeclarationError) as refused:
        dashboards.check(declared)
    return str(refused.value)


def test_the_dashboards_of_the_platform_have_nothing_wrong():
    dashboards.check(dashboards.ALL)


def test_a_dashboard_of_every_kind_of_chart_has_nothing_wrong():
    dashboards.check([EVERYTHING])


def test_all_that_is_wrong_is_told_at_once():
    wrong = showing(visual("best", dimension=None), visual("hours", measures=()))
    assert [line.split(":")[0] for line in refusal(wrong).splitlines()] == [
        "dashboard everything, visual best",
        "dashboard everything, visual hours",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            visual("best", measures=(Measure("Revenue", "revenu"),)),
            "measure 'Revenue': the column 'revenu' is not known; near: revenue (data set sales); "
            "add it to the data set's columns and SQL, or name another",
        ),
        (
            visual("best", dimension=Dimension("Item", "itm")),
            "dimension 'Item': the column 'itm' is not known; near: item",
        ),
        (visual("average", measures=(Ratio("Each", "revenue", "pieces"),)), "ratio 'Each': the column 'pieces' is not"),
        (visual("best", dimension=None), "a bar needs a dimension; give it one, or make it a kpi"),
        (visual("best", measures=()), "a bar needs a measure"),
        (visual("best", top=0), "top is 0; a bar shows at least 1 category"),
        (visual("best", only=(Only("stroe", ("a",)),)), "only: the column 'stroe' is not known; near: store"),
        (visual("best", only=(Only("hour", ("1",)),)), "only: the column 'hour' is no STRING; make a text of it"),
        (
            visual("best", only=(Only(STORE, ()),)),
            "only: no values of the column 'store', so that nothing would be shown",
        ),
        (visual("total", dimension=ITEM), "a kpi is one number and takes no dimension; leave it out, or take a bar"),
        (visual("total", measures=(REVENUE, Measure("Items", "quantity"))), "a kpi shows one measure, and it has 2"),
        (visual("total", line=Line("Enough", 1)), "a kpi takes no line; leave it out, or take a column"),
        (visual("steps", series=HOUR), "a funnel takes no series; leave it out, or take a column"),
        (visual("map", series=None), "a heat map needs a series, which goes across; give it one, or take a column"),
        (visual("map", series=ITEM), "the label 'Item' is there 2 times; give each a name of its own"),
        (visual("days", series=ITEM), "has a series and several measures"),
        (visual("days", dimension=ITEM), "a line is over time; give its dimension a time column and a granularity"),
        (
            visual("hours", dimension=Dimension("Day", TIME)),
            "dimension 'Day': the column 'occurred_at' is a time; give it a granularity, such as Granularity.DAY",
        ),
        (
            visual("best", dimension=Dimension("Item", "item", Granularity.DAY)),
            "dimension 'Item': the column 'item' is a STRING and takes no granularity; leave it out",
        ),
        (
            visual("total", measures=(Measure("Share", "item", Aggregation.COUNT, Format.PERCENT),)),
            "measure 'Share': a number of STRING values of 'item' is no percent; take Format.NUMBER, or a Ratio",
        ),
        (
            visual("total", measures=(Measure("Items", "item"),)),
            "measure 'Items': the column 'item' is a STRING, which has no SUM; COUNT it, or name a number",
        ),
        (
            visual("average", measures=(Ratio("Each", "revenue", "item"),)),
            "ratio 'Each': the column 'item' is a STRING, which has no sum",
        ),
        (visual("best", name="Best"), "its name becomes an id: lower-case letters and digits, words apart by hyphens"),
        (visual("best", question=""), "its question is its title: give it 1 to 512 characters"),
        (visual("total", measures=(Measure("", "revenue"),)), "measure '': a label is one line of 1 to 100 characters"),
    ],
)
def test_a_visual_that_cannot_be_shown_is_refused_by_its_name_with_the_fix(changed, message):
    assert f"dashboard everything, visual {changed.name}: {message}" in refusal(showing(changed))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Every Thing"}, "dashboard Every Thing: its name becomes an id"),
        ({"visuals": ()}, "dashboard everything: has no visuals; declare one"),
        ({"last_days": 0}, "dashboard everything: last_days is 0; today alone is 1"),
        (
            {"visuals": (visual("best"), visual("best"))},
            "the visual 'best' is there 2 times; give each a name of its own",
        ),
        (
            {"visuals": tuple(visual("best", name=f"best-{number}") for number in range(51))},
            "has 51 visuals, and a sheet of QuickSight 50 at most; move some to another dashboard",
        ),
        ({"filters": (Filter("Store", "stroe"),)}, "filter 'Store': the column 'stroe' is not known; near: store"),
        ({"filters": (Filter("Hour", "hour"),)}, "filter 'Hour': the column 'hour' is not a STRING in every data set"),
        ({"filters": (Filter("A", STORE), Filter("B", STORE))}, "the filter on 'store' is there 2 times"),
    ],
)
def test_a_dashboard_that_cannot_be_shown_is_refused_by_its_name_with_the_fix(changes, message):
    assert message in refusal(showing(visual("best"), **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Sales"}, "data set Sales: its view is named after it: lower-case letters, digits and underscores"),
        ({"name": "rules"}, "data set rules: the deployment makes a data set of this name itself; take another"),
        ({"columns": ()}, "data set sales: has no columns; name those of its SELECT"),
        ({"columns": (*SALES.columns, Column("item", ColumnType.STRING))}, "the column 'item' is there 2 times"),
        (
            {"columns": (*SALES.columns, Column("menuItem", ColumnType.STRING))},
            "the column 'menuItem' needs lower-case",
        ),
        ({"columns": (Column(TIME, ColumnType.STRING),)}, "make it a DATETIME, or call it otherwise"),
        (
            {"columns": (*SALES.columns, Column("revenue_per_quantity", ColumnType.DECIMAL))},
            "ratio 'Each': is called revenue_per_quantity in QuickSight, and so is a column of the data set",
        ),
        (
            {"refreshed_by": "received_at"},
            "refreshed_by names 'received_at', which is not a DATETIME column of it; take",
        ),
        ({"lookback_days": 0}, "data set sales: lookback_days is 0; a refresh asks for at least 1 day again"),
        ({"sql": "SELECT 1;"}, "data set sales: its SQL ends with a semicolon"),
    ],
)
def test_a_data_set_that_cannot_be_asked_is_refused_by_its_name_with_the_fix(changes, message):
    changed: DataSet = replace(SALES, **changes)
    assert message in refusal(showing(visual("average", data_set=changed)))


def test_names_are_given_once_among_all_dashboards():
    other = replace(SALES, description="Another one.")
    message = refusal(EVERYTHING, showing(visual("days", data_set=other, dimension=DAY)))
    assert "dashboards: the dashboard 'everything' is there 2 times" in message
    assert "dashboards: the data set 'sales' is there 2 times" in message


def test_the_tests_know_every_kind_of_chart():
    assert {visual.chart for visual in EVERYTHING.visuals} == set(dashboards.Chart)
