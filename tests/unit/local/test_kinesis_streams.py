"""Data streams of Kinesis: made, described, resized, encrypted, tagged, deleted."""

import base64
import itertools
import threading
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.billing.meter import METER

from .kinesis_rig import ACCOUNT_ID, NAME, SHARD, Kinesis, Refused

_REFERENCE = "https://docs.aws.amazon.com/kinesis/latest/APIReference"
CREATE = f"{_REFERENCE}/API_CreateStream.html"
DESCRIBE = f"{_REFERENCE}/API_DescribeStreamSummary.html"
LIST_SHARDS = f"{_REFERENCE}/API_ListShards.html"
UPDATE_SHARD_COUNT = f"{_REFERENCE}/API_UpdateShardCount.html"
RESHARDING = "https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html"
ENCRYPTION = f"{_REFERENCE}/API_StartStreamEncryption.html"
PRICES = "https://aws.amazon.com/kinesis/data-streams/pricing/"
HALF = 2**127

pytestmark = pytest.mark.aws("Kinesis Data Streams", "Streams", CREATE)


@pytest.fixture
def kinesis() -> Kinesis:
    """The service with a stream of one shard."""
    found = Kinesis()
    found.stream()
    return found


def summary(kinesis: Kinesis) -> dict[str, Any]:
    """What DescribeStreamSummary says of the stream."""
    return dict(kinesis.call("DescribeStreamSummary", StreamName=NAME)["StreamDescriptionSummary"])


def ranges(kinesis: Kinesis, **asked: Any) -> list[tuple[int, int]]:
    """The hash keys of shards."""
    shards = kinesis.call("ListShards", StreamName=NAME, **asked)["Shards"]
    keys = [shard["HashKeyRange"] for shard in shards]
    return sorted((int(each["StartingHashKey"]), int(each["EndingHashKey"])) for each in keys)


@pytest.mark.aws("Kinesis Data Streams", "Streams", DESCRIBE)
def test_a_stream_is_described_by_name_and_by_arn(kinesis: Kinesis) -> None:
    found = summary(kinesis)
    assert found | {"StreamCreationTimestamp": 0} == {
        "StreamName": NAME,
        "StreamARN": f"arn:aws:kinesis:us-east-1:{ACCOUNT_ID}:stream/{NAME}",
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": 0,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
        "OpenShardCount": 1,
        "ConsumerCount": 0,
        "MaxRecordSizeInKiB": 1024,
    }
    by_arn = kinesis.call("DescribeStreamSummary", StreamARN=found["StreamARN"])
    assert by_arn["StreamDescriptionSummary"] == found
    with pytest.raises(Refused, match=r"ResourceNotFoundException: Stream arn:aws:kinesis:eu-west-1.* not found"):
        kinesis.call("DescribeStreamSummary", StreamARN=found["StreamARN"].replace("us-east-1", "eu-west-1"))


def test_a_stream_on_demand_has_4_shards_and_no_shard_count() -> None:
    kinesis, on_demand = Kinesis(), {"StreamMode": "ON_DEMAND"}
    kinesis.call("CreateStream", StreamName=NAME, StreamModeDetails=on_demand, MaxRecordSizeInKiB=2048)
    found = summary(kinesis)
    assert (found["OpenShardCount"], found["StreamModeDetails"], found["MaxRecordSizeInKiB"]) == (4, on_demand, 2048)
    with pytest.raises(
        Refused, match=r"ValidationException: Request is invalid. Stream orders .* is in On-Demand mode"
    ):
        kinesis.call("UpdateShardCount", StreamName=NAME, TargetShardCount=2, ScalingType="UNIFORM_SCALING")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"StreamName": NAME, "ShardCount": 1}, "ResourceInUseException: Stream orders .* already exists"),
        ({"StreamName": "new"}, "InvalidArgumentException: ShardCount must be specified"),
        ({"StreamName": "a b", "ShardCount": 1}, r"ValidationException: .*'streamName'.*\[a-zA-Z0-9_.-\]\+"),
        ({"StreamName": "new", "ShardCount": 0}, "ValidationException: .*'shardCount'.* greater than or equal to 1"),
        ({"StreamName": "new", "ShardCount": 20_000}, "LimitExceededException: .*would exceed the shard limit"),
        (
            {"StreamName": "new", "ShardCount": 1, "MaxRecordSizeInKiB": 10_241},
            "ValidationException: .*'maxRecordSizeInKiB'.* less than or equal to 10240",
        ),
        (
            {"StreamName": "new", "ShardCount": 1, "RecordDistributionStrategy": "AUTO"},
            "NotImplemented: .*RecordDistributionStrategy AUTO",
        ),
        ({"StreamName": "new", "ShardCount": 1, "WarmThroughputMiBps": 10}, "NotImplemented: .*WarmThroughputMiBps"),
    ],
)
def test_a_stream_that_aws_would_not_make_is_refused(
    kinesis: Kinesis, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        kinesis.call("CreateStream", **parameters)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("RegisterStreamConsumer", {}),
        ("SubscribeToShard", {}),
        ("EnableEnhancedMonitoring", {"StreamName": NAME, "ShardLevelMetrics": ["ALL"]}),
        ("PutResourcePolicy", {}),
        ("UpdateStreamMode", {}),
    ],
)
def test_what_is_not_supported_is_refused_by_name(kinesis: Kinesis, operation: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=f"501 NotImplemented: The local cloud does not support Kinesis's {operation}"):
        kinesis.call(operation, **parameters)


