"""Declarations as QuickSight's definitions: valid for CloudFormation and for the API, and saying what was declared."""

import itertools
import json
import re
from collections import Counter
from dataclasses import replace

import botocore.session
import pytest
from botocore.validate import ParamValidator
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from hypothesis import given, settings
from hypothesis import strategies as st

import dashboards
from dashboards import Chart, Dimension, Filter, Format, Measure, Only, Ratio, Visual, Width, quicksight

from .colors import EYES, contrast, difference
from .declared import DAY, EVERYTHING, HOUR, ITEM, SALES, STOCK, showing, visual

ARN = "arn:aws:quicksight:us-east-1:123456789012"
SURVEY = "https://d111111abcdef8.cloudfront.net/survey"
ROME = quicksight.Business("Europe/Rome", "EUR", "de", SURVEY)
DECLARED = pytest.mark.parametrize("declared", [*dashboards.ALL, EVERYTHING], ids=lambda declared: declared.name)


@pytest.fixture(scope="module")
def api():
    """What the API takes: the shapes of its operations' parameters by the operation's name."""
    model = botocore.session.get_session().get_service_model("quicksight")
    return lambda operation: model.operation_model(operation).input_shape


def template(declared, business=ROME):
    arns = {data_set.name: f"{ARN}:dataset/{data_set.name}" for data_set in declared.data_sets}
    viewers = [f"{ARN}:group/default/managers", f"{ARN}:group/default/east"]
    return quicksight.template(
        declared, f"shop-{declared.name}", arns, business, theme_arn=f"{ARN}:theme/shop", viewers=viewers
    )


def properties(declared, business=ROME):
    return template(declared, business)["Resources"]["Dashboard"]["Properties"]


def definition(declared, business=ROME):
    return properties(declared, business)["Definition"]


def sheet(declared, business=ROME):
    (found,) = definition(declared, business)["Sheets"]
    return found


def configuration(name, **changes):
    """The chart configuration of one of the visuals, changed."""
    (drawn,) = sheet(showing(visual(name, **changes)))["Visuals"]
    ((kind, found),) = drawn.items()
    return kind, found["ChartConfiguration"]


def lint_messages(text):
    """What cfn-lint finds and where: errors and warnings, for a region that has QuickSight."""
    return [f"{match.path}: {match.message}" for match in lint(text, config=ManualArgs(regions=["us-east-1"]))]


def mistakes(shape, parameters):
    return ParamValidator().validate(parameters, shape).generate_report()


def of_create(declared):
    return {**properties(declared), "AwsAccountId": "123456789012"}


def test_templates_pass_cfn_lint():
    # All in one, since cfn-lint takes most of its time to begin.
    made = [template(declared) for declared in (*dashboards.ALL, EVERYTHING)]
    resources = {f"Dashboard{number}": one["Resources"]["Dashboard"] for number, one in enumerate(made)}
    assert lint_messages(json.dumps({**made[0], "Resources": resources})) == []


@DECLARED
def test_a_template_is_small_enough_for_a_request(declared):
    body = quicksight.template_body(template(declared))
    assert len(body.encode()) <= quicksight.MAX_TEMPLATE_BYTES
    assert json.loads(body) == template(declared)


def test_cfn_lint_would_see_a_mistake_in_a_definition():
    body = quicksight.template_body(template(showing(visual("best")))).replace('"Category":', '"Categories":')
    assert any("Categories" in message for message in lint_messages(body))


@DECLARED
def test_a_definition_has_the_shapes_of_the_api(declared, api):
    assert mistakes(api("CreateDashboard"), of_create(declared)) == ""


def test_the_shapes_of_the_api_would_show_a_mistake(api):
    broken = of_create(EVERYTHING)
    broken["Definition"]["Sheets"][0]["Layouts"][0]["Configuration"] = {"GridLayout": {"Items": []}}
    assert "Elements" in mistakes(api("CreateDashboard"), broken)


def test_the_theme_has_the_shape_of_the_api(api):
    asked = {"AwsAccountId": "1" * 12, "ThemeId": "t", "Name": "T", "BaseThemeId": "CLASSIC"}
    assert mistakes(api("CreateTheme"), {**asked, "Configuration": quicksight.THEME}) == ""


