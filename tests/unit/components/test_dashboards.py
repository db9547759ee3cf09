import base64
import dataclasses
import json
import re

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

import dashboards
from components.dashboards.dashboards import Dashboards, DashboardsError
from components.dashboards.data_sets import view_of
from components.dashboards.row_level_security import rules_query
from components.dashboards.settings import DashboardSettings, Group
from dashboards import STORE, ColumnType, DataSet
from dashboards.checks import RULES
from dashboards.quicksight import THEME, Business
from tests.unit.components.engine import ACCOUNT, LAKEHOUSE, REGION

ORDERS = DataSet(
    "orders",
    "Ordered items.",
    ("orders",),
    (dashboards.Column(STORE, ColumnType.STRING), dashboards.Column("quantity", ColumnType.INTEGER)),
    "SELECT restaurantid AS store, quantity FROM orders_now WHERE '{timezone}' <> ''",
    refreshed_by=None,
)
HOURS = dataclasses.replace(
    ORDERS,
    name="hours",
    columns=(*ORDERS.columns[1:], dashboards.Column("received_at", ColumnType.DATETIME)),
    sql="SELECT quantity, received_at FROM orders_processed",
    refreshed_by="received_at",
    lookback_days=3,
)
ANSWERS = dataclasses.replace(ORDERS, name="answers", sources=("feedback",))


def visual(data_set):
    measure = dashboards.Measure("Items", "quantity")
    return dashboards.Visual(f"all-{data_set.name}", "How many?", dashboards.Chart.KPI, data_set, (measure,))


def board(name, *data_sets):
    return dataclasses.replace(
        dashboards.RESTAURANT, name=name, title=name.title(), visuals=tuple(map(visual, data_sets)), filters=()
    )


SALES, TIMES = board("sales", ORDERS), board("times", HOURS)
OWNERS, MANAGERS = Group("owners"), Group("it's store1", ("sales",), ("store1", "o'store"))


@pytest.fixture
def shown(orders):
    """A component over the source orders."""

    def make(*declared, groups=(), timezone="UTC", **more):
        args = {
            "settings": DashboardSettings(Business(timezone), groups),
            "dashboards": declared or (SALES, TIMES),
            "contracts": [orders],
            "id_prefix": "rapid-analytics-dev.eu",
            "lakehouse": LAKEHOUSE,
        }
        return lambda: Dashboards("dashboards", {**args, **more})

    return make


def lint_messages(text):
    """What cfn-lint finds: errors and warnings, for a region that has QuickSight."""
    return [match.message for match in lint(text, config=ManualArgs(regions=["us-east-1"]))]


def properties(deployment, name="sales"):
    """Of a dashboard."""
    text = deployment.one("Stack", f"dashboards-{name}").inputs["templateBody"]
    return json.loads(text)["Resources"]["Dashboard"]["Properties"]


def allowed(deployment):
    """Actions of the role, with what each is allowed on."""
    found = {}
    for statement in deployment.one("RolePolicy").policy():
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    return found


@pytest.mark.parametrize("groups", [(), (OWNERS, MANAGERS)], ids=["nobody", "groups"])
def test_the_template_of_a_dashboard_passes_cfn_lint(deploy, shown, groups):
    text = deploy(shown(dashboards.RESTAURANT, groups=groups)).one("Stack").inputs["templateBody"]
    assert lint_messages(text) == []


def test_cfn_lint_would_see_a_mistake_in_a_definition(deploy, shown):
    text = deploy(shown(SALES)).one("Stack").inputs["templateBody"].replace('"FieldWells":', '"FieldsWells":')
    assert any("FieldsWells" in message for message in lint_messages(text))


def test_a_dashboard_shows_the_data_set_that_is_deployed(deploy, shown):
    found = properties(deploy(shown()))
    (declaration,) = found["Definition"]["DataSetIdentifierDeclarations"]
    assert declaration["DataSetArn"] == f"arn:aws:quicksight:{REGION}:{ACCOUNT}:dashboards-orders-data"
    names = set(re.findall(r'"DataSetIdentifier": ?"([^"]*)"', json.dumps(found)))
    assert names == {declaration["Identifier"]}


