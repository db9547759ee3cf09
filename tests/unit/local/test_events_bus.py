"""EventBridge: S3's events of objects, and the rules by which functions hear of them."""

import datetime
import json
from typing import Any

import pytest

from rapid.local.events import patterns

from . import lambda_rig
from .cloud_rig import Rig
from .events_rig import body, permit, recording_function, refused, rule_arn
from .lambda_rig import Queue

SERVICE = "events.amazonaws.com"
OPERATORS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html"
PATTERNS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html"
DISABLE_RULE = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html"
TARGETS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html"
POLICIES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"
EVENTS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"
TYPES = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html"
OF_S3 = {"source": ["aws.s3"], "detail-type": ["Object Created"]}


def pattern(bucket: str, **wanted: Any) -> str:
    """A pattern of new objects in a bucket."""
    return json.dumps({**OF_S3, "detail": {"bucket": {"name": [bucket]}, **wanted}})


def bucket(rig: Rig, is_told: bool = True) -> str:
    """A bucket; EventBridge is told of its objects, or not."""
    name, s3 = rig.name("bucket"), rig.aws("s3")
    s3.create_bucket(Bucket=name)
    if is_told:
        configuration: dict[str, Any] = {"EventBridgeConfiguration": {}}
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)
    return name


def put(rig: Rig, name: str, key: str = "key") -> dict[str, Any]:
    """Put an object into a bucket."""
    answer: dict[str, Any] = rig.aws("s3").put_object(Bucket=name, Key=key, Body=b"123")
    return answer


def rule(rig: Rig, text: str, **more: Any) -> str:
    """A rule; its name."""
    name = rig.name("rule")
    rig.aws("events").put_rule(Name=name, EventPattern=text, **more)
    return name


def told_by(rig: Rig, name: str) -> Queue:
    """A queue that gets what a function hears by a rule."""
    queue = lambda_rig.queue(rig)
    function = recording_function(rig, queue)
    permit(rig, function, SERVICE, rule_arn(name))
    answer = rig.aws("events").put_targets(Rule=name, Targets=[{"Id": "function", "Arn": function}])
    assert answer["FailedEntryCount"] == 0
    return queue


@pytest.mark.aws("S3", "Event notifications", EVENTS)
def test_a_rule_hears_of_a_new_object_in_a_bucket_that_has_eventbridge_switched_on(rig: Rig) -> None:
    name, silent, s3 = bucket(rig), bucket(rig, is_told=False), rig.aws("s3")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    queue = told_by(rig, rule(rig, json.dumps({**OF_S3, "detail": {"bucket": {"name": [name, silent]}}})))
    put(rig, silent)
    made = put(rig, name, "a key")
    event = body(queue)
    assert (event["source"], event["detail-type"], event["version"]) == ("aws.s3", "Object Created", "0")
    assert (event["account"], event["region"], event["resources"]) == (
        "123456789012",
        "us-east-1",
        [f"arn:aws:s3:::{name}"],
    )
    assert datetime.datetime.fromisoformat(event["time"]).tzinfo is not None
    told = event["detail"]["object"]
    assert int(told.pop("sequencer"), 16) > 0
    assert told == {"key": "a key", "size": 3, "etag": made["ETag"].strip('"'), "version-id": made["VersionId"]}
    assert (event["detail"]["bucket"], event["detail"]["reason"]) == ({"name": name}, "PutObject")
    s3.delete_object(Bucket=name, Key="a key")
    put(rig, name, "another")
    assert body(queue)["detail"]["object"]["key"] == "another"


@pytest.mark.aws("S3", "Event notifications", TYPES)
def test_copies_and_finished_multipart_uploads_are_told_as_what_they_are_and_once_each(rig: Rig) -> None:
    name, s3 = bucket(rig), rig.aws("s3")
    queue = told_by(rig, rule(rig, pattern(name)))
    put(rig, name, "first")
    s3.copy_object(Bucket=name, Key="second", CopySource=f"{name}/first")
    upload = s3.create_multipart_upload(Bucket=name, Key="third")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="third", UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=name, Key="third", UploadId=upload, MultipartUpload=parts)
    told = [body(queue)["detail"] for _ in range(3)]
    assert {detail["object"]["key"]: detail["reason"] for detail in told} == {
        "first": "PutObject",
        "second": "CopyObject",
        "third": "CompleteMultipartUpload",
    }
    assert queue.size() == 0