def test_a_template_that_cloudformation_would_refuse_is_refused_with_the_fix():
    long = [visual("best", name=f"best-{number}", question="?" * 500) for number in range(40)]
    with pytest.raises(ValueError, match=r"has \d{3},\d{3} bytes, and CloudFormation takes 51,200; move visuals"):
        quicksight.template_body(template(showing(*long)))
    with pytest.raises(dashboards.DeclarationError, match=r"^dashboard everything: its template has .* move visuals"):
        dashboards.check([showing(*long)])


_MEASURES = st.sampled_from(
    [Measure("Revenue", "revenue", format=kind) for kind in Format]
    + [Measure("Items", "item", each) for each in (dashboards.Aggregation.COUNT, dashboards.Aggregation.DISTINCT_COUNT)]
    + [Measure("Average", "quantity", dashboards.Aggregation.AVERAGE, Format.DECIMAL), Ratio("Each", "revenue", "hour")]
    + [Measure("Times", dashboards.TIME, dashboards.Aggregation.COUNT)]
)
_CATEGORIES = st.sampled_from([ITEM, HOUR, DAY, Dimension("Store", dashboards.STORE)])


@st.composite
def _visuals(draw, name):
    chart = draw(st.sampled_from(Chart))
    dimension = None if chart is Chart.KPI else DAY if chart is Chart.LINE else draw(_CATEGORIES)
    with_series = chart is Chart.HEAT_MAP or (chart in (Chart.BAR, Chart.COLUMN, Chart.LINE) and draw(st.booleans()))
    series = draw(_CATEGORIES.filter(lambda it: it != dimension)) if with_series else None
    several = not series and chart in (Chart.BAR, Chart.COLUMN, Chart.LINE, Chart.TABLE)
    measures = draw(st.lists(_MEASURES, min_size=1, max_size=3 if several else 1, unique_by=lambda it: it.label))
    return Visual(
        name,
        draw(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)),
        chart,
        SALES,
        tuple(measures),
        dimension,
        series,
        width=draw(st.sampled_from(Width)),
        top=draw(st.integers(1, 100)),
        only=draw(st.sampled_from([(), (Only("item", ("Tea", "it's <tea>")),)])),
        all_dates=draw(st.booleans()),
    )


@st.composite
def _dashboards(draw):
    shown = [draw(_visuals(f"visual-{number}")) for number in range(draw(st.integers(1, 6)))]
    choices = draw(st.lists(st.sampled_from(EVERYTHING.filters), unique=True))
    return showing(*shown, filters=tuple(choices), last_days=draw(st.integers(1, 90)))


@settings(max_examples=40, deadline=None)
@given(declared=_dashboards())
def test_what_has_nothing_wrong_is_valid_however_it_is_put_together(api, declared):
    dashboards.check([declared])
    assert mistakes(api("CreateDashboard"), of_create(declared)) == ""
    holds_together(declared)


@DECLARED
def test_a_definition_holds_together(declared):
    holds_together(declared)


def holds_together(declared):
    """Whether all that a definition names is there, once, and everything has its place on the grid."""
    found = definition(declared)
    (page,) = found["Sheets"]
    text = json.dumps(found)
    assert set(re.findall(r'"DataSetIdentifier": "([^"]*)"', text)) <= {it.name for it in declared.data_sets}
    fields = re.findall(r'"Column": \{"DataSetIdentifier": "([^"]*)", "ColumnName": "([^"]*)"', text)
    known = {(it.name, column.name) for it in declared.data_sets for column in it.columns}
    known |= {(field["DataSetIdentifier"], field["Name"]) for field in found["CalculatedFields"]}
    assert set(fields) <= known
    ids = re.findall(r'"(?:VisualId|SheetId|FilterId|FilterGroupId|FilterControlId|SheetTextBoxId)": "([^"]*)"', text)
    assert all(re.fullmatch(r"[\w-]{1,512}", id_) for id_ in ids)
    visuals = [next(iter(drawn.values()))["VisualId"] for drawn in page["Visuals"]]
    scopes = [
        scope
        for group in found["FilterGroups"]
        for scope in group["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"]
    ]
    assert {scope["SheetId"] for scope in scopes} <= {page["SheetId"]}
    assert {name for scope in scopes for name in scope.get("VisualIds", ())} <= set(visuals)
    filters = [next(iter(it.values()))["FilterId"] for group in found["FilterGroups"] for it in group["Filters"]]
    controls = [next(iter(it.values())) for it in page.get("FilterControls", ())]
    assert {control["SourceFilterId"] for control in controls} <= set(filters)
    placed = _places(page["Layouts"][0])
    assert sorted(placed) == sorted([page["TextBoxes"][0]["SheetTextBoxId"], *visuals])
    taken = Counter(cell for cells in placed.values() for cell in cells)
    assert set(taken.values()) == {1}
    assert max(column for column, _ in taken) < 36
    bars = [it for bar in page.get("SheetControlLayouts", ()) for it in bar["Configuration"]["GridLayout"]["Elements"]]
    assert [it["ElementId"] for it in bars] == [control["FilterControlId"] for control in controls]


