import json

import pytest
from botocore.exceptions import ClientError

from rapid.local.cloud import LocalCloud
from tests.unit.local.deploy_rig import Rig

pytestmark = pytest.mark.aws(
    "CloudFormation", "Stacks", "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks.html"
)
FAILURES = pytest.mark.aws(
    "CloudFormation",
    "Stacks",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html",
)
API = "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_"
CREATE_STACK = pytest.mark.aws("CloudFormation", "Stacks", f"{API}CreateStack.html")
DESCRIBE_STACKS = pytest.mark.aws("CloudFormation", "Stacks", f"{API}DescribeStacks.html")

ACCOUNT = "123456789012"
PROPERTIES = {
    "AwsAccountId": {"Ref": "AWS::AccountId"},
    "DashboardId": "orders",
    "Name": "Orders",
    "Definition": {
        "DataSetIdentifierDeclarations": [
            {"Identifier": "orders", "DataSetArn": f"arn:aws:quicksight:us-east-1:{ACCOUNT}:dataset/orders"}
        ],
        "Sheets": [{"SheetId": "one", "Name": "Orders", "Visuals": []}],
    },
}


SECOND = {"Type": "AWS::QuickSight::Dashboard", "Properties": {**PROPERTIES, "DashboardId": "second"}}


@pytest.fixture(scope="module")
def server():
    with LocalCloud(0) as made:
        quicksight = made.clients.client("quicksight")
        source = quicksight.create_data_source(AwsAccountId=ACCOUNT, DataSourceId="lake", Name="lake", Type="ATHENA")
        table = {
            "DataSourceArn": source["Arn"],
            "Name": "orders",
            "InputColumns": [{"Name": "price", "Type": "DECIMAL"}],
        }
        quicksight.create_data_set(
            AwsAccountId=ACCOUNT,
            DataSetId="orders",
            Name="Orders",
            PhysicalTableMap={"orders": {"RelationalTable": table}},
            ImportMode="DIRECT_QUERY",
        )
        yield Rig(made.url, made.clients)


@pytest.fixture
def cloud(server):
    yield server
    stacks = server.client("cloudformation")
    for stack in stacks.describe_stacks()["Stacks"]:
        stacks.delete_stack(StackName=stack["StackName"])
    for dashboard in dashboards(server):
        server.client("quicksight").delete_dashboard(AwsAccountId=ACCOUNT, DashboardId=dashboard)


@pytest.fixture
def stacks(cloud):
    return cloud.client("cloudformation")


def template(properties=PROPERTIES, **more):
    resources = {"Dashboard": {"Type": "AWS::QuickSight::Dashboard", "Properties": properties}}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, **more}


def changed(**properties):
    return template({**PROPERTIES, **properties})


def create(stacks, content, name="dashboards", **more):
    body = content if isinstance(content, str) else json.dumps(content)
    return stacks.create_stack(StackName=name, TemplateBody=body, **more)["StackId"]


def described(stacks, name="dashboards"):
    return stacks.describe_stacks(StackName=name)["Stacks"][0]


def refused(stacks, content, **more):
    with pytest.raises(ClientError) as caught:
        create(stacks, content, **more)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert stacks.describe_stacks()["Stacks"] == []
    return caught.value.response["Error"]["Message"]


def failure(stacks, content):
    """The status reason of the dashboard in a stack that fails."""
    create(stacks, content)
    assert described(stacks)["StackStatus"] == "ROLLBACK_COMPLETE"
    (event,) = [event for event in stack_events(stacks) if event["ResourceStatus"] == "CREATE_FAILED"]
    assert event["LogicalResourceId"] == "Dashboard"
    return event["ResourceStatusReason"]


def dashboards(cloud):
    listed = cloud.client("quicksight").list_dashboards(AwsAccountId=ACCOUNT)
    return [item["DashboardId"] for item in listed["DashboardSummaryList"]]


def test_a_stack_makes_its_dashboard(cloud, stacks):
    stack_id = create(stacks, template(), Tags=[{"Key": "team", "Value": "kitchen"}])
    stack = described(stacks, stack_id)
    assert (stack["StackName"], stack["StackStatus"]) == ("dashboards", "CREATE_COMPLETE")
    assert stack["Tags"] == [{"Key": "team", "Value": "kitchen"}]
    assert dashboards(cloud) == ["orders"]
    shown = cloud.client("quicksight").describe_dashboard(AwsAccountId=ACCOUNT, DashboardId="orders")["Dashboard"]
    assert shown["Name"] == "Orders"


def test_the_events_of_a_stack_are_told(stacks):
    create(stacks, template())
    events = stack_events(stacks)
    assert events[1]["PhysicalResourceId"] == f"{ACCOUNT}|orders"
    assert [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(events)] == [
        ("dashboards", "CREATE_IN_PROGRESS"),
        ("Dashboard", "CREATE_IN_PROGRESS"),
        ("Dashboard", "CREATE_COMPLETE"),
        ("dashboards", "CREATE_COMPLETE"),
    ]