def test_requests_in_cbor_are_refused_with_the_setting_that_sends_json(kinesis: Kinesis) -> None:
    sent = {"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": "application/x-amz-cbor-1.1"}
    request = Request(EnvironBuilder(method="POST", data=b"\xa0", headers=sent).get_environ())
    answer = kinesis.plane.handle(request)
    assert answer.status_code == 501
    assert "AWS_CBOR_DISABLE=true" in answer.get_data(as_text=True)


@pytest.mark.aws("Kinesis Data Streams", "Resharding", UPDATE_SHARD_COUNT)
@pytest.mark.parametrize("target", [1, 2, 3, 4, 5, 6])
def test_shards_share_the_hash_keys_evenly_after_a_change_of_their_count(target: int) -> None:
    kinesis = Kinesis()
    kinesis.stream(3 if target > 1 else 2)
    current = summary(kinesis)["OpenShardCount"]
    answer = kinesis.call("UpdateShardCount", StreamName=NAME, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (current, target)
    open_now = ranges(kinesis, ShardFilter={"Type": "AT_LATEST"})
    sizes = [end - start + 1 for start, end in open_now]
    assert (open_now[0][0], open_now[-1][1], sum(sizes)) == (0, 2**128 - 1, 2**128)
    assert max(sizes) - min(sizes) <= 1
    assert summary(kinesis)["OpenShardCount"] == target


@pytest.mark.aws("Kinesis Data Streams", "Limits", UPDATE_SHARD_COUNT)
def test_a_shard_count_is_doubled_or_halved_at_most_and_10_times_a_day(kinesis: Kinesis) -> None:
    def update(target: int) -> None:
        kinesis.call("UpdateShardCount", StreamName=NAME, TargetShardCount=target, ScalingType="UNIFORM_SCALING")

    with pytest.raises(
        Refused, match=r"LimitExceededException: UpdateShardCount cannot scale up over double .* Target shard count: 3"
    ):
        update(3)
    for target in (2, 4):
        update(target)
    with pytest.raises(Refused, match="LimitExceededException: UpdateShardCount cannot scale down below half"):
        update(1)
    for target in itertools.islice(itertools.cycle((3, 4)), 8):
        update(target)
    with pytest.raises(Refused, match=r"LimitExceededException: .* 10 times in 24 hours"):
        update(3)
    kinesis.clock.advance(24 * 3_600)
    update(3)


@pytest.mark.aws("Kinesis Data Streams", "Resharding", RESHARDING)
def test_records_stay_in_the_shard_that_was_split_and_its_readers_are_led_to_its_children(kinesis: Kinesis) -> None:
    [before] = kinesis.put(b"before")
    kinesis.call("SplitShard", StreamName=NAME, ShardToSplit=SHARD, NewStartingHashKey=str(HALF))
    [after] = kinesis.put(b"after")
    assert (before["ShardId"], after["ShardId"]) == (SHARD, "shardId-000000000001")
    assert int(before["SequenceNumber"]) < int(after["SequenceNumber"])
    data, answer = kinesis.read(kinesis.iterator())
    assert data == [b"before"]
    assert "NextShardIterator" not in answer
    assert [child | {"HashKeyRange": 0} for child in answer["ChildShards"]] == [
        {"ShardId": f"shardId-{number:012d}", "ParentShards": [SHARD], "HashKeyRange": 0} for number in (1, 2)
    ]
    assert kinesis.everything(answer["ChildShards"][0]["ShardId"]) == [b"after"]


@pytest.mark.aws("Kinesis Data Streams", "Resharding", RESHARDING)
def test_a_reader_in_the_middle_of_a_shard_reads_it_to_its_end_before_the_children(kinesis: Kinesis) -> None:
    kinesis.put(b"1", b"2")
    _, answer = kinesis.read(kinesis.iterator(), Limit=1)
    kinesis.call("SplitShard", StreamName=NAME, ShardToSplit=SHARD, NewStartingHashKey=str(HALF))
    data, answer = kinesis.read(answer["NextShardIterator"])
    assert (data, len(answer["ChildShards"])) == ([b"2"], 2)


@pytest.mark.aws("Kinesis Data Streams", "Resharding", RESHARDING)
def test_writers_go_on_while_shards_are_split_and_merged_and_each_key_s_records_stay_in_order(kinesis: Kinesis) -> None:
    writers, each, sizes = 4, 150, itertools.cycle((2, 3, 2, 1))
    written: dict[int, list[int]] = {}

    def write(writer: int) -> None:
        answers = [
            kinesis.call("PutRecord", StreamName=NAME, Data=str(number).encode(), PartitionKey=str(writer))
            for number in range(each)
        ]
        written[writer] = [int(answer["SequenceNumber"]) for answer in answers]

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for size in itertools.islice(sizes, 8):
        kinesis.call("UpdateShardCount", StreamName=NAME, TargetShardCount=size, ScalingType="UNIFORM_SCALING")
    for thread in threads:
        thread.join()
    kinesis.clock.advance(10)
    found: dict[str, list[tuple[int, int]]] = {}
    for shard in kinesis.shards():
        _, answer = kinesis.read(kinesis.iterator(shard=shard["ShardId"]))
        for record in answer["Records"]:
            place = int(record["SequenceNumber"]), int(base64.b64decode(record["Data"]))
            found.setdefault(record["PartitionKey"], []).append(place)
    assert {int(key): [number for number, _ in sorted(places)] for key, places in found.items()} == written
    assert all([datum for _, datum in sorted(places)] == list(range(each)) for places in found.values())


@pytest.mark.aws("Kinesis Data Streams", "Resharding", f"{_REFERENCE}/API_MergeShards.html")
def test_two_shards_side_by_side_are_merged_into_one_that_names_both(kinesis: Kinesis) -> None:
    kinesis.call("SplitShard", StreamName=NAME, ShardToSplit=SHARD, NewStartingHashKey=str(HALF))
    one, two = "shardId-000000000001", "shardId-000000000002"
    kinesis.call("MergeShards", StreamName=NAME, ShardToMerge=two, AdjacentShardToMerge=one)
    merged = kinesis.shards()[-1]
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (two, one)
    assert merged["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}
    closed = {shard["ShardId"] for shard in kinesis.shards() if "EndingSequenceNumber" in shard["SequenceNumberRange"]}
    assert closed == {SHARD, one, two}
    with pytest.raises(
        Refused, match=r"InvalidArgumentException: Shard shardId-000000000001 .* already been merged or split"
    ):
        kinesis.call("MergeShards", StreamName=NAME, ShardToMerge=one, AdjacentShardToMerge=two)


@pytest.mark.aws("Kinesis Data Streams", "Resharding", f"{_REFERENCE}/API_SplitShard.html")
def test_shards_are_neither_split_at_their_ends_nor_merged_over_a_gap(kinesis: Kinesis) -> None:
    with pytest.raises(
        Refused, match=r"InvalidArgumentException: NewStartingHashKey 1 .* not both greater than one plus"
    ):
        kinesis.call("SplitShard", StreamName=NAME, ShardToSplit=SHARD, NewStartingHashKey="1")
    kinesis.stream(3, "three")
    with pytest.raises(Refused, match=r"InvalidArgumentException: .* not an adjacent pair"):
        kinesis.call("MergeShards", StreamName="three", ShardToMerge=SHARD, AdjacentShardToMerge="shardId-000000000002")


@pytest.mark.aws("Kinesis Data Streams", "Resharding", RESHARDING)
def test_a_closed_shard_is_listed_until_its_records_are_too_old(kinesis: Kinesis) -> None:
    kinesis.put(b"old")
    kinesis.call("SplitShard", StreamName=NAME, ShardToSplit=SHARD, NewStartingHashKey=str(HALF))
    kinesis.clock.advance(23 * 3_600)
    assert len(kinesis.shards()) == 3
    kinesis.clock.advance(3_601)
    assert [shard["ShardId"] for shard in kinesis.shards()] == ["shardId-000000000001", "shardId-000000000002"]


@pytest.mark.aws("Kinesis Data Streams", "Resharding", LIST_SHARDS)
def test_shards_are_listed_by_pages_and_by_filters(kinesis: Kinesis) -> None:
    kinesis.clock.advance(10)
    split_at = kinesis.clock.now
    kinesis.call("SplitShard", StreamName=NAME, ShardToSplit=SHARD, NewStartingHashKey=str(HALF))
    kinesis.clock.advance(10)

    def ids(**asked: Any) -> list[str]:
        return [shard["ShardId"][-1] for shard in kinesis.call("ListShards", StreamName=NAME, **asked)["Shards"]]

    first = kinesis.call("ListShards", StreamName=NAME, MaxResults=2)
    rest = kinesis.call("ListShards", NextToken=first["NextToken"])
    assert [shard["ShardId"][-1] for shard in first["Shards"] + rest["Shards"]] == ["0", "1", "2"]
    assert "NextToken" not in rest
    assert ids(ExclusiveStartShardId=SHARD) == ["1", "2"]
    found = {kind: ids(ShardFilter={"Type": kind}) for kind in ("AT_LATEST", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON")}
    found["AT_TIMESTAMP"] = ids(ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": split_at - 5})
    found["FROM_TIMESTAMP"] = ids(ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": split_at + 5})
    assert found == {
        "AT_LATEST": ["1", "2"],
        "AT_TRIM_HORIZON": ["0"],
        "FROM_TRIM_HORIZON": ["0", "1", "2"],
        "AT_TIMESTAMP": ["0"],
        "FROM_TIMESTAMP": ["1", "2"],
    }
    described = kinesis.call("DescribeStream", StreamName=NAME, Limit=2)["StreamDescription"]
    assert (len(described["Shards"]), described["HasMoreShards"]) == (2, True)


@pytest.mark.aws("Kinesis Data Streams", "Encryption", ENCRYPTION)
def test_records_say_whether_they_were_encrypted_when_they_came(kinesis: Kinesis) -> None:
    plain = kinesis.call("PutRecord", StreamName=NAME, Data=b"1", PartitionKey="k")
    kinesis.call("StartStreamEncryption", StreamName=NAME, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    encrypted = kinesis.call("PutRecord", StreamName=NAME, Data=b"2", PartitionKey="k")
    found = summary(kinesis)
    assert (found["EncryptionType"], found["KeyId"]) == ("KMS", "alias/aws/kinesis")
    kinesis.call("StopStreamEncryption", StreamName=NAME, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert (plain["EncryptionType"], encrypted["EncryptionType"]) == ("NONE", "KMS")
    _, answer = kinesis.read(kinesis.iterator())
    assert [record.get("EncryptionType") for record in answer["Records"]] == [None, "KMS"]
    with pytest.raises(Refused, match=r"NotImplemented: .* with alias/mine; alias/aws/kinesis is supported"):
        kinesis.call("StartStreamEncryption", StreamName=NAME, EncryptionType="KMS", KeyId="alias/mine")


@pytest.mark.aws("Kinesis Data Streams", "Retention", f"{_REFERENCE}/API_DecreaseStreamRetentionPeriod.html")
@pytest.mark.parametrize(
    ("operation", "hours", "message"),
    [
        ("IncreaseStreamRetentionPeriod", 47, r"\(47 hours\) .* can not be shorter than existing .*\(48 hours\)"),
        ("DecreaseStreamRetentionPeriod", 49, r"\(49 hours\) .* can not be longer than existing .*\(48 hours\)"),
        ("DecreaseStreamRetentionPeriod", 23, r"Minimum allowed retention period is 24 hours"),
        ("IncreaseStreamRetentionPeriod", 8_761, r"Maximum allowed retention period is 8760 hours"),
    ],
)
def test_a_retention_period_goes_one_way_by_each_operation_and_within_its_bounds(
    kinesis: Kinesis, operation: str, hours: int, message: str
) -> None:
    kinesis.call("IncreaseStreamRetentionPeriod", StreamName=NAME, RetentionPeriodHours=48)
    with pytest.raises(Refused, match=f"InvalidArgumentException: .*{message}"):
        kinesis.call(operation, StreamName=NAME, RetentionPeriodHours=hours)
    kinesis.call("DecreaseStreamRetentionPeriod", StreamName=NAME, RetentionPeriodHours=24)
    assert summary(kinesis)["RetentionPeriodHours"] == 24


def test_streams_are_listed_by_pages_with_their_tags_apart(kinesis: Kinesis) -> None:
    kinesis.stream(1, "clicks", Tags={"team": "kitchen", "tier": "one"})
    first = kinesis.call("ListStreams", Limit=1)
    rest = kinesis.call("ListStreams", ExclusiveStartStreamName=first["StreamNames"][-1])
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["clicks"], True)
    assert (rest["StreamNames"], rest["HasMoreStreams"]) == ([NAME], False)
    arn = first["StreamSummaries"][0]["StreamARN"]
    kinesis.call("AddTagsToStream", StreamName="clicks", Tags={"tier": "two"})
    kinesis.call("UntagResource", ResourceARN=arn, TagKeys=["team"])
    kinesis.call("TagResource", ResourceARN=arn, Tags={"stack": "dev"})
    tags = [{"Key": "stack", "Value": "dev"}, {"Key": "tier", "Value": "two"}]
    assert kinesis.call("ListTagsForStream", StreamName="clicks") == {"Tags": tags, "HasMoreTags": False}
    assert kinesis.call("ListTagsForStream", StreamName="clicks", Limit=1)["HasMoreTags"]
    kinesis.call("RemoveTagsFromStream", StreamName="clicks", TagKeys=["tier"])
    assert kinesis.call("ListTagsForResource", ResourceARN=arn) == {"Tags": tags[:1]}


def test_the_account_s_limits_count_what_is_there(kinesis: Kinesis) -> None:
    kinesis.stream(3, "clicks")
    kinesis.call("CreateStream", StreamName="new", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert kinesis.call("DescribeLimits") == {
        "ShardLimit": 20_000,
        "OpenShardCount": 4,
        "OnDemandStreamCount": 1,
        "OnDemandStreamCountLimit": 50,
    }


@pytest.mark.aws("Cost Explorer", "Costs", PRICES)
def test_records_are_billed_in_pieces_of_25_kb_and_what_ends_by_the_hour() -> None:
    METER.reset()
    kinesis = Kinesis()
    kinesis.stream(2)
    kinesis.put(b"x", b"x" * (25 * 1024 - 3), b"x" * (25 * 1024 - 2))
    kinesis.clock.advance(1_800)
    kinesis.call("MergeShards", StreamName=NAME, ShardToMerge=SHARD, AdjacentShardToMerge="shardId-000000000001")
    kinesis.clock.advance(3_600)
    kinesis.call("DeleteStream", StreamName=NAME)
    used = {usage.price_id: usage.quantity for usage in METER if usage.resource.service == "kinesis"}
    assert used == {"kinesis_put_units": 4, "kinesis_shard_hours": pytest.approx(2)}


@pytest.mark.aws("Cost Explorer", "Costs", PRICES)
def test_on_demand_each_record_is_billed_as_a_multiple_of_1_kb_and_the_stream_by_the_hour() -> None:
    METER.reset()
    kinesis = Kinesis()
    kinesis.call("CreateStream", StreamName=NAME, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    [put] = kinesis.put(b"x")
    kinesis.read(kinesis.iterator(shard=put["ShardId"]))
    kinesis.clock.advance(7_200)
    kinesis.call("DeleteStream", StreamName=NAME)
    used = {usage.price_id: usage.quantity for usage in METER if usage.resource.service == "kinesis"}
    gb = 1024**3
    assert used == {
        "kinesis_on_demand_ingested": 1024 / gb,
        "kinesis_on_demand_retrieved": 4 / gb,
        "kinesis_on_demand_hours": 2,
    }
