"""Notifications of S3, to queues, functions and EventBridge."""

import datetime
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from . import lambda_rig
from .cloud_rig import Rig
from .events_rig import admit, body, open_queue, permit, recording_function, rule_arn
from .lambda_rig import Queue

S3 = "s3.amazonaws.com"
STRUCTURE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"
TYPES = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html"
FILTERS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html"
PERMISSIONS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html"
PUT = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"
EVENTS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"


def bucket(rig: Rig, versioned: bool = False) -> str:
    name = rig.name("bucket")
    rig.aws("s3").create_bucket(Bucket=name)
    if versioned:
        rig.aws("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def configure(rig: Rig, name: str, **configuration: Any) -> None:
    rig.aws("s3").put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)


def to_queue(queue: Queue, *events: str, **filters: str) -> dict[str, Any]:
    rules = [{"Name": kind, "Value": value} for kind, value in filters.items()]
    found = {"QueueArn": queue.arn, "Events": list(events or ("s3:ObjectCreated:*",)), "Id": "to-queue"}
    return {**found, "Filter": {"Key": {"FilterRules": rules}}} if rules else found


def notified(rig: Rig, name: str, *events: str, **filters: str) -> Queue:
    """A queue that is told of a bucket's events, and has got the test message."""
    queue = open_queue(rig, S3, f"arn:aws:s3:::{name}")
    configure(rig, name, QueueConfigurations=[to_queue(queue, *events, **filters)])
    assert body(queue)["Event"] == "s3:TestEvent"
    return queue


def refused(rig: Rig, name: str, **configuration: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as found:
        configure(rig, name, **configuration)
    error: dict[str, Any] = found.value.response["Error"]
    return error


@pytest.mark.aws("S3", "Event notifications", STRUCTURE)
def test_a_new_object_is_told_with_its_encoded_key_its_size_and_its_etag(rig: Rig) -> None:
    name = bucket(rig, versioned=True)
    queue = notified(rig, name)
    put = rig.aws("s3").put_object(Bucket=name, Key="a folder/day=1/red flöwer.jpg", Body=b"123")
    (record,) = body(queue)["Records"]
    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("2.1", "aws:s3", "us-east-1")
    assert record["eventName"] == "ObjectCreated:Put"
    assert datetime.datetime.fromisoformat(record["eventTime"]).tzinfo is not None
    assert record["s3"]["configurationId"] == "to-queue"
    assert (record["s3"]["bucket"]["name"], record["s3"]["bucket"]["arn"]) == (name, f"arn:aws:s3:::{name}")
    told = record["s3"]["object"]
    assert int(told.pop("sequencer"), 16) > 0
    assert told == {
        "key": "a+folder/day%3D1/red+fl%C3%B6wer.jpg",
        "size": 3,
        "eTag": put["ETag"].strip('"'),
        "versionId": put["VersionId"],
    }


@pytest.mark.aws("S3", "Event notifications", TYPES)
def test_copies_and_finished_multipart_uploads_are_told_as_what_they_are_and_once_each(rig: Rig) -> None:
    name, s3 = bucket(rig), rig.aws("s3")
    queue = notified(rig, name)
    s3.put_object(Bucket=name, Key="first", Body=b"1")
    s3.copy_object(Bucket=name, Key="second", CopySource=f"{name}/first")
    upload = s3.create_multipart_upload(Bucket=name, Key="third")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="third", UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=name, Key="third", UploadId=upload, MultipartUpload=parts)
    told = [body(queue)["Records"][0] for _ in range(3)]
    assert {record["s3"]["object"]["key"]: record["eventName"] for record in told} == {
        "first": "ObjectCreated:Put",
        "second": "ObjectCreated:Copy",
        "third": "ObjectCreated:CompleteMultipartUpload",
    }
    assert queue.size() == 0