def test_the_template_comes_back_as_it_was_given(stacks):
    body = json.dumps(template(), indent=3)
    create(stacks, body)
    # boto3 reads a JSON template into an object.
    assert stacks.get_template(StackName="dashboards")["TemplateBody"] == json.loads(body)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Nmae": "x"}, "#: extraneous key [Nmae] is not permitted"),
        ({"DashboardId": None}, "#/DashboardId: expected type: String, found: Null"),
        ({"Permissions": [{"Principal": "p"}]}, "#/Permissions/0: required key [Actions] not found"),
        ({"Definition": []}, "#/Definition: expected type: JSONObject, found: JSONArray"),
        (
            {"Definition": {**PROPERTIES["Definition"], "Sheets": [{"SheetId": "one", "Title_": "x"}]}},
            "#/Definition/Sheets/0: extraneous key [Title_] is not permitted",
        ),
        (
            {"ValidationStrategy": {"Mode": "RELAXED"}},
            "#/ValidationStrategy/Mode: RELAXED is not a valid enum value",
        ),
    ],
)
def test_a_dashboard_that_does_not_fit_fails_its_stack_saying_where(cloud, stacks, change, reason):
    assert failure(stacks, changed(**change)) == (
        f"Properties validation failed for resource Dashboard with message:\n[{reason}]"
    )
    assert dashboards(cloud) == []


@FAILURES
def test_a_failed_stack_is_rolled_back_and_says_why(stacks):
    stack_id = create(stacks, changed(Nmae="x"))
    stack = described(stacks, stack_id)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stack["StackStatusReason"] == (
        "The following resource(s) failed to create: [Dashboard]. Rollback requested by user."
    )


def test_a_dashboard_that_exists_is_not_made_again(stacks):
    create(stacks, template(), name="first")
    reason = failure(stacks, template())
    assert reason == (
        f"Resource of type 'AWS::QuickSight::Dashboard' with identifier '{ACCOUNT}|orders' already exists."
    )


