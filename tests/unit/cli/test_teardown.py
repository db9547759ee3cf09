"""What `rapid teardown` does on AWS, here with a Pulumi CLI and clients that the tests stand for; and what it refuses.

The whole of it on a local cloud: tests/integration/test_environments.py.
"""

import json
import os
import stat
from types import SimpleNamespace

import pytest

from rapid.cli import target
from rapid.cli.errors import CommandError
from rapid.cli.teardown import command, keys, leftovers, state, streams
from rapid.cli.teardown.state import StackResource

URN = "urn:pulumi:prod::rapid-analytics"
BUCKET, STREAM = "aws:s3/bucket:Bucket", streams.TYPE


def resource(type_=BUCKET, name="raw", protect=False):
    return StackResource(type_, name, f"{URN}::{type_}::{name}", f"{name}-1", {"name": name}, protect, False)


class Deployed:
    """A stack prod, with these outputs."""

    name, project = "prod", "rapid-analytics"

    def __init__(self, **outputs):
        self._outputs = outputs

    def outputs(self):
        return self._outputs

    def commands(self, key, value):
        return f"set {key} to {value}"


def test_a_stack_that_protects_its_data_is_not_torn_down_and_both_keys_are_named(monkeypatch):
    monkeypatch.setenv(keys.VARIABLE, "prod")
    with pytest.raises(CommandError) as caught:
        keys.check(Deployed(deletion_keys="one"), [resource(protect=True), resource(name="free")])
    text = str(caught.value)
    assert "1 resource, 1 bucket among them" in text
    assert "set data_protection to destroy" in text
    assert "`RAPID_DELETE_DATA=prod rapid teardown --stack prod`" in text
    assert "--keep-data" in text


@pytest.mark.parametrize(
    ("outputs", "variable", "may_go"),
    [
        ({"deletion_keys": "two"}, None, False),
        ({"deletion_keys": "two"}, "dev", False),
        ({"deletion_keys": "two"}, "prod", True),
        ({"deletion_keys": "one"}, None, True),
        ({}, None, False),
    ],
)
def test_data_goes_only_with_the_second_key_unless_the_stack_was_deployed_with_one(
    monkeypatch, outputs, variable, may_go
):
    monkeypatch.delenv(keys.VARIABLE, raising=False)
    if variable:
        monkeypatch.setenv(keys.VARIABLE, variable)
    if may_go:
        keys.check(Deployed(**outputs), [resource()])
        return
    with pytest.raises(CommandError, match="names another stack" if variable else "is not set"):
        keys.check(Deployed(**outputs), [resource()])


def test_data_cannot_be_kept_where_none_is_protected():
    with pytest.raises(CommandError, match="set data_protection to protect, and run this again"):
        keys.check_kept(Deployed(), [resource()])
    keys.check_kept(Deployed(), [resource(protect=True)])


def test_only_the_name_of_the_stack_is_taken_for_an_answer(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _question: "prod")
    keys.ask_name(Deployed())
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    with pytest.raises(CommandError, match="nothing was deleted"):
        keys.ask_name(Deployed())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(CommandError, match="--force"):
        keys.ask_name(Deployed())


def test_resources_are_listed_in_columns(capsys):
    state.listed(
        [resource(), resource(STREAM, "orders-stream", protect=True)], frozenset([f"{URN}::{STREAM}::orders-stream"])
    )
    assert capsys.readouterr().out == (
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream  orders-stream  orders-stream-1  (stays)\n"
        "aws:s3/bucket:Bucket                                       raw            raw-1\n"
    )


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"domainName": "d1.cloudfront.net"}, "d1.cloudfront.net will lead nowhere: another distribution gets another"),
        (
            {"domainName": "d1.cloudfront.net", "aliases": ["menu.example.com"]},
            "menu.example.com will lead nowhere, un",
        ),
    ],
)
def test_before_a_distribution_goes_it_is_said_that_printed_codes_lead_nowhere(capsys, outputs, said):
    type_ = "aws:cloudfront/distribution:Distribution"
    distribution = StackResource(type_, "pages", f"{URN}::{type_}::pages", "E1", outputs, False, False)
    place = SimpleNamespace(name="prod", project="rapid-analytics", place="AWS")
    command._show(place, [resource()], frozenset())
    assert "QR" not in capsys.readouterr().out
    command._show(place, [resource(), distribution], frozenset())
    assert said in capsys.readouterr().out


def test_an_object_that_outlives_its_place_in_the_stack_goes_with_its_bucket():
    type_ = "aws:s3/bucketObjectv2:BucketObjectv2"

    def kept(bucket):
        return StackResource(type_, bucket, f"{URN}::{type_}::{bucket}", "k", {"bucket": bucket}, False, True)

    site, elsewhere = kept("site-1"), kept("elsewhere")
    found = command._without_retained_objects([resource(name="site"), site, elsewhere])
    assert [item.is_retained for item in found] == [False, False, True]
    found = command._without_retained_objects([resource(name="site", protect=True), site])
    assert [item.is_retained for item in found] == [False, True]