@pytest.mark.aws("S3", "Event notifications", EVENTS)
def test_a_rule_hears_of_deletions_and_whether_versions_are_left(rig: Rig) -> None:
    name, s3 = bucket(rig), rig.aws("s3")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    deleted = {"source": ["aws.s3"], "detail-type": ["Object Deleted"], "detail": {"bucket": {"name": [name]}}}
    queue = told_by(rig, rule(rig, json.dumps(deleted)))
    first = put(rig, name)["VersionId"]
    second = put(rig, name)["VersionId"]
    marker = s3.delete_object(Bucket=name, Key="key")["VersionId"]
    s3.delete_object(Bucket=name, Key="key", VersionId="there is none")
    for version in (first, second):
        s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "key", "VersionId": version}]})
    details = [body(queue)["detail"] for _ in range(3)]
    assert {detail["object"]["version-id"]: detail["deletion-type"] for detail in details} == {
        marker: "Delete Marker Created",
        first: "Permanently Deleted",
        second: "Permanently Deleted",
    }
    assert {(detail["object"]["key"], detail["reason"]) for detail in details} == {("key", "DeleteObject")}
    assert queue.size() == 0


@pytest.mark.aws("S3", "Event notifications", EVENTS)
def test_a_bucket_says_whether_eventbridge_is_told_and_an_empty_configuration_ends_it(rig: Rig) -> None:
    name, s3 = bucket(rig), rig.aws("s3")
    queue = told_by(rig, rule(rig, pattern(name)))
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=name)
    put(rig, name)
    assert queue.messages(1) == []


@pytest.mark.parametrize(
    ("member", "arn", "named"),
    [
        ("QueueConfigurations", {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q"}, "queues"),
        ("LambdaFunctionConfigurations", {"LambdaFunctionArn": "arn:aws:lambda:us-east-1:123456789012:f"}, "functions"),
        ("TopicConfigurations", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t"}, "SNS topics"),
    ],
)
def test_notifications_to_others_than_eventbridge_are_refused_by_name(
    rig: Rig, member: str, arn: dict[str, str], named: str
) -> None:
    configuration = {member: [{**arn, "Events": ["s3:ObjectCreated:*"]}]}
    configure = rig.aws("s3").put_bucket_notification_configuration
    error = refused(configure, Bucket=bucket(rig), NotificationConfiguration=configuration)
    assert f"notifications to {named}, but to EventBridge alone" in error["Message"]


@pytest.mark.aws("EventBridge", "Event patterns", OPERATORS)
@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ({"a": ["x", "y"]}, {"a": "y"}, {"a": "z"}),
        ({"a": ["x"], "b": {"c": ["y"]}}, {"a": "x", "b": {"c": "y"}}, {"a": "x", "b": {"c": "z"}}),
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, {"a": "cab"}),
        ({"a": [{"anything-but": {"prefix": "tmp"}}]}, {"a": "x"}, {"a": "tmp/x"}),
        ({"a": [{"anything-but": {"prefix": "tmp"}}]}, {"a": "x"}, {"b": "x"}),
    ],
)
def test_a_pattern_matches_as_its_operators_say(pattern: Any, matching: Any, other: Any) -> None:
    test = patterns.parse(json.dumps(pattern))
    assert (test(matching), test(other)) == (True, False)