def _places(layout):
    """The cells of the grid that each element takes."""
    return {
        it["ElementId"]: list(
            itertools.product(
                range(it["ColumnIndex"], it["ColumnIndex"] + it["ColumnSpan"]),
                range(it["RowIndex"], it["RowIndex"] + it["RowSpan"]),
            )
        )
        for it in layout["Configuration"]["GridLayout"]["Elements"]
    }


def test_each_visual_asks_its_question_also_of_those_who_hear_it():
    found = [next(iter(drawn.values())) for drawn in sheet(EVERYTHING)["Visuals"]]
    questions = [each.question for each in EVERYTHING.visuals]
    assert [each["Title"]["FormatText"]["PlainText"] for each in found] == questions
    assert [each["VisualContentAltText"] for each in found] == questions


def test_a_sheet_fits_the_screen():
    (layout,) = sheet(EVERYTHING)["Layouts"]
    canvas = layout["Configuration"]["GridLayout"]["CanvasSizeOptions"]
    assert canvas == {"ScreenCanvasSizeOptions": {"ResizeOption": "RESPONSIVE"}}


def test_dates_and_choices_are_seen_without_opening_anything():
    options = properties(EVERYTHING)["DashboardPublishOptions"]
    assert options == {"SheetControlsOption": {"VisibilityState": "EXPANDED"}}


def test_a_funnel_says_which_share_of_the_first_step_is_left():
    labels = configuration("steps")[1]["DataLabelOptions"]
    assert labels["MeasureDataLabelStyle"] == "VALUE_AND_PERCENTAGE_BY_FIRST_STAGE"


@pytest.mark.parametrize(
    ("name", "kind", "sort"),
    [
        ("best", "BarChartVisual", {"CategorySort": "DESC"}),
        ("hours", "BarChartVisual", {"CategorySort": "ASC"}),
        ("days", "LineChartVisual", {"CategorySort": "ASC"}),
        ("steps", "FunnelChartVisual", {"CategorySort": "ASC"}),
        ("map", "HeatMapVisual", {"HeatMapRowSort": "ASC", "HeatMapColumnSort": "ASC"}),
        ("table", "TableVisual", {"RowSort": "ASC"}),
    ],
)
def test_a_chart_is_of_its_kind_and_in_its_order(name, kind, sort):
    found, chart = configuration(name)
    assert found == kind
    given = chart["SortConfiguration"]
    assert {key: given[key][0]["FieldSort"]["Direction"] for key in sort} == sort


def test_a_bar_has_its_largest_categories_and_lies_and_a_column_stands():
    _, bars = configuration("best", top=7)
    assert bars["SortConfiguration"]["CategoryItemsLimit"] == {"ItemsLimit": 7, "OtherCategories": "EXCLUDE"}
    assert bars["Orientation"] == "HORIZONTAL"
    assert configuration("hours")[1]["Orientation"] == "VERTICAL"


def test_dimensions_are_fields_of_their_columns_kind():
    kinds = {}
    for shown in (DAY, HOUR, ITEM):
        _, chart = configuration("hours", dimension=shown)
        (category,) = chart["FieldWells"]["BarChartAggregatedFieldWells"]["Category"]
        kinds |= {shown.column: next(iter(category))}
    assert kinds == {
        "occurred_at": "DateDimensionField",
        "hour": "NumericalDimensionField",
        "item": "CategoricalDimensionField",
    }


def test_a_ratio_is_a_calculated_field_of_sums_once_for_all_its_visuals():
    found = definition(EVERYTHING)
    assert found["CalculatedFields"] == [
        {
            "DataSetIdentifier": "sales",
            "Name": "revenue_per_quantity",
            "Expression": "sum({revenue}) / sum({quantity})",
        }
    ]
    _, kpi = configuration("average")
    (field,) = kpi["FieldWells"]["Values"]
    assert field["NumericalMeasureField"]["Column"]["ColumnName"] == "revenue_per_quantity"
    assert "AggregationFunction" not in field["NumericalMeasureField"]


