"""A Kinesis data stream as the source of a delivery stream, within a whole local cloud."""

import itertools
import json
import time
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from rapid.local import shard_iterators
from rapid.local.cloud import LocalCloud
from rapid.local.firehose import pipeline
from rapid.local.firehose.definition import KinesisSource
from rapid.local.firehose.source import Shards

from .cloud_rig import ACCOUNT_ID, REGION, Rig, policy

SOURCE_PAGE = "https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html"
SOURCE = pytest.mark.aws("Data Firehose", "Kinesis data stream as source", SOURCE_PAGE)
PERMISSIONS = pytest.mark.aws(
    "Data Firehose",
    "Kinesis data stream as source",
    "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#firehose-assume-role",
)
ERROR_LOGS = pytest.mark.aws(
    "Data Firehose",
    "Error logs",
    "https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html",
)
RETRY = pytest.mark.aws(
    "Data Firehose",
    "Kinesis data stream as source",
    "https://docs.aws.amazon.com/firehose/latest/dev/retry.html",
)
RESHARDING = pytest.mark.aws(
    "Data Firehose",
    "Kinesis data stream as source",
    "https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html",
)
ENCRYPTION = pytest.mark.aws(
    "Data Firehose",
    "Kinesis data stream as source",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_StartDeliveryStreamEncryption.html",
)
DESCRIPTION = pytest.mark.aws(
    "Data Firehose",
    "Kinesis data stream as source",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_KinesisStreamSourceDescription.html",
)
METRICS = pytest.mark.aws(
    "Data Firehose",
    "CloudWatch metrics",
    "https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html",
)
READING = ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]