@pytest.mark.aws("EventBridge", "Event patterns", PATTERNS)
@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ({"source": "mine"}, '"source" must be an object or an array'),
        ({"source": []}, "Empty arrays are not allowed"),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, "Only one key allowed in match expression"),
        ({}, "Empty patterns are not allowed"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused_with_the_reason(rig: Rig, pattern: Any, reason: str) -> None:
    error = refused(rig.aws("events").put_rule, Name="never", EventPattern=json.dumps(pattern))
    assert error["Code"] == "InvalidEventPatternException"
    assert reason in error["Message"]


@pytest.mark.parametrize(
    ("definition", "named"),
    [
        ({"EventPattern": '{"source": ["mine"]}'}, "its bus has no other events"),
        ({"EventPattern": json.dumps({**OF_S3, "detail-type": ["Object Tags Added"]})}, "its bus has no other events"),
        ({"EventPattern": pattern("b", object={"size": [{"numeric": [">", 0]}]})}, 'with {"numeric": [">", 0]}'),
        ({"EventPattern": pattern("b", object={"size": [1]})}, "event patterns with 1"),
        ({"EventPattern": json.dumps({"$or": [{}, {}]})}, "event patterns with $or"),
        ({"ScheduleExpression": "rate(5 minutes)"}, "rules with ScheduleExpression"),
        ({"EventPattern": pattern("b"), "EventBusName": "other"}, "the event bus other"),
    ],
)
def test_a_rule_that_the_local_cloud_cannot_follow_is_refused_by_name(rig: Rig, definition: Any, named: str) -> None:
    assert named in refused(rig.aws("events").put_rule, Name="never", **definition)["Message"]


def test_what_the_local_cloud_lacks_of_eventbridge_is_refused_by_name(rig: Rig) -> None:
    client = rig.aws("events")
    entry = {"Source": "mine", "DetailType": "test", "Detail": "{}"}
    assert "EventBridge's PutEvents" in refused(client.put_events, Entries=[entry])["Message"]
    assert "EventBridge's CreateEventBus" in refused(client.create_event_bus, Name="other")["Message"]


@pytest.mark.aws("EventBridge", "Permissions", POLICIES)
def test_a_function_that_does_not_let_the_rule_in_hears_nothing_and_the_object_is_stored(rig: Rig) -> None:
    bucket_name, results = bucket(rig), lambda_rig.queue(rig)
    name = rule(rig, pattern(bucket_name))
    function = recording_function(rig, results)
    permit(rig, function, SERVICE, rule_arn("another"))
    rig.aws("events").put_targets(Rule=name, Targets=[{"Id": "f", "Arn": function}])
    put(rig, bucket_name)
    assert results.messages(1) == []
    permit(rig, function, SERVICE, rule_arn(name))
    put(rig, bucket_name)
    assert body(results)["detail"]["object"]["key"] == "key"


@pytest.mark.aws("EventBridge", "Targets", TARGETS)
def test_a_glue_job_is_no_target_and_targets_that_the_local_cloud_lacks_are_refused_by_name(rig: Rig) -> None:
    name, put_targets = rule(rig, pattern("b")), rig.aws("events").put_targets
    function = "arn:aws:lambda:us-east-1:123456789012:function:f"
    for arn in ("arn:aws:glue:us-east-1:123456789012:job/j", function.replace("us-east-1", "eu-west-1"), "function"):
        message = refused(put_targets, Rule=name, Targets=[{"Id": "t", "Arn": arn}])["Message"]
        assert "Provided Arn is not in correct format" in message
    queue = "arn:aws:sqs:us-east-1:123456789012:q"
    assert f"{queue} as the target" in refused(put_targets, Rule=name, Targets=[{"Id": "t", "Arn": queue}])["Message"]
    target = {"Id": "t", "Arn": function, "InputPath": "$.detail"}
    assert "targets of rules with InputPath" in refused(put_targets, Rule=name, Targets=[target])["Message"]


@pytest.mark.aws("EventBridge", "Limits", "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html")
def test_a_rule_has_five_targets_at_most(rig: Rig) -> None:
    name, put_targets = rule(rig, pattern("b")), rig.aws("events").put_targets
    targets = [{"Id": str(id_), "Arn": f"arn:aws:lambda:us-east-1:123456789012:function:f{id_}"} for id_ in range(6)]
    put_targets(Rule=name, Targets=targets[:5])
    assert refused(put_targets, Rule=name, Targets=targets[5:])["Code"] == "LimitExceededException"


@pytest.mark.aws(
    "EventBridge", "Rules", "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html"
)
def test_a_rule_that_has_targets_cannot_be_deleted(rig: Rig) -> None:
    client, name = rig.aws("events"), rule(rig, pattern("b"))
    client.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}])
    assert refused(client.delete_rule, Name=name)["Code"] == "ValidationException"
    client.remove_targets(Rule=name, Ids=["t"])
    client.delete_rule(Name=name)


@pytest.mark.aws("EventBridge", "Rules", DISABLE_RULE)
def test_a_rule_that_is_disabled_tells_nobody(rig: Rig) -> None:
    bucket_name = bucket(rig)
    name = rule(rig, pattern(bucket_name), State="DISABLED")
    queue = told_by(rig, name)
    put(rig, bucket_name)
    assert queue.messages(1) == []
    rig.aws("events").put_rule(Name=name, EventPattern=pattern(bucket_name), State="ENABLED")
    put(rig, bucket_name)
    assert body(queue)["detail"]["object"]["key"] == "key"