@pytest.mark.parametrize(
    ("kind", "business", "written"),
    [
        (Format.MONEY, ROME, ("Currency", "EUR", 2, "COMMA", "DOT")),
        (Format.MONEY, quicksight.Business(), ("Currency", "USD", 2, "DOT", "COMMA")),
        (Format.MONEY, quicksight.Business(currency="JPY", language="ja"), ("Currency", "JPY", 0, "DOT", "SPACE")),
        (Format.MONEY, quicksight.Business(currency="KWD"), ("Currency", "KWD", 3, "DOT", "COMMA")),
        (Format.DOLLARS, ROME, ("Currency", "USD", 2, "COMMA", "DOT")),
        (Format.PERCENT, ROME, ("Percentage", None, 1, "COMMA", "DOT")),
        (Format.DECIMAL, ROME, ("Number", None, 1, "COMMA", "DOT")),
        (Format.NUMBER, ROME, ("Number", None, 0, "COMMA", "DOT")),
    ],
)
def test_numbers_are_written_as_the_business_writes_them(kind, business, written):
    (drawn,) = sheet(showing(visual("total", measures=(Measure("N", "revenue", format=kind),))), business)["Visuals"]
    (field,) = drawn["KPIVisual"]["ChartConfiguration"]["FieldWells"]["Values"]
    ((name, found),) = field["NumericalMeasureField"]["FormatConfiguration"]["FormatConfiguration"].items()
    separators = found["SeparatorConfiguration"]
    assert written == (
        name.removesuffix("DisplayFormatConfiguration"),
        found.get("Symbol"),
        found["DecimalPlacesConfiguration"]["DecimalPlaces"],
        separators["DecimalSeparator"],
        separators["ThousandsSeparator"]["Symbol"],
    )
    # In full, not as 1.2K; a percentage is so of itself.
    assert found.get("NumberScale") == (None if kind is Format.PERCENT else "NONE")


def test_a_line_at_a_value_has_its_label():
    (line,) = configuration("hours")[1]["ReferenceLines"]
    assert line["DataConfiguration"]["StaticConfiguration"] == {"Value": 5}
    assert line["LabelConfiguration"] == {"CustomLabelConfiguration": {"CustomLabel": "Enough"}}


def test_a_legend_is_there_where_there_is_something_to_tell_apart():
    shown = {name: configuration(name)[1]["Legend"]["Visibility"] for name in ("best", "best-by-store", "days")}
    assert shown == {"best": "HIDDEN", "best-by-store": "VISIBLE", "days": "VISIBLE"}


def test_axes_are_called_by_their_labels():
    _, chart = configuration("days")
    labels = [*chart["XAxisLabelOptions"]["AxisLabelOptions"], *chart["PrimaryYAxisLabelOptions"]["AxisLabelOptions"]]
    assert {label["ApplyTo"]["FieldId"]: label["CustomLabel"] for label in labels} == {
        "days-0": "Day",
        "days-1": "Revenue",
        "days-2": "Items",
    }


def groups(declared, business=ROME):
    """The filters by id, each with its scope's visuals (None: all) and its data sets."""
    found = {}
    for group in definition(declared, business)["FilterGroups"]:
        (scope,) = group["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"]
        ((_, filter_),) = group["Filters"][0].items()
        found[filter_["FilterId"]] = (filter_, scope.get("VisualIds"), group["CrossDataset"])
    return found


@pytest.mark.parametrize(
    ("zone", "last_days", "first", "last"),
    [
        ("UTC", 7, "addDateTime(-6, 'DD', truncDate('DD', now()))", "truncDate('DD', now())"),
        ("UTC", 1, "truncDate('DD', now())", "truncDate('DD', now())"),
        (
            "America/New_York",
            7,
            "addDateTime(-6, 'DD', truncDate('DD', addDateTime(-300, 'MI', now())))",
            "truncDate('DD', addDateTime(-300, 'MI', now()))",
        ),
        (
            "Europe/Rome",
            2,
            "addDateTime(-1, 'DD', truncDate('DD', addDateTime(60, 'MI', now())))",
            "truncDate('DD', addDateTime(60, 'MI', now()))",
        ),
    ],
)
def test_dates_are_the_last_days_of_the_business_today_among_them(zone, last_days, first, last):
    declared = replace(EVERYTHING, last_days=last_days)
    dates, _, data_sets = groups(declared, quicksight.Business(timezone=zone))["dates"]
    assert dates["RangeMinimumValue"] == {"RollingDate": {"Expression": first}}
    assert dates["RangeMaximumValue"] == {"RollingDate": {"Expression": last}}
    assert (dates["IncludeMinimum"], dates["IncludeMaximum"], dates["TimeGranularity"]) == (True, True, "DAY")
    assert data_sets == "ALL_DATASETS"