def test_a_data_set_is_a_copy_in_spice_of_a_saved_view(deploy, shown):
    deployment = deploy(shown(SALES, timezone="Europe/Berlin"))
    view, data_set = deployment.one("CatalogTable"), deployment.one("DataSet")
    assert data_set.inputs["importMode"] == "SPICE"
    [table] = data_set.inputs["physicalTableMaps"]
    assert table["relationalTable"] == {
        "dataSourceArn": f"arn:aws:quicksight:{REGION}:{ACCOUNT}:dashboards-source",
        "catalog": "AwsDataCatalog",
        "schema": "lake",
        "name": "dashboard_orders",
        "inputColumns": [{"name": "store", "type": "STRING"}, {"name": "quantity", "type": "INTEGER"}],
    }
    assert view.name in data_set.depends_on
    assert (view.inputs["name"], view.inputs["tableType"]) == ("dashboard_orders", "VIRTUAL_VIEW")
    kept = json.loads(base64.b64decode(view.inputs["viewOriginalText"].split()[3]))
    assert kept["originalSql"].endswith("WHERE 'Europe/Berlin' <> ''")
    assert kept["columns"] == [{"name": "store", "type": "varchar"}, {"name": "quantity", "type": "bigint"}]


def test_a_data_set_is_imported_anew_when_its_query_changes(deploy, shown):
    """UpdateDataSet imports, and the provider calls it when anything of the data set changes: here the table's id."""

    def table_id(timezone):
        [table] = deploy(shown(SALES, timezone=timezone)).one("DataSet").inputs["physicalTableMaps"]
        return table["physicalTableMapId"]

    assert re.fullmatch("dashboard-orders-[0-9a-f]{12}", table_id("Europe/Berlin"))
    assert table_id("Europe/Berlin") == table_id("Europe/Berlin") != table_id("UTC")


def test_a_data_set_is_refreshed_each_hour_and_all_of_it_each_week_unless_each_hour(deploy, shown):
    deployment = deploy(shown(timezone="Europe/Berlin"))
    schedules = {it.name: it.inputs["schedule"] for it in deployment.of("RefreshSchedule")}
    assert {name: it["refreshType"] for name, it in schedules.items()} == {
        "dashboards-orders-hourly": "FULL_REFRESH",
        "dashboards-hours-hourly": "INCREMENTAL_REFRESH",
        "dashboards-hours-weekly": "FULL_REFRESH",
    }
    assert schedules["dashboards-hours-hourly"]["scheduleFrequency"] == {"interval": "HOURLY"}
    assert schedules["dashboards-hours-weekly"]["scheduleFrequency"] == {
        "interval": "WEEKLY",
        "refreshOnDay": {"dayOfWeek": "SUNDAY"},
        "timeOfTheDay": "03:00",
        "timezone": "Europe/Berlin",
    }
    window = deployment.one("DataSet", "dashboards-hours-data").inputs["refreshProperties"]["refreshConfiguration"]
    assert window["incrementalRefresh"]["lookbackWindow"] == {
        "columnName": "received_at",
        "size": 3,
        "sizeUnit": "DAY",
    }
    assert "refreshProperties" not in deployment.one("DataSet", "dashboards-orders-data").inputs


def test_a_group_sees_its_dashboards_and_no_more_than_their_charts(deploy, shown):
    deployment = deploy(shown(groups=(OWNERS, MANAGERS)))
    assert [it.inputs["groupName"] for it in deployment.of("Group")] == ["owners", "it's store1"]

    def viewers(name):
        return [it["Principal"].rpartition(":")[2] for it in properties(deployment, name)["Permissions"]]

    assert viewers("sales") == ["dashboards-group-owners", "dashboards-group-it's store1"]
    assert viewers("times") == ["dashboards-group-owners"]
    assert properties(deployment)["Permissions"][0]["Actions"] == [
        "quicksight:DescribeDashboard",
        "quicksight:ListDashboardVersions",
        "quicksight:QueryDashboard",
    ]
    shared = [it.name for it in deployment.resources if "permissions" in it.inputs]
    assert shared == [], "who is shown a dashboard needs no right on data sets, data source or theme"


def test_without_groups_a_dashboard_is_shared_with_nobody_and_rows_are_kept_from_nobody(deploy, shown):
    deployment = deploy(shown())
    assert "Permissions" not in properties(deployment)
    assert all("rowLevelPermissionDataSet" not in it.inputs for it in deployment.of("DataSet"))


def test_where_every_group_sees_all_stores_there_are_no_rules(deploy, shown):
    assert len(deploy(shown(groups=(OWNERS, Group("others", ("sales",))))).of("DataSet")) == 2