@pytest.mark.aws("S3", "Event notifications", TYPES)
def test_deletions_and_delete_markers_are_told_apart(rig: Rig) -> None:
    plain, versioned, s3 = bucket(rig), bucket(rig, versioned=True), rig.aws("s3")
    queues = [notified(rig, name, "s3:ObjectRemoved:*") for name in (plain, versioned)]
    for name in (plain, versioned):
        s3.put_object(Bucket=name, Key="key", Body=b"1")
    s3.delete_object(Bucket=plain, Key="key")
    (record,) = body(queues[0])["Records"]
    assert record["eventName"] == "ObjectRemoved:Delete"
    assert set(record["s3"]["object"]) == {"key", "sequencer"}
    version = s3.list_object_versions(Bucket=versioned)["Versions"][0]["VersionId"]
    marker = s3.delete_object(Bucket=versioned, Key="key")["VersionId"]
    (record,) = body(queues[1])["Records"]
    assert (record["eventName"], record["s3"]["object"]["versionId"]) == ("ObjectRemoved:DeleteMarkerCreated", marker)
    s3.delete_object(Bucket=versioned, Key="key", VersionId=version)
    (record,) = body(queues[1])["Records"]
    assert (record["eventName"], record["s3"]["object"]["versionId"]) == ("ObjectRemoved:Delete", version)
    s3.put_object(Bucket=plain, Key="another", Body=b"1")
    s3.delete_objects(Bucket=plain, Delete={"Objects": [{"Key": "another"}, {"Key": "missing"}]})
    (record,) = body(queues[0])["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectRemoved:Delete", "another")
    assert queues[0].size() == 0


@pytest.mark.aws("S3", "Event notifications", FILTERS)
def test_a_prefix_and_a_suffix_choose_the_objects_that_are_told(rig: Rig) -> None:
    name = bucket(rig)
    queue = notified(rig, name, prefix="raw/", suffix=".gz")
    for key in ("raw/a.txt", "other/a.gz", "raw/a.gz"):
        rig.aws("s3").put_object(Bucket=name, Key=key, Body=b"1")
    assert body(queue)["Records"][0]["s3"]["object"]["key"] == "raw/a.gz"
    assert queue.size() == 0


@pytest.mark.aws("S3", "Event notifications", PERMISSIONS)
def test_a_function_is_invoked_that_lets_s3_in_for_this_bucket(rig: Rig) -> None:
    name, results = bucket(rig), lambda_rig.queue(rig)
    function = recording_function(rig, results)
    configuration = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:Put"]}
    permit(rig, function, S3, "arn:aws:s3:::another-bucket")
    error = refused(rig, name, LambdaFunctionConfigurations=[configuration])
    assert (error["Code"], error["Message"]) == (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    )
    permit(rig, function, S3, f"arn:aws:s3:::{name}")
    configure(rig, name, LambdaFunctionConfigurations=[configuration])
    rig.aws("s3").put_object(Bucket=name, Key="key", Body=b"1")
    assert body(results)["Records"][0]["s3"]["object"]["key"] == "key"


@pytest.mark.aws("S3", "Event notifications", PERMISSIONS)
def test_a_queue_that_is_not_there_or_does_not_let_s3_in_for_this_bucket_cannot_be_configured(rig: Rig) -> None:
    name = bucket(rig)
    closed, other = lambda_rig.queue(rig), open_queue(rig, S3, "arn:aws:s3:::another-bucket")
    for queue in (closed, other, Queue(rig, "missing")):
        error = refused(rig, name, QueueConfigurations=[to_queue(queue)])
        assert error["Message"] == "Unable to validate the following destination configurations"
    assert "QueueConfigurations" not in rig.aws("s3").get_bucket_notification_configuration(Bucket=name)