def test_dates_are_for_what_has_them_but_for_what_is_of_all_dates():
    _, visuals, _ = groups(EVERYTHING)["dates"]
    assert set(visuals) == {each.name for each in EVERYTHING.visuals} - {"days", "left"}
    assert groups(showing(visual("best")))["dates"][1] is None


def test_without_anything_dated_there_is_no_date_range():
    only_now = showing(visual("left"))
    assert groups(only_now) == {}
    assert not {"FilterControls", "SheetControlLayouts"} & set(sheet(only_now))


def test_a_choice_is_for_all_visuals_whose_data_set_has_its_column_and_begins_with_all_values():
    store, visuals, data_sets = groups(EVERYTHING)["choice-store"]
    assert set(visuals) == {each.name for each in EVERYTHING.visuals if each.data_set == SALES}
    assert data_sets == "ALL_DATASETS"
    assert store["Configuration"]["FilterListConfiguration"]["SelectAllOptions"] == "FILTER_ALL_VALUES"
    assert groups(EVERYTHING)["choice-item"][1] is None


def test_a_choice_that_no_visual_is_left_for_is_left_out():
    left = showing(visual("left"), filters=(Filter("Store", "store"), Filter("Item", "item")))
    assert set(groups(left)) == {"choice-item"}
    assert [next(iter(it)) for it in sheet(left)["FilterControls"]] == ["Dropdown"]


def test_a_visual_is_about_its_own_rows():
    only, visuals, data_sets = groups(EVERYTHING)["only-best-0"]
    assert (visuals, data_sets) == (["best"], "SINGLE_DATASET")
    assert only["Configuration"]["FilterListConfiguration"]["CategoryValues"] == ["east", "o'n"]


def test_the_text_says_what_it_is_for_what_to_do_while_it_is_empty_and_asks_for_an_opinion():
    ((text,), (plain,)) = (sheet(EVERYTHING, it)["TextBoxes"] for it in (ROME, quicksight.Business()))
    assert "Shows &lt;all&gt; there is." in text["Content"]
    assert "Send an order." in text["Content"]
    assert f'<a href="{SURVEY}?dashboard=everything"' in text["Content"]
    assert "<a " not in plain["Content"]


def test_readers_may_look_and_no_more():
    assert properties(EVERYTHING)["Permissions"] == [
        {
            "Principal": f"{ARN}:group/default/{group}",
            "Actions": [
                "quicksight:DescribeDashboard",
                "quicksight:ListDashboardVersions",
                "quicksight:QueryDashboard",
            ],
        }
        for group in ("managers", "east")
    ]


def test_without_readers_and_theme_nothing_is_said_of_them():
    arns = {data_set.name: f"{ARN}:dataset/{data_set.name}" for data_set in (SALES, STOCK)}
    bare = quicksight.template(EVERYTHING, "shop", arns, ROME)["Resources"]["Dashboard"]["Properties"]
    assert not {"Permissions", "ThemeArn"} & set(bare)


def test_text_is_readable_on_its_background():
    palette = quicksight.THEME["UIColorPalette"]
    grounds = {"PrimaryForeground": "PrimaryBackground", "SecondaryForeground": "SecondaryBackground"}
    grounds |= {name: name.removesuffix("Foreground") for name in palette if name.endswith("Foreground")} | grounds
    assert {name: contrast(palette[name], palette[ground]) >= 4.5 for name, ground in grounds.items()} == dict.fromkeys(
        grounds, True
    )


@pytest.mark.parametrize("eyes", EYES)
def test_data_is_told_apart_by_every_kind_of_eyes(eyes):
    colors = quicksight.THEME["DataColorPalette"]["Colors"]
    assert min(contrast(color, "#FFFFFF") for color in colors) >= 3
    assert min(difference(one, other, eyes) for one, other in itertools.combinations(colors, 2)) >= 15