def test_where_a_group_sees_some_stores_rules_are_attached_to_each_data_set_with_stores(deploy, shown):
    deployment = deploy(shown(groups=(OWNERS, MANAGERS)))
    rules = deployment.one("DataSet", f"dashboards-{RULES}-data")
    assert (rules.inputs["useAs"], rules.inputs["importMode"]) == ("RLS_RULES", "SPICE")
    [table] = rules.inputs["physicalTableMaps"]
    assert [column["name"] for column in table["customSql"]["columns"]] == ["GroupName", "store"]
    attached = {it.name: it.inputs.get("rowLevelPermissionDataSet") for it in deployment.of("DataSet")}
    assert attached == {
        rules.name: None,
        "dashboards-orders-data": {
            "arn": f"arn:aws:quicksight:{REGION}:{ACCOUNT}:{rules.name}",
            "permissionPolicy": "GRANT_ACCESS",
            "formatVersion": "VERSION_1",
            "status": "ENABLED",
        },
        "dashboards-hours-data": None,
    }


def test_what_a_group_of_some_stores_sees_whole_is_told(deploy, shown, monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    deploy(shown(groups=(OWNERS, MANAGERS)))
    assert said == []
    deploy(shown(groups=(OWNERS, Group("store1", stores=("store1",)))))
    [warning] = said
    assert warning.startswith("The group store1 sees some stores alone, and yet all of what knows no store in the")
    assert "dashboards times; list" in warning


def test_rules_are_a_row_for_each_store_of_a_group_and_one_without_for_all_stores():
    assert rules_query([OWNERS, MANAGERS]) == (
        "SELECT * FROM (VALUES ('owners', CAST(NULL AS varchar)), ('it''s store1', 'store1'), "
        "('it''s store1', 'o''store')) AS rules (\"GroupName\", \"store\")"
    )


def test_ids_hold_only_what_quicksight_allows(deploy, shown, preview):
    deployment = deploy(shown(SALES, groups=(MANAGERS,)), preview=preview)
    kinds = {"DataSource": "dataSourceId", "DataSet": "dataSetId", "Theme": "themeId"}
    ids = {it.inputs[key] for kind, key in kinds.items() for it in deployment.of(kind)}
    names = ("athena", "orders", "rules", "theme")
    assert ids == {f"rapid-analytics-dev-eu-{name}" for name in names}


@pytest.mark.parametrize("declared", dashboards.ALL, ids=lambda declared: declared.name)
def test_no_data_set_takes_the_name_of_the_rules(declared):
    assert RULES not in {data_set.name for data_set in declared.data_sets}


@pytest.mark.parametrize("declared", dashboards.ALL, ids=lambda declared: declared.name)
def test_the_views_have_names_and_columns_that_quicksight_takes(declared):
    # https://docs.aws.amazon.com/quicksight/latest/APIReference/API_RelationalTable.html
    for data_set in declared.data_sets:
        view = view_of(data_set, "UTC")
        assert re.fullmatch(r"[a-z0-9_]{1,64}", view.name), view.name
        assert 1 <= len(view.columns) <= 2048
        assert all(1 <= len(column.name) <= 127 for column in view.columns)


def test_the_theme_is_the_declared_one_in_the_provider_s_words(deploy, shown):
    theme = deploy(shown()).one("Theme").inputs["configuration"]
    assert theme["dataColorPalette"]["minMaxGradients"] == THEME["DataColorPalette"]["MinMaxGradient"]
    assert theme["uiColorPalette"]["primaryForeground"] == THEME["UIColorPalette"]["PrimaryForeground"]
    assert theme["sheet"]["tileLayout"]["gutter"] == {"show": True}


def test_the_theme_has_as_many_colors_as_quicksight_takes():
    # https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DataColorPalette.html, and the provider's theme.go
    assert 8 <= len(THEME["DataColorPalette"]["Colors"]) <= 20


def test_the_data_source_queries_the_workgroup_under_a_role_of_its_own(deploy, shown):
    source = deploy(shown()).one("DataSource")
    assert source.inputs["parameters"]["athena"] == {
        "workGroup": "lake",
        "roleArn": f"arn:aws:iam:{REGION}:{ACCOUNT}:dashboards-query-role",
    }
    assert "dashboards-query-policy" in source.depends_on


@pytest.mark.parametrize(
    ("declared", "tables", "objects", "listed"),
    [
        (
            SALES,
            ["dashboard_orders", "orders_curated", "orders_now", "orders_processed"],
            ["curated/tables/orders/*", "processed/orders/*"],
            ["results", "processed", "curated"],
        ),
        (TIMES, ["dashboard_hours", "orders_processed"], ["processed/orders/*"], ["results", "processed"]),
    ],
    ids=["a view", "a table"],
)
def test_the_query_role_reads_what_is_shown_and_writes_results_alone(deploy, shown, declared, tables, objects, listed):
    may, glue = allowed(deploy(shown(declared))), f"arn:aws:glue:{REGION}:{ACCOUNT}"
    assert may["glue:GetTable"][:3] == [f"{glue}:catalog", f"{glue}:database/lake", f"{glue}:database/default"]
    assert may["glue:GetTable"][3:] == [f"{glue}:table/lake/{table}" for table in tables]
    assert may["s3:GetObject"] == [f"arn:aws:s3:::{it}" for it in (*objects, "results/*")]
    assert may["s3:ListBucket"] == [f"arn:aws:s3:::{bucket}" for bucket in listed]
    assert may["s3:PutObject"] == ["arn:aws:s3:::results/*"]
    athena = f"arn:aws:athena:{REGION}:{ACCOUNT}"
    assert may["athena:StartQueryExecution"] == [LAKEHOUSE["workgroup"], f"{athena}:datacatalog/AwsDataCatalog"]


def test_the_query_role_reads_figures_of_operations_where_they_are_shown(deploy, shown):
    hours = dataclasses.replace(HOURS, sources=(), sql="SELECT quantity, received_at FROM operations_hours")
    may = allowed(deploy(shown(board("operations", hours))))
    assert may["s3:GetObject"] == ["arn:aws:s3:::curated/operations-hours/*", "arn:aws:s3:::results/*"]
    tables = [it.rpartition("/")[2] for it in may["glue:GetTable"][3:]]
    assert tables == ["dashboard_hours", "operations_hours"]


def test_the_query_role_reads_all_sources_where_a_view_over_them_is_shown(deploy, shown):
    hours = dataclasses.replace(HOURS, sources=(), sql="SELECT waiting AS quantity, newest_at FROM newest_rows")
    may = allowed(deploy(shown(board("operations", hours))))
    tables = {it.rpartition("/")[2] for it in may["glue:GetTable"][3:]}
    of_orders = ("orders", "orders_now", "orders_curated", "orders_processed")
    assert tables == {"dashboard_hours", "newest_rows", *of_orders}
    assert "arn:aws:s3:::curated/tables/orders/*" in may["s3:GetObject"]


def test_a_mistake_in_a_declaration_stops_the_program_by_its_name_before_anything_is_made(deploy, shown):
    wrong = dataclasses.replace(visual(ORDERS), measures=(dashboards.Measure("Items", "quantities"),))
    message = (
        "dashboard sales, visual all-orders: measure 'Items': the column 'quantities' is not known; near: quantity"
    )
    with pytest.raises(DashboardsError, match=message):
        deploy(shown(dataclasses.replace(SALES, visuals=(wrong,))))


def test_the_data_set_that_the_deployment_makes_itself_has_no_name_of_another(deploy, shown):
    with pytest.raises(DashboardsError, match="the deployment makes a data set of this name itself; take another"):
        deploy(shown(board("sales", dataclasses.replace(ORDERS, name=RULES))))


def test_what_shows_a_source_that_is_not_deployed_is_left_out_and_named(deploy, shown, monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    deployment = deploy(shown(board("survey", ANSWERS), board("sales", ORDERS, ANSWERS)))
    assert [resource.name for resource in deployment.of("DataSet")] == ["dashboards-orders-data"]
    assert [resource.name for resource in deployment.of("Stack")] == ["dashboards-sales"]
    (sheet,) = properties(deployment)["Definition"]["Sheets"]
    assert [next(iter(it.values()))["VisualId"] for it in sheet["Visuals"]] == ["all-orders"]
    without = "the stack does not have the source feedback; it has orders."
    assert said == [
        f"The dashboard survey is left out: {without}",
        f"The dashboard sales is shown without all-answers: {without}",
    ]


def test_where_no_dashboard_has_its_source_there_is_nothing_of_quicksight(deploy, shown, monkeypatch):
    monkeypatch.setattr("pulumi.log.warn", lambda _message: None)
    outputs = []
    deployment = deploy(lambda: outputs.append(shown(board("survey", ANSWERS))().outputs))
    assert outputs == [{}]
    assert [resource.type for resource in deployment.resources] == ["rapid-analytics:index:Dashboards"]


def test_the_address_of_the_survey_is_on_each_dashboard_where_there_is_one(deploy, shown, monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.info", said.append)
    url = "https://guests.example.com/survey"
    assert url in json.dumps(properties(deploy(shown(survey_url=url))))
    assert said == []
    assert "survey" not in json.dumps(properties(deploy(shown())))
    assert "which needs the config key storefront" in said[0]


def test_the_address_is_that_of_quicksight_in_the_region_of_the_workgroup(deploy, shown):
    urls = []
    deploy(lambda: shown()().outputs["dashboards_url"].apply(urls.append))
    assert urls == [f"https://{REGION}.quicksight.aws.amazon.com/sn/start/dashboards"]
