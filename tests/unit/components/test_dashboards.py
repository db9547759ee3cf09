import dataclasses
import json
import re

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

import dashboards
from components.dashboards.dashboards import Dashboards
from tests.unit.components.engine import ACCOUNT, LAKEHOUSE, REGION

VIEWER = f"arn:aws:quicksight:{REGION}:{ACCOUNT}:group/default/managers"
# The visuals over orders, which is what the lakehouse of these tests has.
RESTAURANT = dataclasses.replace(
    dashboards.RESTAURANT,
    visuals=tuple(visual for visual in dashboards.RESTAURANT.visuals if visual.data_set.sources == ("orders",)),
    filters=dashboards.RESTAURANT.filters[:1],
)
OTHER_DATA = dataclasses.replace(dashboards.RESTAURANT.visuals[0].data_set, name="survey", sources=("feedback",))
SURVEY = dataclasses.replace(
    dashboards.RESTAURANT,
    name="survey",
    visuals=(dataclasses.replace(dashboards.RESTAURANT.visuals[0], data_set=OTHER_DATA),),
)
TABLE, WORKGROUP = LAKEHOUSE["tables"]["orders"], LAKEHOUSE["workgroup"]


def shown(viewer=None, declared=(RESTAURANT,)):
    return lambda: Dashboards(
        "dashboards",
        {
            "dashboards": declared,
            "id_prefix": "rapid-analytics-dev.eu",
            "lakehouse": LAKEHOUSE,
            "viewer_principal_arn": viewer,
        },
    )


def lint_messages(text):
    """What cfn-lint finds: errors and warnings, for a region that has QuickSight."""
    return [match.message for match in lint(text, config=ManualArgs(regions=["us-east-1"]))]


def template(deployment):
    return json.loads(deployment.one("Stack").inputs["templateBody"])


def dashboard(deployment):
    return template(deployment)["Resources"]["Dashboard"]["Properties"]


@pytest.mark.parametrize("viewer", [None, VIEWER])
def test_the_template_of_a_dashboard_passes_cfn_lint(deploy, viewer):
    text = deploy(shown(viewer)).one("Stack").inputs["templateBody"]
    assert lint_messages(text) == []


def test_cfn_lint_would_see_a_mistake_in_a_definition(deploy):
    text = deploy(shown()).one("Stack").inputs["templateBody"].replace('"Category":', '"Categories":')
    assert any("Categories" in message for message in lint_messages(text))


def test_every_visual_shows_its_question(deploy):
    (sheet,) = dashboard(deploy(shown()))["Definition"]["Sheets"]
    titles = [next(iter(visual.values()))["Title"]["FormatText"]["PlainText"] for visual in sheet["Visuals"]]
    assert titles == [visual.question for visual in RESTAURANT.visuals]
    assert all(title.endswith("?") for title in titles)


def test_a_dashboard_shows_the_data_set_that_is_deployed(deploy):
    deployment = deploy(shown())
    (declaration,) = dashboard(deployment)["Definition"]["DataSetIdentifierDeclarations"]
    assert declaration["DataSetArn"] == f"arn:aws:quicksight:{REGION}:{ACCOUNT}:dashboards-orders-data"
    names = set(re.findall(r'"DataSetIdentifier": ?"([^"]*)"', json.dumps(template(deployment))))
    assert names == {declaration["Identifier"]}


def test_a_dashboard_is_shared_with_the_viewer_who_may_look_and_no_more(deploy):
    (permission,) = dashboard(deploy(shown(VIEWER)))["Permissions"]
    assert permission == {
        "Principal": VIEWER,
        "Actions": [
            "quicksight:DescribeDashboard",
            "quicksight:ListDashboardVersions",
            "quicksight:QueryDashboard",
        ],
    }


def test_a_dashboard_without_viewer_is_shared_with_nobody(deploy):
    assert "Permissions" not in dashboard(deploy(shown()))


def test_ids_hold_only_what_quicksight_allows(deploy, preview):
    deployment = deploy(shown(), preview=preview)
    ids = {deployment.one("DataSource").inputs["dataSourceId"], deployment.one("DataSet").inputs["dataSetId"]}
    assert ids == {"rapid-analytics-dev-eu-athena", "rapid-analytics-dev-eu-orders"}


def test_the_data_source_queries_the_workgroup_under_a_role_of_its_own(deploy):
    deployment = deploy(shown())
    source = deployment.one("DataSource")
    assert source.inputs["parameters"]["athena"] == {
        "workGroup": "lake",
        "roleArn": f"arn:aws:iam:{REGION}:{ACCOUNT}:dashboards-query-role",
    }
    assert "dashboards-query-policy" in source.depends_on


def test_the_query_role_reads_the_tables_shown_and_writes_results_alone(deploy):
    statements = deploy(shown()).one("RolePolicy").policy()
    resources = {}
    for statement in statements:
        for action in statement["Action"]:
            resources.setdefault(action, []).extend(statement["Resource"])
    glue_arn = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    assert resources["glue:GetTable"] == [f"{glue_arn}:catalog", f"{glue_arn}:database/lake", TABLE]
    assert resources["s3:PutObject"] == ["arn:aws:s3:::results/*"]
    assert sorted(resources["s3:GetObject"]) == ["arn:aws:s3:::processed/orders/*", "arn:aws:s3:::results/*"]
    athena = f"arn:aws:athena:{REGION}:{ACCOUNT}"
    assert resources["athena:StartQueryExecution"] == [WORKGROUP, f"{athena}:datacatalog/AwsDataCatalog"]


def test_a_dashboard_over_a_source_that_is_not_deployed_is_left_out_and_named(deploy, monkeypatch):
    said = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    deployment = deploy(shown(declared=[SURVEY, RESTAURANT]))
    assert [resource.name for resource in deployment.of("DataSet")] == ["dashboards-orders-data"]
    assert said == ["The dashboard survey is left out: the stack does not have its source, feedback; it has orders."]


def test_where_no_dashboard_has_its_source_there_is_nothing_of_quicksight(deploy, monkeypatch):
    monkeypatch.setattr("pulumi.log.warn", lambda _message: None)
    outputs = []
    deployment = deploy(lambda: outputs.append(shown(declared=[SURVEY])().outputs))
    assert outputs == [{}]
    assert [resource.type for resource in deployment.resources] == ["rapid-analytics:index:Dashboards"]


def test_the_address_is_that_of_quicksight_in_the_region_of_the_workgroup(deploy):
    urls = []
    deploy(lambda: shown()().outputs["dashboards_url"].apply(urls.append))
    assert urls == [f"https://{REGION}.quicksight.aws.amazon.com/sn/start/dashboards"]