class Tags:
    """The tagging API of a stack in a region; there is something of another stack in us-east-1."""

    arns = {  # noqa: RUF012
        "eu-central-1": ["arn:aws:s3:::left"],
        "us-east-1": ["arn:aws:cloudfront::1:distribution/E1", "arn:aws:s3:::another-stack-s"],
    }

    def __init__(self, region):
        self._region = region

    def get_paginator(self, _operation):
        return self

    def paginate(self, **_filters):
        return [{"ResourceTagMappingList": [{"ResourceARN": arn} for arn in self.arns[self._region]]}]


def test_tags_of_cloudfront_are_looked_for_where_they_are(monkeypatch):
    monkeypatch.setattr(target.AwsStack, "client", lambda self, _service: Tags(self.region))
    found = leftovers._tagged(target.AwsStack(region_found="eu-central-1"), "rapid-analytics/prod")
    assert list(found) == ["arn:aws:s3:::left", "arn:aws:cloudfront::1:distribution/E1"]


@pytest.fixture
def pulumi(tmp_path, monkeypatch):
    """A Pulumi CLI that answers what it is given, and notes what it is asked."""

    def answers(by_words, status=0):
        script, asked = tmp_path / "pulumi", tmp_path / "asked"
        lines = "".join(f"if words.startswith({words!r}): print({text!r})\n" for words, text in by_words.items())
        script.write_text(
            f"#!/usr/bin/env python3\nimport sys\nwords = ' '.join(sys.argv[1:])\n"
            f"open({str(asked)!r}, 'a').write(words + '\\n')\n{lines}sys.exit({status})\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return asked

    return answers


def export(*resources):
    return json.dumps({"version": 3, "deployment": {"resources": resources}})


def test_a_stack_on_aws_is_read_from_its_exported_state_and_destroyed_by_the_cli(pulumi, monkeypatch):
    bucket = {"urn": f"{URN}::{BUCKET}::raw", "custom": True, "id": "raw-1", "type": BUCKET, "protect": True}
    stream = {"urn": f"{URN}::{STREAM}::orders", "custom": True, "id": "arn:1", "type": STREAM}
    stream["outputs"] = {"arn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/orders", "name": "orders"}
    parts = {"urn": f"{URN}::rapid-analytics:index:Lakehouse::lakehouse", "type": "rapid-analytics:index:Lakehouse"}
    provider = {
        "urn": f"{URN}::pulumi:providers:aws::default",
        "custom": True,
        "id": "1",
        "type": "pulumi:providers:aws",
    }
    asked = pulumi({"stack --show-name": "prod", "stack export": export(provider, parts, bucket, stream)})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    monkeypatch.setenv("PULUMI_STACK", "dev")
    found = state.find("prod")
    resources = found.resources()
    assert [(item.name, item.id, item.protect) for item in resources] == [
        ("raw", "raw-1", True),
        ("orders", "arn:1", False),
    ]
    assert (found.name, found.project, found.place) == ("prod", "rapid-analytics", "AWS, eu-central-1")
    assert os.environ["PULUMI_STACK"] == "prod"
    found.destroy([resources[1].urn])
    found.destroy(exclude_protected=True)
    destroy = "destroy --yes --skip-preview --stack prod"
    assert asked.read_text().splitlines()[-2:] == [
        f"{destroy} --target-dependents --target {URN}::{STREAM}::orders",
        f"{destroy} --exclude-protected",
    ]


def test_a_destruction_that_the_cli_does_not_end_says_to_run_it_again(pulumi, monkeypatch):
    pulumi({"stack": "prod"})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    found = state.find(None)
    pulumi({}, status=3)
    with pytest.raises(CommandError, match="status 3; mend what it names, then run this again"):
        found.destroy()


class Firehose:
    """A stream that waits 30 s before its transform and 60 s before S3."""

    exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def describe_delivery_stream(self, DeliveryStreamName):
        if DeliveryStreamName == "gone":
            raise KeyError
        parameters = [{"ParameterName": "BufferIntervalInSeconds", "ParameterValue": "30"}]
        s3 = {
            "BufferingHints": {"IntervalInSeconds": 60},
            "ProcessingConfiguration": {"Processors": [{"Type": "Lambda", "Parameters": parameters}]},
        }
        source = "KinesisStreamAsSource" if DeliveryStreamName == "follower" else "DirectPut"
        destinations = [{"ExtendedS3DestinationDescription": s3}]
        return {"DeliveryStreamDescription": {"DeliveryStreamType": source, "Destinations": destinations}}


class CloudWatch:
    """What streams told of themselves."""

    def __init__(self, incoming, oldest_seconds, behind=()):
        self._values = {
            "IncomingRecords": {name: count for name, count in incoming.items() if name != "follower"},
            "DataReadFromKinesisStream.Records": {"follower": incoming.get("follower")},
            "DeliveryToS3.DataFreshness": oldest_seconds,
            "KinesisMillisBehindLatest": dict(behind),
        }

    def get_metric_statistics(self, MetricName, Dimensions, Statistics, **_window):
        value = self._values[MetricName].get(Dimensions[0]["Value"])
        return {"Datapoints": [] if value is None else [{Statistics[0]: value}]}


@pytest.fixture
def slept(monkeypatch):
    """The seconds that were slept, which pass at once."""
    slept, now = [], [1_000_000.0]

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(streams.time, "sleep", sleep)
    monkeypatch.setattr(streams.time, "time", lambda: now[0])
    return slept


def drained(incoming, oldest_seconds, *more, behind=()):
    clients = {"firehose": Firehose(), "cloudwatch": CloudWatch(incoming, oldest_seconds, behind)}
    stack = SimpleNamespace(client=clients.__getitem__)
    named = [resource(STREAM, name) for name in ("orders", "quiet", "gone", *more)]
    return streams.drain(stack, named, lambda _what: None)


def test_on_aws_the_buffers_of_streams_that_took_something_are_waited_for(slept):
    assert drained({"orders": 7.0}, {"orders": 80.0}) == {}
    assert sum(slept) == 30 + 60 + streams._MARGIN_SECONDS


def test_on_aws_only_metrics_are_waited_for_where_nothing_came(slept):
    assert drained({}, {}) == {}
    assert sum(slept) == streams._METRICS_LATE_SECONDS


def test_a_stream_that_does_not_deliver_is_named_with_what_it_may_hold(slept):
    late = drained({"orders": 1234.0}, {"orders": 3600.0})
    assert late == {"orders": "up to 1,234 records, the oldest 3,600 s old"}


def test_a_stream_that_takes_nothing_any_more_and_has_not_delivered_for_hours_is_named_too(slept):
    assert drained({}, {"orders": 3600.0}) == {"orders": "up to 0 records, the oldest 3,600 s old"}


def test_a_stream_that_reads_a_data_stream_is_waited_for_by_what_it_read(slept):
    assert drained({"follower": 7.0}, {"follower": 80.0}, "follower") == {}
    assert sum(slept) == 30 + 60 + streams._MARGIN_SECONDS


def test_streams_that_read_a_data_stream_are_waited_for_after_those_whose_transforms_put_onto_it(slept):
    assert drained({"orders": 7.0}, {"orders": 80.0}, "follower") == {}
    assert sum(slept) == 2 * (30 + 60 + streams._MARGIN_SECONDS)


def test_a_stream_that_has_not_read_its_data_stream_to_the_end_is_named(slept):
    late = drained({}, {}, "follower", behind={"follower": 90_000.0})
    assert late == {"follower": "what it has not read of its data stream, 90 s of it"}


def test_log_groups_that_services_made_are_deleted_and_those_of_longer_names_are_not():
    there = ["API-Gateway-Execution-Logs_api1/v1", "/aws/lambda/door-1", "/aws/lambda/door-12", "/aws/lambda/other"]
    gone = []
    logs = SimpleNamespace(
        describe_log_groups=lambda logGroupNamePrefix: {
            "logGroups": [{"logGroupName": name} for name in there if name.startswith(logGroupNamePrefix)]
        },
        delete_log_group=lambda logGroupName: gone.append(logGroupName),
    )
    stack = SimpleNamespace(client=lambda _service: logs)
    outputs = {"files_invoke_arn": "arn:aws:execute-api:us-east-1:123456789012:api1/v1/POST/ingest/csv"}
    had = [resource("aws:lambda/function:Function", "door")]
    assert set(leftovers.delete_logs_of_services(stack, had, outputs)) == set(gone) == set(there[:2])


@pytest.mark.parametrize(("state_of_it", "left"), [("deleted", 0), ("available", 1)])
def test_a_nat_gateway_that_aws_still_shows_as_deleted_is_not_left(state_of_it, left):
    gateway = "arn:aws:ec2:us-east-1:123456789012:natgateway/nat-1"
    page = {"ResourceTagMappingList": [{"ResourceARN": gateway}]}
    client = SimpleNamespace(
        get_paginator=lambda _operation: SimpleNamespace(paginate=lambda **_filters: [page]),
        describe_nat_gateways=lambda NatGatewayIds: {"NatGateways": [{"State": state_of_it}]},
    )
    stack = target.LocalStack("http://127.0.0.1:1")
    stack.__dict__["_clients"] = SimpleNamespace(client=lambda _service: client)
    found, _later = leftovers.find(stack, "rapid-analytics/dev", [], [], lambda _what: None)
    assert [item.what for item in found] == [gateway] * left


def test_a_stack_on_aws_is_asked_for_in_the_region_of_its_resources():
    assert target.AwsStack(region_found="eu-central-1").client("s3").meta.region_name == "eu-central-1"