@pytest.mark.aws("S3", "Event notifications", PERMISSIONS)
def test_a_queue_that_no_longer_lets_s3_in_gets_nothing_and_the_object_is_stored(rig: Rig) -> None:
    name = bucket(rig)
    queue = notified(rig, name)
    open_one = open_queue(rig, S3, f"arn:aws:s3:::{name}")
    admit(rig, queue, S3, "arn:aws:s3:::another-bucket")
    configuration = [to_queue(open_one, "s3:ObjectRemoved:*") | {"Id": "open"}]
    admit(rig, queue, S3, f"arn:aws:s3:::{name}")
    configure(rig, name, QueueConfigurations=[to_queue(queue), *configuration])
    assert [body(found)["Event"] for found in (queue, open_one)] == ["s3:TestEvent"] * 2
    admit(rig, queue, S3, "arn:aws:s3:::another-bucket")
    rig.aws("s3").put_object(Bucket=name, Key="key", Body=b"1")
    rig.aws("s3").delete_object(Bucket=name, Key="key")
    assert body(open_one)["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    assert queue.size() == 0


@pytest.mark.aws("S3", "Event notifications", FILTERS)
def test_configurations_that_overlap_are_refused(rig: Rig) -> None:
    name = bucket(rig)
    queue = open_queue(rig, S3, f"arn:aws:s3:::{name}")
    whole = [to_queue(queue) | {"Id": "a"}, to_queue(queue, "s3:ObjectCreated:Put") | {"Id": "b"}]
    assert refused(rig, name, QueueConfigurations=whole)["Message"].startswith("Configurations overlap.")
    nested = [to_queue(queue, prefix="raw/") | {"Id": "a"}, to_queue(queue, prefix="raw/deep/") | {"Id": "b"}]
    assert refused(rig, name, QueueConfigurations=nested)["Message"].startswith("Configuration is ambiguously defined.")
    apart = [
        to_queue(queue, prefix="raw/", suffix=".gz") | {"Id": "a"},
        to_queue(queue, prefix="raw/deep/", suffix=".txt") | {"Id": "b"},
    ]
    configure(rig, name, QueueConfigurations=apart)


def test_topics_and_events_that_the_local_cloud_does_not_follow_are_refused_by_name(rig: Rig) -> None:
    name = bucket(rig)
    topic = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:topic", "Events": ["s3:ObjectCreated:*"]}
    assert "SNS topics" in refused(rig, name, TopicConfigurations=[topic])["Message"]
    queue = open_queue(rig, S3, f"arn:aws:s3:::{name}")
    error = refused(rig, name, QueueConfigurations=[to_queue(queue, "s3:ObjectTagging:*")])
    assert "s3:ObjectTagging:*" in error["Message"]


@pytest.mark.aws("S3", "Event notifications", EVENTS)
def test_eventbridge_is_told_of_objects_in_buckets_that_have_it_switched_on(rig: Rig) -> None:
    name, silent, rule = bucket(rig, versioned=True), bucket(rig), rig.name("rule")
    queue = open_queue(rig, "events.amazonaws.com", rule_arn(rule))
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [name, silent]}}}
    rig.aws("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    rig.aws("events").put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue.arn}])
    configure(rig, name, EventBridgeConfiguration={})
    assert "EventBridgeConfiguration" in rig.aws("s3").get_bucket_notification_configuration(Bucket=name)
    rig.aws("s3").put_object(Bucket=silent, Key="key", Body=b"1")
    put = rig.aws("s3").put_object(Bucket=name, Key="a key", Body=b"123")
    event = body(queue)
    assert (event["source"], event["detail-type"], event["version"]) == ("aws.s3", "Object Created", "0")
    assert (event["account"], event["region"], event["resources"]) == (
        "123456789012",
        "us-east-1",
        [f"arn:aws:s3:::{name}"],
    )
    told = event["detail"]["object"]
    assert int(told.pop("sequencer"), 16) > 0
    assert told == {"key": "a key", "size": 3, "etag": put["ETag"].strip('"'), "version-id": put["VersionId"]}
    assert (event["detail"]["bucket"], event["detail"]["reason"]) == ({"name": name}, "PutObject")
    marker = rig.aws("s3").delete_object(Bucket=name, Key="a key")["VersionId"]
    event = body(queue)
    assert (event["detail-type"], event["detail"]["deletion-type"]) == ("Object Deleted", "Delete Marker Created")
    assert event["detail"]["object"]["version-id"] == marker


@pytest.mark.aws("S3", "Event notifications", PUT)
def test_a_configuration_replaces_the_one_before_and_an_empty_one_ends_it(rig: Rig) -> None:
    name, s3 = bucket(rig), rig.aws("s3")
    queue = notified(rig, name)
    found = s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"]
    assert [(one["Id"], one["QueueArn"], one["Events"]) for one in found] == [
        ("to-queue", queue.arn, ["s3:ObjectCreated:*"])
    ]
    second = notified(rig, name)
    s3.put_object(Bucket=name, Key="key", Body=b"1")
    assert body(second)["Records"][0]["s3"]["object"]["key"] == "key"
    configure(rig, name)
    s3.put_object(Bucket=name, Key="key", Body=b"1")
    third = notified(rig, name)
    s3.put_object(Bucket=name, Key="last", Body=b"1")
    assert body(third)["Records"][0]["s3"]["object"]["key"] == "last"
    assert (queue.size(), second.size()) == (0, 0)