def test_another_resource_type_is_refused_by_name(stacks):
    message = refused(stacks, {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    assert "does not support the resource type AWS::SNS::Topic of Topic" in message
    assert "it supports AWS::QuickSight::Dashboard" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Template format error: "),
        ("Resources: {}", "does not support templates in YAML"),
        ({}, "At least one Resources member must be defined."),
        ({"Resources": {"A": {}}}, "[/Resources/A] Every Resources object must contain a Type member."),
        (template(Conditions={}), "does not support the template section Conditions"),
        (template(Parameters={"P": {"Type": "String"}}), "does not support the template section Parameters"),
        (changed(Name={"Ref": "AWS::Region"}), "does not support a reference to AWS::Region"),
        (changed(Name={"Fn::Split": ["a", "b"]}), "does not support the function Fn::Split"),
        ({"Resources": {"A": SECOND, "B": SECOND}}, "does not support several resources in a stack (A, B)"),
        ({"Resources": {"A": {**SECOND, "DependsOn": "B"}}}, "does not support the attribute DependsOn"),
        (template(Description="x" * 60_000), "Member must have length less than or equal to 51200"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused_before_anything_is_made(stacks, content, message):
    assert message in refused(stacks, content)


@pytest.mark.aws(
    "CloudFormation",
    "Limits",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
)
@pytest.mark.parametrize("letter", ["x", "ü"])
def test_a_template_in_a_request_has_51200_bytes_at_most(stacks, letter):
    content = json.dumps(changed(Name=1000 * letter), ensure_ascii=False)

    def of_size(size):
        return content + " " * (size - len(content.encode()))

    stacks.create_stack(StackName="dashboards", TemplateBody=of_size(51_200))
    constraint = (
        "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
        "Member must have length less than or equal to 51200"
    )
    for make in (stacks.create_stack, stacks.update_stack):
        with pytest.raises(ClientError, match=f"ValidationError.*{constraint}"):
            make(StackName="dashboards", TemplateBody=of_size(51_201))


def test_an_argument_that_is_not_supported_is_refused_by_name(stacks):
    message = refused(stacks, template(), OnFailure="DELETE")
    assert "does not support the parameter OnFailure" in message


def test_an_action_that_is_not_supported_is_refused_by_name(stacks):
    with pytest.raises(ClientError, match="does not support the action CreateChangeSet"):
        stacks.create_change_set(StackName="dashboards", ChangeSetName="c", TemplateBody="{}")


UPDATES = pytest.mark.aws(
    "CloudFormation",
    "Stack updates",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-direct.html",
)


def update(stacks, content, name="dashboards", **more):
    stacks.update_stack(StackName=name, TemplateBody=json.dumps(content), **more)
    return described(stacks, name)


def shown(cloud, dashboard="orders"):
    found = cloud.client("quicksight").describe_dashboard(AwsAccountId=ACCOUNT, DashboardId=dashboard)["Dashboard"]
    return found["Name"], found["Version"]["VersionNumber"]


@UPDATES
def test_an_update_changes_a_dashboard_in_place_and_publishes_the_new_version(cloud, stacks):
    create(stacks, template())
    stack = update(stacks, changed(Name="Orders today"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert shown(cloud) == ("Orders today", 2)
    events = [event["ResourceStatus"] for event in stack_events(stacks)]
    assert events[:5] == [
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
    ]


@UPDATES
def test_an_update_shares_a_dashboard_with_others(cloud, stacks):
    quicksight = cloud.client("quicksight")
    grants = []
    for name in ("managers", "cooks"):
        group = quicksight.create_group(AwsAccountId=ACCOUNT, Namespace="default", GroupName=name)["Group"]
        actions = ["DescribeDashboard", "ListDashboardVersions", "QueryDashboard"]
        grants.append({"Principal": group["Arn"], "Actions": [f"quicksight:{action}" for action in actions]})
    create(stacks, changed(Permissions=grants[:1]))
    update(stacks, changed(Permissions=grants[1:]))
    found = quicksight.describe_dashboard_permissions(AwsAccountId=ACCOUNT, DashboardId="orders")
    assert found["Permissions"] == grants[1:]


@UPDATES
def test_an_update_of_the_dashboard_s_id_replaces_it(cloud, stacks):
    create(stacks, template())
    update(stacks, changed(DashboardId="other"))
    assert dashboards(cloud) == ["other"]


@UPDATES
def test_an_update_makes_what_the_template_gains_and_ends_what_it_loses(cloud, stacks):
    create(stacks, template())
    update(stacks, {"Resources": {"Second": SECOND}})
    assert dashboards(cloud) == ["second"]


@UPDATES
@pytest.mark.parametrize(("change", "verb"), [({}, "update"), ({"DashboardId": "other"}, "create")])
def test_an_update_that_fails_is_rolled_back_and_says_why(cloud, stacks, change, verb):
    create(stacks, template())
    stack = update(stacks, changed(Nmae="x", **change))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert shown(cloud)[0] == "Orders"
    assert dashboards(cloud) == ["orders"]
    reasons = [event.get("ResourceStatusReason", "") for event in stack_events(stacks)]
    assert f"The following resource(s) failed to {verb}: [Dashboard]." in reasons
    assert update(stacks, changed(Name="Orders today"))["StackStatus"] == "UPDATE_COMPLETE"


def stack_events(stacks):
    return stacks.describe_stack_events(StackName="dashboards")["StackEvents"]


@UPDATES
def test_an_update_that_changes_nothing_is_refused(stacks):
    create(stacks, template())
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        update(stacks, template())


@UPDATES
def test_a_stack_that_was_never_made_whole_or_does_not_exist_is_not_updated(stacks):
    create(stacks, changed(Nmae="x"))
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        update(stacks, template())
    with pytest.raises(ClientError, match=r"Stack \[nobody\] does not exist"):
        update(stacks, template(), name="nobody")


@CREATE_STACK
def test_a_name_in_use_is_refused(stacks):
    create(stacks, template())
    with pytest.raises(ClientError) as caught:
        create(stacks, template())
    assert caught.value.response["Error"]["Code"] == "AlreadyExistsException"


@DESCRIBE_STACKS
def test_a_stack_that_does_not_exist_is_not_described(stacks):
    with pytest.raises(ClientError, match="Stack with id nobody does not exist"):
        stacks.describe_stacks(StackName="nobody")


def test_a_stack_that_does_not_exist_is_deleted_already(stacks):
    stacks.delete_stack(StackName="nobody")


@DESCRIBE_STACKS
def test_a_deleted_stack_is_known_by_its_id_alone(stacks):
    stack_id = create(stacks, changed(Nmae="x"))
    stacks.delete_stack(StackName="dashboards")
    assert described(stacks, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist"):
        described(stacks)


def test_a_stack_whose_dashboard_cannot_be_deleted_says_so(cloud, stacks):
    create(stacks, template())
    cloud.client("quicksight").delete_dashboard(AwsAccountId=ACCOUNT, DashboardId="orders")
    stacks.delete_stack(StackName="dashboards")
    stack = described(stacks)
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "[Dashboard]" in stack["StackStatusReason"]


def test_the_deployer_tells_why_a_stack_failed(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        f"""
        import json
        import pulumi_aws as aws
        aws.cloudformation.Stack("shown", template_body=json.dumps({changed(Nmae="x")!r}))
        """,
    )
    assert "the stack ended as ROLLBACK_COMPLETE" in outcome.errors["shown"]
    assert "extraneous key [Nmae] is not permitted" in outcome.errors["shown"]
