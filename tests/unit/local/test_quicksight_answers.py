"""What deployed dashboards answer: QuickSight's definitions over a small data set."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from rapid.local.quicksight.answers import NumberFormat, Place
from rapid.local.quicksight.definition import read
from rapid.local.service_error import ServiceError

from .cloud_rig import Rig
from .quicksight_rig import READER, QuickSightRig, bars, category, column, day, group_of, kpi, looked_at, number, visual

API = "https://docs.aws.amazon.com/quicksight/latest/APIReference/API_"
USER = "https://docs.aws.amazon.com/quicksight/latest/user/"

COLUMNS = {
    "at": "DATETIME",
    "store": "STRING",
    "item": "STRING",
    "quantity": "INTEGER",
    "revenue": "DECIMAL",
}
TODAY = datetime(2026, 3, 1)


def values(*rows: tuple[object, ...]) -> str:
    """A query of rows: a time, a store, an item, a quantity, a revenue."""

    def literal(value: object) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, datetime):
            return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}'"
        return f"'{value}'" if isinstance(value, str) else f"{value}"

    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    return f"SELECT * FROM (VALUES {listed}) AS t (at, store, item, quantity, revenue)"


SALES = values(
    (datetime(2026, 3, 1, 9, 30), "north", "tea", 1, 3.0),
    (datetime(2026, 3, 1, 18), "north", "cake", 2, 9.0),
    (datetime(2026, 3, 2, 9), "south", "tea", 3, 9.5),
    (datetime(2026, 3, 8, 12), "south", "soup", 1, 6.0),
    (datetime(2026, 3, 9, 12), None, "tea", 1, None),
)


@pytest.fixture(scope="module")
def quick(rig: Rig) -> Iterator[QuickSightRig]:
    with looked_at(TODAY):
        yield QuickSightRig.over(rig)


@pytest.fixture(scope="module")
def sales(quick: QuickSightRig) -> str:
    return quick.data_set(SALES, COLUMNS)


@pytest.mark.aws("QuickSight", "Visuals", f"{API}NumericalAggregationFunction.html")
@pytest.mark.parametrize(
    ("aggregation", "value"),
    [
        ("SUM", 27.5),
        ("AVERAGE", 27.5 / 4),
        ("MIN", 3.0),
        ("MAX", 9.5),
        ("COUNT", 4),
        ("DISTINCT_COUNT", 4),
        ("MEDIAN", 7.5),
        ({"PercentileAggregation": {"PercentileValue": 50.0}}, 7.5),
    ],
)
def test_a_kpi_is_one_number(quick: QuickSightRig, sales: str, aggregation: object, value: float) -> None:
    assert quick.rows(kpi("total", number("revenue", aggregation)), sales) == [{"revenue-sum": pytest.approx(value)}]


@pytest.mark.aws("QuickSight", "Visuals", f"{API}CategoricalMeasureField.html")
def test_texts_are_counted(quick: QuickSightRig, sales: str) -> None:
    items = {"FieldId": "items", "Column": column("item"), "AggregationFunction": "DISTINCT_COUNT"}
    assert quick.rows(kpi("items", {"CategoricalMeasureField": items}), sales) == [{"items": 3}]


@pytest.mark.aws("QuickSight", "Visuals", f"{API}BarChartSortConfiguration.html")
def test_bars_are_sorted_and_the_largest_alone_are_shown(quick: QuickSightRig, sales: str) -> None:
    limit = {"ItemsLimit": 2, "OtherCategories": "EXCLUDE"}
    sort = {"FieldSort": {"FieldId": "quantity-sum", "Direction": "DESC"}}
    sorting = {"CategorySort": [sort], "CategoryItemsLimit": limit}
    bar = bars("top", category("item"), number("quantity"), SortConfiguration=sorting, Orientation="HORIZONTAL")
    assert quick.rows(bar, sales) == [{"item": "tea", "quantity-sum": 5}, {"item": "cake", "quantity-sum": 2}]


@pytest.mark.aws("QuickSight", "Visuals", f"{API}BarChartAggregatedFieldWells.html")
def test_bars_of_a_series_stay_in_the_order_of_their_categories(quick: QuickSightRig, sales: str) -> None:
    sort = {"FieldSort": {"FieldId": "quantity-sum", "Direction": "DESC"}}
    sorting = {"CategorySort": [sort], "CategoryItemsLimit": {"ItemsLimit": 1, "OtherCategories": "EXCLUDE"}}
    bar = bars("top", category("item"), number("quantity"), colors=category("store"), SortConfiguration=sorting)
    assert [(row["item"], row["store"], row["quantity-sum"]) for row in quick.rows(bar, sales)] == [
        ("tea", "north", 1),
        ("tea", "south", 3),
        ("tea", None, 1),
    ]


@pytest.mark.aws("QuickSight", "Visuals", f"{API}ColumnSort.html")
def test_steps_are_sorted_by_a_column_that_is_not_shown(quick: QuickSightRig, sales: str) -> None:
    function = {"NumericalAggregationFunction": {"SimpleNumericalAggregation": "MAX"}}
    sort = {"ColumnSort": {"SortBy": column("revenue"), "Direction": "ASC", "AggregationFunction": function}}
    wells = {"FunnelChartAggregatedFieldWells": {"Category": [category("item")], "Values": [number("quantity")]}}
    funnel = visual("FunnelChartVisual", "steps", wells, SortConfiguration={"CategorySort": [sort]})
    assert [row["item"] for row in quick.rows(funnel, sales)] == ["soup", "cake", "tea"]


@pytest.mark.aws("QuickSight", "Visuals", f"{API}DateDimensionField.html")
@pytest.mark.parametrize(
    ("granularity", "options", "points"),
    [
        ("DAY", {}, [(date(2026, 3, 1), 3), (date(2026, 3, 2), 3), (date(2026, 3, 8), 1), (date(2026, 3, 9), 1)]),
        ("MONTH", {}, [(date(2026, 3, 1), 8)]),
        ("WEEK", {}, [(date(2026, 3, 1), 6), (date(2026, 3, 8), 2)]),
        (
            "WEEK",
            {"Options": {"WeekStart": "MONDAY"}},
            [(date(2026, 2, 23), 3), (date(2026, 3, 2), 4), (date(2026, 3, 9), 1)],
        ),
    ],
)
def test_a_line_has_a_point_for_each_period(
    quick: QuickSightRig, sales: str, granularity: str, options: dict[str, object], points: list[tuple[date, int]]
) -> None:
    wells = {"LineChartAggregatedFieldWells": {"Category": [day("at", granularity)], "Values": [number("quantity")]}}
    rows = quick.rows(visual("LineChartVisual", "line", wells), sales, **options)
    assert [(row["at"].date(), row["quantity-sum"]) for row in rows] == points


@pytest.mark.aws("QuickSight", "Visuals", f"{API}HeatMapAggregatedFieldWells.html")
def test_a_heat_map_has_a_cell_for_each_row_and_column_with_data(quick: QuickSightRig, sales: str) -> None:
    wells = {"Rows": [category("item")], "Columns": [category("store")], "Values": [number("quantity")]}
    rows = quick.rows(visual("HeatMapVisual", "heat", {"HeatMapAggregatedFieldWells": wells}), sales)
    assert [tuple(row.values()) for row in rows] == [
        ("cake", "north", 2),
        ("soup", "south", 1),
        ("tea", "north", 1),
        ("tea", "south", 3),
        ("tea", None, 1),
    ]


@pytest.mark.aws("QuickSight", "Visuals", f"{API}TableAggregatedFieldWells.html")
def test_a_table_is_sorted_by_its_rows(quick: QuickSightRig, sales: str) -> None:
    wells = {"GroupBy": [category("item"), category("store")], "Values": [number("quantity"), number("revenue")]}
    sort = [{"FieldSort": {"FieldId": "revenue-sum", "Direction": "DESC"}}]
    table = visual("TableVisual", "table", {"TableAggregatedFieldWells": wells}, SortConfiguration={"RowSort": sort})
    assert [tuple(row.values()) for row in quick.rows(table, sales)] == [
        ("tea", "south", 3, 9.5),
        ("cake", "north", 2, 9.0),
        ("soup", "south", 1, 6.0),
        ("tea", "north", 1, 3.0),
        ("tea", None, 1, None),
    ]


@pytest.mark.aws("QuickSight", "Calculations", f"{API}CalculatedField.html")
def test_a_ratio_is_the_sum_over_the_sum(quick: QuickSightRig, sales: str) -> None:
    price = {"DataSetIdentifier": "sales", "Name": "price", "Expression": "sum({revenue}) / sum({quantity})"}
    bar = bars("price", category("store"), number("price", None))
    assert quick.rows(bar, sales, CalculatedFields=[price]) == [
        {"store": "north", "price-sum": 4.0},
        {"store": "south", "price-sum": 15.5 / 4},
        {"store": None, "price-sum": None},
    ]


@pytest.mark.aws("QuickSight", "Calculations", f"{API}CalculatedMeasureField.html")
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("sum({quantity}) / sum({quantity})", 1.0),
        ("(sum({quantity}) - 2) * 2 / count({item})", 2.4),
        ("distinct_count({item}) / (sum({quantity}) - sum({quantity}))", None),
    ],
)
def test_a_measure_is_calculated(quick: QuickSightRig, sales: str, expression: str, value: float | None) -> None:
    measure = {"CalculatedMeasureField": {"FieldId": "ratio", "Expression": expression}}
    wells = {"TableAggregatedFieldWells": {"Values": [number("quantity"), measure]}}
    (row,) = quick.rows(visual("TableVisual", "table", wells), sales)
    assert row["ratio"] == (value if value is None else pytest.approx(value))


def refusal(quick: QuickSightRig, sales: str, visual_: dict[str, object], **more: object) -> str:
    """What a dashboard of one visual is refused with."""
    with pytest.raises(ClientError) as refused:
        quick.dashboard(quick.definition({"sales": sales}, [visual_], **more))
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("sum({cost})", "InvalidParameterValueException: Column cost of the calculation 'sum({cost})' is not found"),
        ("sum({item})", "InvalidParameterValueException: Column item of the calculation 'sum({item})' is STRING"),
        ("sum({quantity}", "InvalidParameterValueException: Syntax error in the calculation 'sum({quantity}':"),
        ("sum({quantity}) 2", "unexpected '2'"),
        ("{quantity}", "NotImplemented: The local cloud does not support calculations of single rows"),
        ("percentile({quantity}, 5)", "NotImplemented: The local cloud does not support the function percentile"),
    ],
)
def test_a_calculation_that_is_not_understood_is_refused(
    quick: QuickSightRig, sales: str, expression: str, message: str
) -> None:
    field = {"DataSetIdentifier": "sales", "Name": "own", "Expression": expression}
    assert message in refusal(quick, sales, kpi("own", number("own", None)), CalculatedFields=[field])


PIE = visual("PieChartVisual", "pie", {})
WATERFALL = bars("bars", category("item"), number("quantity"), BarsArrangement="STACKED_PERCENT")
OTHERS = bars("bars", category("item"), number("quantity"), SortConfiguration={"CategoryItemsLimit": {"ItemsLimit": 3}})
FORECAST = visual(
    "LineChartVisual",
    "line",
    {"LineChartAggregatedFieldWells": {"Category": [day("at")], "Values": [number("quantity")]}},
    ForecastConfigurations=[{"ForecastProperties": {"PeriodsForward": 7}}],
)


TABLE = {"TableAggregatedFieldWells": {"GroupBy": [category("item")], "Values": [number("quantity")]}}
TOTALS = visual("TableVisual", "table", TABLE, TotalOptions={"TotalsVisibility": "VISIBLE"})
REORDERED = visual("TableVisual", "table", TABLE, FieldOptions={"Order": ["quantity-sum", "item"]})
ZEROS = visual(
    "LineChartVisual",
    "line",
    {"LineChartAggregatedFieldWells": {"Category": [day("at")], "Values": [number("quantity")]}},
    PrimaryYAxisDisplayOptions={"MissingDataConfigurations": [{"TreatmentOption": "SHOW_AS_ZERO"}]},
)


@pytest.mark.parametrize(
    ("visual_", "message"),
    [
        (TOTALS, "the totals of visual table"),
        (REORDERED, "another Order of the fields of visual table"),
        (ZEROS, "MissingDataConfigurations of visual line"),
        (PIE, "PieChartVisual (visual pie)"),
        (WATERFALL, "the BarsArrangement STACKED_PERCENT of visual bars"),
        (OTHERS, "CategoryItemsLimit of visual bars but with OtherCategories EXCLUDE"),
        (FORECAST, "LineChartVisual (visual line) with ForecastConfigurations"),
    ],
)
def test_what_is_not_supported_of_a_visual_is_refused_by_name(
    quick: QuickSightRig, sales: str, visual_: dict[str, object], message: str
) -> None:
    assert f"NotImplemented: The local cloud does not support {message}" in refusal(quick, sales, visual_)


@pytest.mark.aws("QuickSight", "Dashboards", f"{API}CreateDashboard.html")
@pytest.mark.parametrize(
    ("visual_", "message"),
    [
        (kpi("one", number("cost")), "Column cost of visual one is not found in the dataset sales"),
        (kpi("one", number("item")), "NumericalMeasureField of visual one does not take the column item"),
        (kpi("one", number("cost", data_set="costs")), "visual one names the dataset 'costs'"),
    ],
)
def test_a_column_that_does_not_fit_is_refused(
    quick: QuickSightRig, sales: str, visual_: dict[str, object], message: str
) -> None:
    assert f"InvalidParameterValueException: {message}" in refusal(quick, sales, visual_)


def time_range(first: str = "", last: str = "", **more: object) -> dict[str, object]:
    """A filter of rolling dates on `at`."""
    bounds = {"RangeMinimumValue": first, "RangeMaximumValue": last}
    rolling = {name: {"RollingDate": {"Expression": text}} for name, text in bounds.items() if text}
    given = {"FilterId": "dates", "Column": column("at"), "NullOption": "NON_NULLS_ONLY", **rolling, **more}
    return {"TimeRangeFilter": given}


LAST_TWO_DAYS = time_range(
    "addDateTime(-1, 'DD', truncDate('DD', now()))",
    "truncDate('DD', now())",
    IncludeMinimum=True,
    IncludeMaximum=True,
    TimeGranularity="DAY",
)
DATES = {"DateTimePicker": {"FilterControlId": "d", "Title": "Dates", "SourceFilterId": "dates", "Type": "DATE_RANGE"}}
STORES = {"Dropdown": {"FilterControlId": "s", "Title": "Store", "SourceFilterId": "stores", "Type": "MULTI_SELECT"}}


@pytest.fixture(scope="module")
def recent(quick: QuickSightRig) -> str:
    rows = [(TODAY - timedelta(days=days, hours=-12), "north", "tea", 10**days, 1.0) for days in range(4)]
    rows.append((TODAY - timedelta(days=1), "south", "tea", 5, 1.0))
    rows.append((TODAY + timedelta(days=1), "south", "tea", 7, 1.0))
    return quick.data_set(values(*rows), COLUMNS)


@pytest.mark.aws("QuickSight", "Filters", f"{API}RollingDateConfiguration.html")
def test_dates_roll_with_the_clock(quick: QuickSightRig, recent: str) -> None:
    definition = quick.definition(
        {"sales": recent},
        [kpi("shown", number("quantity")), kpi("all", number("quantity"))],
        FilterGroups=[group_of(LAST_TWO_DAYS, "shown")],
        sheet={"FilterControls": [DATES]},
    )
    dashboard = quick.dashboard(definition)
    answer = quick.answer(dashboard)
    assert [visual_.rows for visual_ in answer.visuals] == [[{"quantity-sum": 16}], [{"quantity-sum": 1123}]]
    (dates,) = answer.controls
    assert dates.selected == (TODAY.date() - timedelta(days=1), TODAY.date())
    assert dates.selected == quick.rig.cloud.quicksight.dashboards.usual_dates(dashboard)


@pytest.mark.aws("QuickSight", "Filters", f"{API}RollingDateConfiguration.html")
@pytest.mark.parametrize(
    "expression", ["yesterday()", "truncDate('XX', now())", "addDateTime(999999999, 'YYYY', now())"]
)
def test_a_date_that_there_is_not_is_refused_when_the_dashboard_is_made(
    quick: QuickSightRig, recent: str, expression: str
) -> None:
    groups = [group_of(time_range(expression))]
    said = refusal(quick, recent, kpi("shown", number("quantity")), FilterGroups=groups)
    assert said.startswith("InvalidParameterValueException")


@pytest.mark.parametrize("value", ["last winter", 1e30])
def test_a_fixed_date_that_there_is_not_is_refused_when_the_dashboard_is_made(
    quick: QuickSightRig, value: object
) -> None:
    groups = [group_of(time_range(RangeMinimumValue={"StaticValue": value}))]
    made = quick.definition({"sales": "arn"}, [kpi("shown", number("quantity"))], FilterGroups=groups)
    with pytest.raises(ServiceError, match=r"The StaticValue .* of filter group group-dates is no time"):
        read(made, {"arn": COLUMNS})


@pytest.mark.aws("QuickSight", "Filters", f"{API}FilterDateTimePickerControl.html")
def test_a_reader_chooses_other_dates(quick: QuickSightRig, recent: str) -> None:
    definition = quick.definition(
        {"sales": recent},
        [kpi("shown", number("quantity"))],
        FilterGroups=[group_of(LAST_TWO_DAYS)],
        sheet={"FilterControls": [DATES]},
    )
    chosen = (TODAY.date() - timedelta(days=3), TODAY.date() - timedelta(days=1))
    answer = quick.answer(quick.dashboard(definition), dates=chosen)
    assert answer.visuals[0].rows == [{"quantity-sum": 1115}]
    assert answer.controls[0].selected == chosen


@pytest.mark.aws("QuickSight", "Filters", f"{API}TimeRangeFilter.html")
@pytest.mark.parametrize(
    ("more", "total"),
    [
        ({"IncludeMinimum": True, "IncludeMaximum": True}, 16),
        ({"IncludeMinimum": False, "IncludeMaximum": True}, 11),
        ({"IncludeMinimum": True, "IncludeMaximum": False}, 15),
    ],
)
def test_a_bound_of_a_range_is_in_it_or_not(
    quick: QuickSightRig, recent: str, more: dict[str, bool], total: int
) -> None:
    first = (TODAY - timedelta(days=1)).replace(tzinfo=UTC)
    last = (TODAY + timedelta(hours=12)).replace(tzinfo=UTC)
    bounds = {"RangeMinimumValue": {"StaticValue": first}, "RangeMaximumValue": {"StaticValue": last}}
    groups = [group_of(time_range(**bounds, **more))]
    rows = quick.rows(kpi("shown", number("quantity")), recent, FilterGroups=groups)
    assert rows == [{"quantity-sum": total}]


def stores(values_: list[str] | None = None, **more: object) -> dict[str, object]:
    """A filter of `store`."""
    given = {"CategoryValues": values_} if values_ else {"SelectAllOptions": "FILTER_ALL_VALUES"}
    configuration = {"FilterListConfiguration": {"MatchOperator": "CONTAINS", **given, **more}}
    return {"CategoryFilter": {"FilterId": "stores", "Column": column("store"), "Configuration": configuration}}


@pytest.mark.aws("QuickSight", "Filters", f"{API}FilterListConfiguration.html")
@pytest.mark.parametrize(
    ("filter_", "total"),
    [
        (stores(), 8),
        (stores(NullOption="NON_NULLS_ONLY"), 7),
        (stores(["north"]), 3),
        (stores(["north"], NullOption="ALL_VALUES"), 4),
        (stores(["north"], MatchOperator="DOES_NOT_CONTAIN"), 4),
    ],
)
def test_rows_of_some_values_are_shown(
    quick: QuickSightRig, sales: str, filter_: dict[str, object], total: int
) -> None:
    rows = quick.rows(kpi("shown", number("quantity")), sales, FilterGroups=[group_of(filter_)])
    assert rows == [{"quantity-sum": total}]


@pytest.mark.aws("QuickSight", "Filters", f"{API}FilterDropDownControl.html")
def test_a_reader_chooses_values(quick: QuickSightRig, sales: str) -> None:
    definition = quick.definition(
        {"sales": sales},
        [kpi("shown", number("quantity"))],
        FilterGroups=[group_of(stores())],
        sheet={"FilterControls": [STORES]},
    )
    dashboard = quick.dashboard(definition)
    (control,) = quick.answer(dashboard).controls
    assert (control.title, control.column, control.options, control.selected) == (
        "Store",
        "store",
        ("north", "south"),
        (),
    )
    answer = quick.answer(dashboard, values={"store": ["south"]})
    assert answer.visuals[0].rows == [{"quantity-sum": 4}]
    assert answer.controls[0].selected == ("south",)
    with pytest.raises(ServiceError, match="no control of item"):
        quick.answer(dashboard, values={"item": ["tea"]})


@pytest.mark.aws("QuickSight", "Filters", f"{API}FilterDropDownControl.html")
def test_a_control_begins_with_the_values_of_its_filter(quick: QuickSightRig, sales: str) -> None:
    definition = quick.definition(
        {"sales": sales},
        [kpi("shown", number("quantity"))],
        FilterGroups=[group_of(stores(["north"]))],
        sheet={"FilterControls": [STORES]},
    )
    dashboard = quick.dashboard(definition)
    begun, chosen = quick.answer(dashboard), quick.answer(dashboard, values={"store": ["south"]})
    assert [it.controls[0].selected for it in (begun, chosen)] == [("north",), ("south",)]
    assert [it.visuals[0].rows for it in (begun, chosen)] == [[{"quantity-sum": 3}], [{"quantity-sum": 4}]]


@pytest.mark.aws("QuickSight", "Filters", f"{API}FilterGroup.html#QS-Type-FilterGroup-CrossDataset")
def test_a_filter_of_all_data_sets_is_for_those_that_have_its_column(quick: QuickSightRig, sales: str) -> None:
    plain = quick.data_set("SELECT * FROM (VALUES ('south', 100), ('west', 20)) AS t (store, visits)", STORE_VISITS)
    without = quick.data_set("SELECT 7 AS visits", {"visits": "INTEGER"})
    definition = quick.definition(
        {"sales": sales, "visits": plain, "more": without},
        [
            kpi("sales", number("quantity")),
            kpi("visits", number("visits", data_set="visits")),
            kpi("more", number("visits", data_set="more")),
        ],
        FilterGroups=[group_of(stores(["south"]), CrossDataset="ALL_DATASETS")],
    )
    answer = quick.answer(quick.dashboard(definition))
    assert [next(iter(visual_.rows[0].values())) for visual_ in answer.visuals] == [4, 100, 7]


STORE_VISITS = {"store": "STRING", "visits": "INTEGER"}


def rules(quick: QuickSightRig, *rows: tuple[str, str | None]) -> dict[str, str]:
    """A permissions data set of groups and stores."""
    listed = ", ".join(f"('{group}', {'NULL' if store is None else repr(store)})" for group, store in rows)
    sql = f"SELECT * FROM (VALUES {listed}) AS t (GroupName, store)"
    arn = quick.data_set(sql, {"GroupName": "STRING", "store": "STRING"}, UseAs="RLS_RULES")
    return {"Arn": arn, "PermissionPolicy": "GRANT_ACCESS", "FormatVersion": "VERSION_1"}


RLS = pytest.mark.aws(
    "QuickSight", "Row-level security", f"{USER}restrict-access-to-a-data-set-using-row-level-security.html"
)


@RLS
def test_a_group_sees_the_rows_that_its_rules_allow(quick: QuickSightRig) -> None:
    (north, _), (both, _), (everything, _), (nothing, _) = groups = [quick.group() for _ in range(4)]
    given = rules(quick, (north, "north"), (both, "south,west"), (both, "north"), (everything, None))
    data_set = quick.data_set(SALES, COLUMNS, RowLevelPermissionDataSet=given)
    definition = quick.definition(
        {"sales": data_set},
        [kpi("shown", number("quantity"))],
        FilterGroups=[group_of(stores())],
        sheet={"FilterControls": [STORES]},
    )
    shared = [{"Principal": arn, "Actions": READER} for _, arn in groups]
    dashboard = quick.dashboard(definition, Permissions=shared)
    seen = {group: quick.answer(dashboard, as_group=group) for group in (north, both, everything, nothing, None)}
    totals = {group: answer.visuals[0].rows[0]["quantity-sum"] for group, answer in seen.items()}
    assert totals == {north: 3, both: 7, everything: 8, nothing: None, None: 8}
    # Of stores that a group does not see, it does not learn either.
    assert seen[north].controls[0].options == ("north",)


@pytest.mark.aws("QuickSight", "Permissions", f"{API}UpdateDashboardPermissions.html")
def test_a_group_sees_the_dashboards_that_are_shared_with_it(quick: QuickSightRig, sales: str) -> None:
    (name, arn), (other, _) = quick.group(), quick.group()
    definition = quick.definition({"sales": sales}, [kpi("shown", number("quantity"))])
    dashboard = quick.dashboard(definition, Permissions=[{"Principal": arn, "Actions": READER}])
    dashboards = quick.rig.cloud.quicksight.dashboards
    assert [it.id for it in dashboards.listed(name)] == [dashboard]
    assert dashboards.listed(other) == []
    with pytest.raises(ServiceError) as refused:
        quick.answer(dashboard, as_group=other)
    assert (refused.value.code, refused.value.http_status) == ("AccessDeniedException", 401)


@pytest.mark.aws("QuickSight", "Dashboards", f"{API}SheetDefinition.html")
def test_a_dashboard_is_told_with_its_places_texts_labels_formats_and_lines(quick: QuickSightRig, sales: str) -> None:
    money = {
        "CurrencyDisplayFormatConfiguration": {"Symbol": "EUR", "DecimalPlacesConfiguration": {"DecimalPlaces": 2}}
    }
    label = {"CustomLabel": "Revenue", "ApplyTo": {"FieldId": "revenue-sum", "Column": column("revenue")}}
    line = {
        "DataConfiguration": {"StaticConfiguration": {"Value": 5.5}},
        "LabelConfiguration": {"CustomLabelConfiguration": {"CustomLabel": "Goal"}},
    }
    bar = bars(
        "items",
        category("item"),
        number("revenue", FormatConfiguration={"FormatConfiguration": money}),
        ValueLabelOptions={"AxisLabelOptions": [label]},
        ReferenceLines=[line],
        BarsArrangement="STACKED",
        Orientation="HORIZONTAL",
    )
    elements = [
        {"ElementId": id_, "ElementType": kind, "ColumnIndex": 0, "ColumnSpan": 36, "RowIndex": row, "RowSpan": 4}
        for row, (id_, kind) in enumerate([("about", "TEXT_BOX"), ("items", "VISUAL")])
    ]
    sheet = {
        "TextBoxes": [{"SheetTextBoxId": "about", "Content": "<text-box>Hello</text-box>"}],
        "Layouts": [{"Configuration": {"GridLayout": {"Elements": elements}}}],
    }
    theme = quick.api.create_theme(
        AwsAccountId="123456789012",
        ThemeId=quick.rig.name("theme"),
        Name="Ours",
        BaseThemeId="CLASSIC",
        Configuration={"DataColorPalette": {"Colors": ["#112233"]}},
    )
    definition = quick.definition({"sales": sales}, [bar], sheet=sheet)
    answer = quick.answer(quick.dashboard(definition, ThemeArn=theme["Arn"]))
    (shown,) = answer.visuals
    item, revenue = shown.fields
    assert (shown.title, shown.kind, shown.orientation, shown.stacked) == (
        "items?",
        "BarChartVisual",
        "HORIZONTAL",
        True,
    )
    assert (item.label, item.role, item.type) == ("item", "dimension", "text")
    assert (revenue.label, revenue.role, revenue.format) == ("Revenue", "measure", NumberFormat("currency", "EUR", 2))
    assert shown.lines == (("Goal", 5.5),)
    assert answer.places == {"about": Place(0, 0, 36, 4), "items": Place(0, 1, 36, 4)}
    assert [text.text for text in answer.texts] == ["<text-box>Hello</text-box>"]
    assert answer.theme == {"DataColorPalette": {"Colors": ["#112233"]}}
    assert answer.imported_at is not None
    assert answer.failures == []
