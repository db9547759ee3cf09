"""Queues that invoke functions, and where events go that were invoked asynchronously: deployed, edited, ended."""

import pytest

from rapid.local.cloud import LocalCloud

from .deploy_rig import Rig

pytestmark = pytest.mark.aws(
    "Pulumi deployer",
    "Event sources",
    "https://www.pulumi.com/registry/packages/aws/api-docs/lambda/eventsourcemapping/",
)
INVOKE_CONFIG = pytest.mark.aws(
    "Pulumi deployer",
    "Asynchronous invocation",
    "https://www.pulumi.com/registry/packages/aws/api-docs/lambda/functioneventinvokeconfig/",
)

PROGRAM = """
import json
import pulumi, pulumi_aws as aws

role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}))
may = aws.iam.RolePolicy("may", role=role.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}))
queues = {name: aws.sqs.Queue(name, visibility_timeout_seconds=60) for name in ("first", "second")}
function = aws.lambda_.Function("function", role=role.arn, runtime="python3.13", handler="handler.handler",
    code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def handler(event, context): ...")}),
    opts=pulumi.ResourceOptions(depends_on=[may]))
mapping = aws.lambda_.EventSourceMapping("mapping", event_source_arn=queues[SOURCE].arn, function_name=function.name,
    **MAPPING)
aws.lambda_.FunctionEventInvokeConfig("asynchronous", function_name=function.name,
    destination_config={"on_failure": {"destination": queues["second"].arn}}, **ASYNCHRONOUS)
for name, value in {"uuid": mapping.uuid, "function": function.name, "first": queues["first"].arn,
        "second": queues["second"].arn}.items():
    pulumi.export(name, value)
"""


@pytest.fixture(scope="module")
def cloud():
    with LocalCloud(0) as made:
        yield Rig(made.url, made.clients)


def deploy(cloud, folder, mapping=None, asynchronous=None, source="first"):
    text = PROGRAM.replace("SOURCE", repr(source)).replace("**MAPPING", f"**{mapping or {}}")
    outcome = cloud.deploy(folder, text.replace("**ASYNCHRONOUS", f"**{asynchronous or {}}"))
    assert outcome.status == 0, outcome.errors
    return outcome


def read(cloud, outcome):
    return cloud.client("lambda").get_event_source_mapping(UUID=outcome.output("uuid"))


def test_a_queue_invokes_a_function_as_the_program_says_and_an_edit_changes_that_in_place(cloud, tmp_path):
    first = deploy(cloud, tmp_path, {"batch_size": 5, "function_response_types": ["ReportBatchItemFailures"]})
    found = read(cloud, first)
    assert found["EventSourceArn"] == first.output("first")
    assert (found["BatchSize"], found["FunctionResponseTypes"]) == (5, ["ReportBatchItemFailures"])

    second = deploy(cloud, tmp_path, {"batch_size": 7, "enabled": False, "scaling_config": {"maximum_concurrency": 2}})
    found = read(cloud, second)
    assert second.told("updated") == ["mapping"]
    assert second.output("uuid") == first.output("uuid")
    assert found["BatchSize"] == 7
    assert found.get("FunctionResponseTypes", []) == []
    assert found["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert found["State"] in ("Disabled", "Disabling")

    third = deploy(cloud, tmp_path, source="second")
    assert third.told("replaced") == ["mapping"]
    assert read(cloud, third)["EventSourceArn"] == third.output("second")
    assert read(cloud, third)["BatchSize"] == 10
    listed = cloud.client("lambda").list_event_source_mappings(FunctionName=third.output("function"))
    assert [item["UUID"] for item in listed["EventSourceMappings"]] == [third.output("uuid")]


@INVOKE_CONFIG
def test_what_becomes_of_events_is_put_onto_a_function_edited_in_place_and_taken_away(cloud, tmp_path):
    client = cloud.client("lambda")
    first = deploy(cloud, tmp_path, asynchronous={"maximum_retry_attempts": 1, "maximum_event_age_in_seconds": 90})
    name = first.output("function")
    found = client.get_function_event_invoke_config(FunctionName=name)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (1, 90)
    assert found["DestinationConfig"]["OnFailure"] == {"Destination": first.output("second")}

    second = deploy(cloud, tmp_path)
    assert second.told("updated") == ["asynchronous"]
    found = client.get_function_event_invoke_config(FunctionName=name)
    assert found["MaximumRetryAttempts"] == 2
    assert "MaximumEventAgeInSeconds" not in found

    cloud.run(tmp_path, "--action", "destroy")
    assert client.list_event_source_mappings()["EventSourceMappings"] == []
    assert client.list_functions()["Functions"] == []