@dataclass
class Delivery:
    """A data stream, a delivery stream that reads it, and a bucket that it delivers to."""

    cloud: Rig
    name: str
    role: str = ""
    made: list[str] = field(default_factory=list)

    @property
    def arn(self):
        return f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{self.name}"

    def client(self, service):
        return self.cloud.aws(service)

    def allow(self, *actions):
        """Let the role read by these actions, and by no other."""
        if not self.role:
            trusting = {
                "Effect": "Allow",
                "Principal": {"Service": "firehose.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
            made = self.client("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument=policy(trusting))
            self.role = made["Role"]["Arn"]
        statement = {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": [self.arn, f"{self.arn[: -len(self.name)]}none"],
        }
        self.client("iam").put_role_policy(RoleName=self.name, PolicyName="read", PolicyDocument=policy(statement))

    def create_data_stream(self, shards=1):
        self.client("kinesis").create_stream(StreamName=self.name, ShardCount=shards)

    def create(self, name="", **more):
        """Create the delivery stream; it logs, and delivers when told to."""
        name = name or self.name
        self.client("s3").create_bucket(Bucket=name)
        self.client("logs").create_log_group(logGroupName=name)
        self.client("logs").create_log_stream(logGroupName=name, logStreamName="errors")
        logging = {"Enabled": True, "LogGroupName": name, "LogStreamName": "errors"}
        self.client("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": self.arn,
                "RoleARN": self.role,
                **more.pop("source", {}),
            },
            ExtendedS3DestinationConfiguration={
                "RoleARN": self.cloud.role(),
                "BucketARN": f"arn:aws:s3:::{name}",
                "CloudWatchLoggingOptions": logging,
                **more.pop("destination", {}),
            },
            **more,
        )
        self.made.append(name)

    def put(self, *data, key="a", hash_key=None):
        more = {"ExplicitHashKey": str(hash_key)} if hash_key is not None else {}
        for datum in data:
            self.client("kinesis").put_record(StreamName=self.name, PartitionKey=key, Data=datum, **more)

    def flush(self):
        answer = self.cloud.http.request("POST", f"{self.cloud.url}/_rapid/flush")
        return json.loads(answer.data)["delivered_records"]

    def counts(self, name=""):
        counted = json.loads(self.cloud.http.request("GET", f"{self.cloud.url}/_rapid/firehose").data)
        return counted[name or self.name]

    def delivered(self, name=""):
        bucket, s3_client = name or self.name, self.client("s3")
        keys = [entry["Key"] for entry in s3_client.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return b"".join(s3_client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)

    def errors(self):
        lines = map(json.loads, self.cloud.log_lines(self.name))
        return {line["errorCode"]: line["message"] for line in lines}

    def error(self):
        """The code of the last error; waits for the first one."""
        lines = self.cloud.await_log_lines(self.name, bool)
        return json.loads(lines[-1])["errorCode"]


@pytest.fixture(scope="module")
def cloud():
    with LocalCloud(0) as started:
        yield Rig(started)


names = (f"orders-{number}" for number in itertools.count())


@pytest.fixture
def orders(cloud):
    """A data stream, and a role that may read it."""
    made = Delivery(cloud, next(names))
    made.allow(*READING)
    made.create_data_stream()
    yield made
    for name in made.made:
        cloud.aws("firehose").delete_delivery_stream(DeliveryStreamName=name)


@SOURCE
def test_what_is_put_onto_the_data_stream_from_the_creation_on_is_delivered_and_nothing_from_before(orders):
    orders.put(b"before ")
    orders.create()
    orders.put(b"one ", b"two ")

    assert orders.flush() == 2
    assert orders.delivered() == b"one two "


@SOURCE
def test_a_delivery_stream_reads_by_itself(orders):
    orders.create(destination={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}})
    orders.put(b"one")

    for _ in range(12_000):
        if orders.delivered():
            break
        time.sleep(0.01)
    assert orders.delivered() == b"one"


@SOURCE
def test_several_delivery_streams_read_the_same_data_stream_and_each_gets_all(orders):
    orders.create()
    orders.create(f"{orders.name}-too")
    orders.put(b"one ", b"two ")

    orders.flush()
    assert orders.delivered() == orders.delivered(f"{orders.name}-too") == b"one two "


@SOURCE
def test_nothing_is_put_onto_a_delivery_stream_that_reads_a_data_stream(orders):
    orders.create()
    firehose, record = orders.client("firehose"), {"Data": b"x"}

    not_permitted = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
    with pytest.raises(ClientError, match=not_permitted) as refused:
        firehose.put_record(DeliveryStreamName=orders.name, Record=record)
    assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"
    with pytest.raises(ClientError, match=not_permitted):
        firehose.put_record_batch(DeliveryStreamName=orders.name, Records=[record])


@ENCRYPTION
def test_a_delivery_stream_that_reads_a_data_stream_has_no_encryption_of_its_own(orders):
    refusal = "only if it's a Firehose stream that uses DirectPut as its source"
    with pytest.raises(ClientError, match=refusal):
        orders.create(DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"})

    orders.create(f"{orders.name}-plain")
    with pytest.raises(ClientError, match=refusal):
        orders.client("firehose").start_delivery_stream_encryption(DeliveryStreamName=f"{orders.name}-plain")


@DESCRIPTION
def test_a_description_names_the_data_stream_and_the_role(orders):
    orders.create()

    described = orders.client("firehose").describe_delivery_stream(DeliveryStreamName=orders.name)
    described = described["DeliveryStreamDescription"]
    source = described["Source"]["KinesisStreamSourceDescription"]
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert (source["KinesisStreamARN"], source["RoleARN"]) == (orders.arn, orders.role)


@PERMISSIONS
def test_a_role_that_may_not_describe_the_data_stream_is_refused_at_once(orders):
    orders.allow("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")

    with pytest.raises(ClientError) as refused:
        orders.create()
    assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"
    assert refused.value.response["Error"]["Message"] == (
        f"Role {orders.role} is not authorized to perform: kinesis:DescribeStream on resource {orders.arn}."
    )


@PERMISSIONS
@pytest.mark.parametrize("missing", ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"])
def test_what_a_role_may_not_do_is_logged_and_what_came_since_the_creation_is_delivered_once_it_may(orders, missing):
    orders.put(b"before ")
    time.sleep(0.002)
    orders.allow(*(action for action in READING if action != missing))
    orders.create()
    orders.put(b"one ", b"two ")

    orders.flush()
    assert orders.delivered() == b""
    assert orders.error() == "Kinesis.AccessDenied"

    orders.allow(*READING)
    orders.flush()
    assert orders.delivered() == b"one two "


@ERROR_LOGS
def test_a_role_that_loses_its_permission_is_logged_and_what_lies_unread_is_delivered_when_it_is_back(orders):
    orders.create()
    orders.put(b"one ")
    orders.flush()
    orders.allow("kinesis:DescribeStream")
    orders.put(b"two ", b"three ")

    orders.flush()
    assert orders.errors()["Kinesis.AccessDenied"].startswith(
        "Access was denied when calling Kinesis. Ensure the access policy on the IAM role used allows access to the "
        "appropriate Kinesis APIs."
    )
    assert orders.counts()["buffered_records"] == 2

    orders.allow(*READING)
    assert orders.flush() == 2
    assert sorted(orders.delivered().split()) == [b"one", b"three", b"two"]
    assert orders.counts()["buffered_records"] == 0


@ERROR_LOGS
def test_a_data_stream_that_is_deleted_is_missed_and_one_made_anew_by_its_name_is_read_from_its_beginning(orders):
    orders.create()
    orders.put(b"one ")
    orders.flush()
    kinesis = orders.client("kinesis")
    kinesis.delete_stream(StreamName=orders.name)
    assert orders.counts()["buffered_records"] == 0

    assert orders.error() == "Kinesis.ResourceNotFound"

    orders.create_data_stream()
    orders.put(b"two ")
    for _ in range(12_000):
        orders.flush()
        if b"two" in orders.delivered():
            break
        time.sleep(0.01)
    assert sorted(orders.delivered().split()) == [b"one", b"two"]


@RETRY
def test_what_the_buffers_cannot_take_stays_in_the_data_stream_and_its_order(orders, monkeypatch):
    orders.create()
    with monkeypatch.context() as full:
        full.setattr(pipeline, "MAX_ARRIVAL_BYTES", -1)
        orders.put(b"one ", b"two ")
        assert orders.flush() == 0
        assert orders.counts()["buffered_records"] == 2
        orders.put(b"three ")
        assert orders.counts()["buffered_records"] == 3

    assert orders.flush() == 3
    assert orders.delivered() == b"one two three "


@RETRY
def test_a_delivery_stream_is_told_how_long_its_data_stream_keeps_records(orders, monkeypatch):
    orders.client("kinesis").increase_stream_retention_period(StreamName=orders.name, RetentionPeriodHours=48)
    take, told = pipeline.Pipeline.take, set()

    def noting(self, records):
        told.add(self.retention_seconds)
        return take(self, records)

    monkeypatch.setattr(pipeline.Pipeline, "take", noting)
    orders.create()
    orders.put(b"one")
    orders.flush()
    assert told == {48 * 3600.0}


def test_what_direct_put_puts_onto_the_data_stream_while_all_is_flushed_is_delivered_too(orders, monkeypatch):
    orders.create()
    direct, flush = f"{orders.name}-direct", pipeline.Pipeline.flush
    orders.client("firehose").create_delivery_stream(
        DeliveryStreamName=direct,
        ExtendedS3DestinationConfiguration={
            "RoleARN": orders.cloud.role(),
            "BucketARN": f"arn:aws:s3:::{orders.name}",
        },
    )
    orders.made.append(direct)

    def mirroring(self):
        if self.stream.name == direct:
            orders.put(b"mirrored")
        return flush(self)

    monkeypatch.setattr(pipeline.Pipeline, "flush", mirroring)
    orders.flush()
    assert orders.delivered() == b"mirrored"


def test_a_fault_of_the_local_cloud_passes_no_record_over(orders, monkeypatch):
    orders.create()
    take, faults = pipeline.Pipeline.take, iter([True])

    def faulty(self, records):
        if next(faults, False):
            raise RuntimeError("a fault")
        return take(self, records)

    monkeypatch.setattr(pipeline.Pipeline, "take", faulty)
    orders.put(b"one ", b"two ")
    for _ in range(12_000):
        if orders.counts()["accepted_records"] == 2:
            break
        time.sleep(0.01)

    orders.flush()
    assert orders.delivered() == b"one two "


def test_records_that_the_kinesis_producer_library_aggregated_are_named(orders):
    orders.create()
    orders.put(b"\xf3\x89\x9a\xc2...")

    orders.flush()
    assert "does not support its aggregation" in orders.errors()["NotImplemented"]


def test_after_an_update_a_delivery_stream_reads_on_where_it_was(orders):
    orders.create()
    orders.put(b"one ")
    orders.flush()
    orders.put(b"two ")
    described = orders.client("firehose").describe_delivery_stream(DeliveryStreamName=orders.name)
    described = described["DeliveryStreamDescription"]
    orders.client("firehose").update_destination(
        DeliveryStreamName=orders.name,
        CurrentDeliveryStreamVersionId=described["VersionId"],
        DestinationId=described["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"BufferingHints": {"SizeInMBs": 7, "IntervalInSeconds": 70}},
    )
    orders.put(b"three ")

    orders.flush()
    assert sorted(orders.delivered().split()) == [b"one", b"three", b"two"]


@RESHARDING
def test_shards_that_are_split_and_merged_are_read_to_their_end_and_their_children_after_them(orders):
    orders.create()
    kinesis, middle, end = orders.client("kinesis"), 2**127, 2**128 - 1
    orders.put(b"1 ", key="x")
    kinesis.split_shard(StreamName=orders.name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(middle))
    orders.put(b"2 ", hash_key=0)
    orders.put(b"3 ", hash_key=end)
    kinesis.merge_shards(
        StreamName=orders.name, ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    orders.put(b"4 ")
    assert orders.counts()["buffered_records"] + orders.counts()["delivered_records"] == 4

    orders.flush()
    assert orders.delivered() in (b"1 2 3 4 ", b"1 3 2 4 ")
    assert orders.counts()["buffered_records"] == 0


@SOURCE
def test_a_deleted_delivery_stream_reads_no_more(orders):
    orders.create()
    orders.client("firehose").delete_delivery_stream(DeliveryStreamName=orders.made.pop())
    orders.put(b"one")

    orders.flush()
    assert orders.delivered() == b""


@METRICS
def test_what_is_read_and_how_far_behind_is_measured(orders):
    orders.create()
    orders.put(b"one", b"three")
    orders.flush()

    def metric(name, statistic):
        points = orders.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=name,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": orders.name}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=[statistic],
        )["Datapoints"]
        return sum(point[statistic] for point in points)

    assert metric("DataReadFromKinesisStream.Records", "Sum") == 2
    assert metric("DataReadFromKinesisStream.Bytes", "Sum") == 8
    assert metric("KinesisMillisBehindLatest", "SampleCount") > 0


def test_an_iterator_that_has_expired_is_replaced_by_one_after_the_last_record(orders):
    shards = Shards(
        KinesisSource(orders.arn, orders.role),
        orders.cloud.cloud.clients.of_service("firehose.amazonaws.com"),
        time.time(),
    )
    shards.begin()
    (shard,) = shards.readable()
    orders.put(b"one")
    shards.advance(shard, shards.read(shard, 0))
    orders.put(b"two")
    shard.iterator = str(shard_iterators.read(shard.iterator)._replace(created_ms=0))

    assert [record.data for record in shards.read(shard, 0).records] == [b"two"]


def test_a_shard_that_retention_has_outlived_does_not_keep_its_children_from_being_read(orders):
    clients = orders.cloud.cloud.clients.of_service("firehose.amazonaws.com")
    orders.client("kinesis").split_shard(
        StreamName=orders.name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    shards = Shards(KinesisSource(orders.arn, orders.role), clients, 0.0)
    assert [shard.id for shard in shards.readable()] == ["shardId-000000000000"]

    kinesis = clients.client("kinesis", role_arn=orders.role)
    listed = kinesis.list_shards(StreamName=orders.name)["Shards"][1:]
    with Stubber(kinesis) as outlived:
        outlived.add_response("list_shards", {"Shards": listed})
        shards.look_again()
        assert [shard.id for shard in shards.readable()] == ["shardId-000000000001", "shardId-000000000002"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"KinesisStreamARN": "orders"}, "kinesisStreamSourceConfiguration.kinesisStreamARN"),
        ({"RoleARN": "orders"}, "kinesisStreamSourceConfiguration.roleARN"),
        ({"KinesisStreamARN": f"arn:aws:kinesis:eu-west-1:{ACCOUNT_ID}:stream/orders"}, "another region"),
        ({"KinesisStreamARN": f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/none"}, "Stream none under account"),
        ({"RoleARN": f"arn:aws:iam::{ACCOUNT_ID}:role/none"}, "Firehose is unable to assume role"),
    ],
)
def test_a_source_that_cannot_be_is_refused_by_name(orders, source, message):
    with pytest.raises(ClientError, match=message):
        orders.create(source=source)
