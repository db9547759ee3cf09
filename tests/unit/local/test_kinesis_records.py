"""Records of Kinesis: put into shards, read by iterators, gone after the retention period."""

import errno
import itertools
import os
import tempfile
import threading
import weakref
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest

from rapid.local.kinesis import shard_log
from rapid.local.kinesis.shard_log import ShardLog

from .kinesis_rig import ACCOUNT_ID, NAME, SHARD, Kinesis, Refused

_REFERENCE = "https://docs.aws.amazon.com/kinesis/latest/APIReference"
PUT_RECORD = f"{_REFERENCE}/API_PutRecord.html"
PUT_RECORDS = f"{_REFERENCE}/API_PutRecords.html"
GET_RECORDS = f"{_REFERENCE}/API_GetRecords.html"
GET_ITERATOR = f"{_REFERENCE}/API_GetShardIterator.html"
LIMITS = "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"
LARGE_RECORDS = "https://docs.aws.amazon.com/streams/latest/dev/large-records.html"
MIB = 1024 * 1024

pytestmark = pytest.mark.aws("Kinesis Data Streams", "Records", GET_RECORDS)


@pytest.fixture
def kinesis() -> Kinesis:
    """The service with a stream of one shard."""
    found = Kinesis()
    found.stream()
    return found


def test_a_record_that_was_put_is_read_with_key_and_time_of_arrival(kinesis: Kinesis) -> None:
    put = kinesis.call("PutRecord", StreamName=NAME, Data=b"one", PartitionKey="tisch 7 ü")
    data, answer = kinesis.read(kinesis.iterator())
    assert data == [b"one"]
    assert answer["MillisBehindLatest"] == 0
    assert answer["Records"][0] | {"Data": ""} == {
        "SequenceNumber": put["SequenceNumber"],
        "ApproximateArrivalTimestamp": kinesis.clock.now,
        "Data": "",
        "PartitionKey": "tisch 7 ü",
    }


@pytest.mark.aws("Kinesis Data Streams", "Records", PUT_RECORD)
def test_sequence_numbers_have_56_digits_and_rise(kinesis: Kinesis) -> None:
    numbers = [result["SequenceNumber"] for result in kinesis.put(*[b"data"] * 20)]
    kinesis.clock.advance(1)
    numbers += [result["SequenceNumber"] for result in kinesis.put(b"later")]
    assert {len(number) for number in numbers} == {56}
    assert all(int(before) < int(after) for before, after in itertools.pairwise(numbers))


def test_the_next_iterator_goes_on_where_the_last_call_ended(kinesis: Kinesis) -> None:
    kinesis.put(*(str(number).encode() for number in range(5)))
    first, answer = kinesis.read(kinesis.iterator(), Limit=2)
    second, answer = kinesis.read(answer["NextShardIterator"], Limit=2)
    rest, answer = kinesis.read(answer["NextShardIterator"])
    none, answer = kinesis.read(answer["NextShardIterator"])
    kinesis.put(b"new")
    new, _ = kinesis.read(answer["NextShardIterator"])
    assert [first, second, rest, none, new] == [[b"0", b"1"], [b"2", b"3"], [b"4"], [], [b"new"]]


def test_a_reader_is_told_how_far_it_is_behind(kinesis: Kinesis) -> None:
    kinesis.put(b"old")
    kinesis.clock.advance(60)
    kinesis.put(b"new")
    kinesis.clock.advance(30)
    _, behind = kinesis.read(kinesis.iterator(), Limit=1)
    _, caught_up = kinesis.read(behind["NextShardIterator"])
    assert (behind["MillisBehindLatest"], caught_up["MillisBehindLatest"]) == (30_000, 0)


@pytest.mark.aws("Kinesis Data Streams", "Shard iterators", GET_ITERATOR)
def test_iterators_of_all_types_start_where_they_say(kinesis: Kinesis) -> None:
    moments, numbers = [], []
    for name in (b"a", b"b", b"c"):
        moments.append(kinesis.clock.now)
        numbers += [result["SequenceNumber"] for result in kinesis.put(name)]
        kinesis.clock.advance(10)
    starts = {
        "TRIM_HORIZON": kinesis.iterator("TRIM_HORIZON"),
        "LATEST": kinesis.iterator("LATEST"),
        "AT": kinesis.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]),
        "AFTER": kinesis.iterator("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]),
        "MOMENT": kinesis.iterator("AT_TIMESTAMP", Timestamp=moments[1]),
    }
    kinesis.clock.advance(1)
    starts["LATER"] = kinesis.iterator("AT_TIMESTAMP", Timestamp=moments[1] + 0.001)
    kinesis.put(b"d")
    found = {}
    for name, iterator in starts.items():
        kinesis.clock.advance(1)
        found[name] = b"".join(kinesis.read(iterator)[0])
    assert found == {
        "TRIM_HORIZON": b"abcd",
        "LATEST": b"d",
        "AT": b"bcd",
        "AFTER": b"cd",
        "MOMENT": b"bcd",
        "LATER": b"cd",
    }


@pytest.mark.aws("Kinesis Data Streams", "Shard iterators", GET_ITERATOR)
def test_a_shard_s_starting_sequence_number_reads_it_from_the_start(kinesis: Kinesis) -> None:
    kinesis.put(b"a")
    start = kinesis.shards()[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert kinesis.read(kinesis.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber=start))[0] == [b"a"]


@pytest.mark.aws("Kinesis Data Streams", "Shard iterators", GET_ITERATOR)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, "specified AT_SEQUENCE_NUMBER and no Starting"),
        ({"ShardIteratorType": "LATEST", "StartingSequenceNumber": "5"}, "specified LATEST and also a Starting"),
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "5"}, "123456789012 is invalid."),
        ({"ShardIteratorType": "AT_TIMESTAMP"}, "Must specify timestampInMillis parameter"),
        ({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 4e9}, "greater than the currentTimestampInMillis"),
    ],
)
def test_an_iterator_that_cannot_start_is_refused(kinesis: Kinesis, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(Refused, match=message) as refused:
        kinesis.call("GetShardIterator", StreamName=NAME, ShardId=SHARD, **parameters)
    assert refused.value.code == "InvalidArgumentException"


@pytest.mark.aws("Kinesis Data Streams", "Shard iterators", GET_ITERATOR)
def test_a_sequence_number_of_another_stream_or_shard_is_refused(kinesis: Kinesis) -> None:
    kinesis.clock.advance(10)
    kinesis.stream(2, "others")
    of = [shard["SequenceNumberRange"]["StartingSequenceNumber"] for shard in _shards(kinesis, "others")]
    for number, message in zip(of, ("did not come from this stream", "It encodes shardId-000000000001"), strict=True):
        with pytest.raises(Refused, match=message):
            kinesis.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)


@pytest.mark.aws("Kinesis Data Streams", "Shard iterators", GET_ITERATOR)
def test_an_iterator_expires_after_5_minutes(kinesis: Kinesis) -> None:
    iterator = kinesis.iterator()
    kinesis.clock.advance(300)
    kinesis.read(iterator)
    kinesis.clock.advance(1)
    message = (
        "ExpiredIteratorException: Iterator expired. The iterator was created at time Sun Nov 22 14:38:20 UTC 2026"
    )
    with pytest.raises(Refused, match=message):
        kinesis.read(iterator)


@pytest.mark.parametrize("text", ["x", "aGFsbG8=", "MS8yLzMvNC94", "8J-NlQ=="])
def test_an_iterator_that_nobody_gave_out_is_refused(kinesis: Kinesis, text: str) -> None:
    with pytest.raises(Refused, match="400 InvalidArgumentException: Invalid ShardIterator"):
        kinesis.read(text)


def test_an_iterator_of_a_stream_that_was_made_anew_is_refused(kinesis: Kinesis) -> None:
    iterator = kinesis.iterator()
    kinesis.call("DeleteStream", StreamName=NAME)
    with pytest.raises(Refused, match="ResourceNotFoundException: Stream orders under account 123456789012 not found"):
        kinesis.read(iterator)
    kinesis.clock.advance(1)
    kinesis.stream()
    with pytest.raises(Refused, match="ResourceNotFoundException: Could not find shard"):
        kinesis.read(iterator)


@pytest.mark.aws("Kinesis Data Streams", "Limits", LIMITS)
def test_a_shard_takes_1000_records_a_second_and_refuses_the_others_one_by_one(kinesis: Kinesis) -> None:
    taken = kinesis.put(*[b"x"] * 500) + kinesis.put(*[b"x"] * 499)
    mixed = kinesis.put(b"fits", b"one too many")
    assert not any("ErrorCode" in result for result in taken)
    assert "SequenceNumber" in mixed[0]
    assert mixed[1] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": f"Rate exceeded for shard {SHARD} in stream {NAME} under account {ACCOUNT_ID}.",
    }
    kinesis.clock.advance(0.0105)
    assert ["ErrorCode" in result for result in kinesis.put(*[b"x"] * 11)] == [False] * 10 + [True]


@pytest.mark.aws("Kinesis Data Streams", "Limits", LIMITS)
def test_a_shard_takes_1_mib_a_second_partition_keys_included(kinesis: Kinesis) -> None:
    half = b"x" * (MIB // 2 - len("key"))
    assert ["ErrorCode" in result for result in kinesis.put(half, half, b"")] == [False, False, True]
    with pytest.raises(Refused, match="Rate exceeded for shard") as refused:
        kinesis.call("PutRecord", StreamName=NAME, Data=b"x", PartitionKey="key")
    assert (refused.value.status, refused.value.code) == (400, "ProvisionedThroughputExceededException")
    kinesis.clock.advance(1)
    assert kinesis.everything() == [half, half]


@pytest.mark.aws("Kinesis Data Streams", "Limits", PUT_RECORDS)
def test_a_small_record_after_one_that_is_refused_is_taken(kinesis: Kinesis) -> None:
    results = kinesis.put(b"x" * (MIB - 100), b"x" * 200, b"small")
    assert ["ErrorCode" in result for result in results] == [False, True, False]


@pytest.mark.aws("Kinesis Data Streams", "Records", PUT_RECORDS)
def test_a_record_that_could_not_be_written_fails_alone_and_leaves_no_trace(
    kinesis: Kinesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = os.pwrite

    def half_written(file: int, content: bytes, offset: int) -> int:
        if b"second" in content:
            written(file, content[:5], offset)
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(file, content, offset)

    monkeypatch.setattr(os, "pwrite", half_written)
    results = kinesis.put(b"first", b"second", b"third")
    assert results[1] == {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure"}
    assert ["ErrorCode" in result for result in results] == [False, True, False]
    assert kinesis.sum_of("PutRecords.FailedRecords") == 1
    assert kinesis.everything() == [b"first", b"third"]


@pytest.mark.aws("Kinesis Data Streams", "Limits", LIMITS)
def test_a_shard_gives_2_mib_a_second(kinesis: Kinesis) -> None:
    for _ in range(10):
        kinesis.put(b"x" * (MIB - 10))
        kinesis.clock.advance(1)
    data, answer = kinesis.read(kinesis.iterator())
    assert len(data) == 10
    kinesis.clock.advance(4.9)
    with pytest.raises(Refused, match="ProvisionedThroughputExceededException: Rate exceeded for shard"):
        kinesis.read(answer["NextShardIterator"])
    kinesis.clock.advance(0.1)
    kinesis.read(answer["NextShardIterator"])


@pytest.mark.aws("Kinesis Data Streams", "Limits", GET_RECORDS)
def test_a_call_gives_10_mib_and_as_many_records_as_are_asked_for(kinesis: Kinesis) -> None:
    for _ in range(11):
        kinesis.put(b"x" * (MIB - 10))
        kinesis.clock.advance(1)
    data, answer = kinesis.read(kinesis.iterator())
    assert len(data) == 10
    assert answer["MillisBehindLatest"] == 1_000
    with pytest.raises(Refused, match="ValidationException: 1 validation error detected: Value '10001' at 'limit'"):
        kinesis.read(answer["NextShardIterator"], Limit=10_001)


@pytest.mark.aws("Kinesis Data Streams", "Limits", LIMITS)
def test_a_shard_is_read_5_times_a_second_by_all_readers_together(kinesis: Kinesis) -> None:
    iterator = kinesis.iterator()
    for _ in range(5):
        kinesis.read(iterator)
    with pytest.raises(Refused, match="ProvisionedThroughputExceededException"):
        kinesis.read(iterator)
    kinesis.clock.advance(0.2)
    kinesis.read(iterator)


@pytest.mark.aws("Kinesis Data Streams", "Limits", GET_ITERATOR)
def test_5_iterators_a_second_are_given_out_for_a_shard(kinesis: Kinesis) -> None:
    for _ in range(5):
        kinesis.iterator()
    with pytest.raises(Refused, match="ProvisionedThroughputExceededException"):
        kinesis.iterator()


@pytest.mark.aws("Kinesis Data Streams", "Limits", LARGE_RECORDS)
def test_a_record_has_1_mib_unless_the_stream_allows_more(kinesis: Kinesis) -> None:
    fitting, large = b"x" * (MIB - len("key")), b"x" * (10 * MIB - len("key"))
    with pytest.raises(Refused, match=r"'records.2.member.data' .* less than or equal to 1048576"):
        kinesis.put(b"", fitting + b"x")
    kinesis.put(fitting)
    arn = kinesis.call("DescribeStreamSummary", StreamName=NAME)["StreamDescriptionSummary"]["StreamARN"]
    kinesis.call("UpdateMaxRecordSize", StreamARN=arn, MaxRecordSizeInKiB=10_240)
    kinesis.clock.advance(1)
    assert "SequenceNumber" in kinesis.put(large)[0]
    # What was taken in a burst is made up for.
    kinesis.clock.advance(9)
    assert "ErrorCode" in kinesis.put(b"x")[0]
    kinesis.clock.advance(1)
    assert "SequenceNumber" in kinesis.put(b"x")[0]
    assert [len(data) for data in kinesis.everything()] == [len(fitting), len(large), 1]


@pytest.mark.aws("Kinesis Data Streams", "Limits", PUT_RECORDS)
def test_a_request_has_500_records_and_10_mib(kinesis: Kinesis) -> None:
    with pytest.raises(Refused, match=r"ValidationException.*'records'.* length less than or equal to 500"):
        kinesis.put(*[b""] * 501)
    with pytest.raises(Refused, match="InvalidArgumentException: Records size exceeds 10 MB limit"):
        kinesis.put(*[b"x" * (MIB - 3)] * 10, b"")


@pytest.mark.aws("Kinesis Data Streams", "Records", PUT_RECORD)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"PartitionKey": ""}, "ValidationException: 1 validation error detected: Value '' at 'partitionKey'"),
        ({"PartitionKey": "k" * 257}, "ValidationException: .*'partitionKey'.* less than or equal to 256"),
        ({"PartitionKey": None}, "ValidationException: .* at 'partitionKey' .* must not be null"),
        ({"ExplicitHashKey": str(2**128)}, r"InvalidArgumentException: Invalid ExplicitHashKey.* \[0, 2\^128-1\]"),
        ({"StreamName": "none"}, "ResourceNotFoundException: Stream none under account 123456789012 not found."),
        ({"Data": "not base64"}, "SerializationException: Data is not Base64"),
        ({"DryRun": True}, "NotImplemented: The local cloud does not support Kinesis's PutRecord with DryRun"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(kinesis: Kinesis, parameters: dict[str, str], message: str) -> None:
    with pytest.raises(Refused, match=message):
        kinesis.call("PutRecord", **{"StreamName": NAME, "Data": b"x", "PartitionKey": "key", **parameters})


@pytest.mark.aws("Kinesis Data Streams", "Records", PUT_RECORDS)
def test_partition_keys_spread_records_over_shards_by_their_md5() -> None:
    kinesis = Kinesis()
    kinesis.stream(2)
    # MD5 of "a" begins with 0c, that of "b" with 92.
    low, high = kinesis.put(b"low", key="a") + kinesis.put(b"high", key="b")
    explicit = kinesis.call("PutRecord", StreamName=NAME, Data=b"", PartitionKey="a", ExplicitHashKey=str(2**128 - 1))
    assert [low["ShardId"], high["ShardId"], explicit["ShardId"]] == [SHARD, *["shardId-000000000001"] * 2]


@pytest.mark.aws(
    "Kinesis Data Streams",
    "Retention",
    "https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html",
)
def test_records_go_when_the_retention_period_is_over(kinesis: Kinesis) -> None:
    kinesis.put(b"old")
    early = kinesis.iterator()
    kinesis.clock.advance(3_600)
    kinesis.put(b"new")
    kinesis.clock.advance(23 * 3_600 - 1)
    assert kinesis.everything() == [b"old", b"new"]
    kinesis.clock.advance(60)
    assert kinesis.everything() == [b"new"]
    with pytest.raises(Refused, match="ExpiredIteratorException"):
        kinesis.read(early)


@pytest.mark.aws("Kinesis Data Streams", "Retention", f"{_REFERENCE}/API_IncreaseStreamRetentionPeriod.html")
def test_a_longer_retention_period_brings_nothing_back(kinesis: Kinesis) -> None:
    kinesis.put(b"old")
    kinesis.clock.advance(25 * 3_600)
    kinesis.put(b"new")
    kinesis.call("IncreaseStreamRetentionPeriod", StreamName=NAME, RetentionPeriodHours=48)
    kinesis.clock.advance(24 * 3_600)
    assert kinesis.everything() == [b"new"]


def test_threads_that_put_and_read_at_once_lose_nothing_and_see_nothing_twice() -> None:
    log, threads, each = ShardLog(), 4, 300
    found: list[int] = []

    def put(thread: int) -> None:
        for number in range(each):
            log.append(f"{thread}", str(number).encode(), 1, is_encrypted=False)

    def read() -> None:
        while len(found) < threads * each:
            found.extend(record.number for record in log.read(len(found) + 1, 50, 10_000))

    _together(read, *(lambda thread=thread: put(thread) for thread in range(threads)))
    records = log.read(1, 10_000, MIB)
    assert found == [record.number for record in records] == list(range(1, threads * each + 1))
    by_thread = {key: [int(record.data) for record in records if record.partition_key == key] for key in "0123"}
    assert by_thread == {key: list(range(each)) for key in "0123"}


def test_files_of_records_that_are_gone_are_closed_and_the_others_are_read_across_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[weakref.ref[BinaryIO]] = []

    def remembered(**how: int) -> BinaryIO:
        file: BinaryIO = temporary_file(**how)
        opened.append(weakref.ref(file))
        return file

    temporary_file: Any = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", remembered)
    monkeypatch.setattr(shard_log, "_SEGMENT_BYTES", 100)
    log = ShardLog()
    for number in range(30):
        log.append("k", bytes([number]) * 30, number * 1000, is_encrypted=False)
    assert [record.data[0] for record in log.read(1, 100, MIB)] == list(range(30))
    assert [record.data[0] for record in log.read(5, 6, MIB)] == list(range(4, 10))
    assert [record.data[0] for record in log.read(5, 100, 70)] == [4, 5]
    assert [record.data[0] for record in log.read(5, 100, 1)] == [4]
    log.trim(15_500)
    # A file has four records of 33 bytes: the last of the fourth is the 16th.
    assert [file() is None for file in opened] == [True] * 4 + [False] * 4
    assert log.first == 17
    assert [record.data[0] for record in log.read(1, 3, MIB)] == [16, 17, 18]
    assert log.position_at(20_000) == 21
    assert log.position_at(0) == 17
    assert (log.arrival_of(16), log.arrival_of(17), log.arrival_of(31)) == (None, 16_000, None)


def test_records_go_in_time_after_a_disk_that_was_full_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    log, seven_hours_ms = ShardLog(), 7 * 3_600_000

    def full(_file: int, _content: bytes, _offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space left"):
            log.append("k", b"lost", 0, is_encrypted=False)
    log.append("k", b"kept", seven_hours_ms, is_encrypted=False)
    log.trim(seven_hours_ms)
    assert [record.data for record in log.read(1, 10, MIB)] == [b"kept"]
    log.trim(seven_hours_ms + 1)
    assert log.read(1, 10, MIB) == []


@pytest.mark.aws(
    "Kinesis Data Streams",
    "Metrics",
    "https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html",
)
def test_puts_and_reads_are_counted(kinesis: Kinesis) -> None:
    kinesis.call("PutRecord", StreamName=NAME, Data=b"1234567", PartitionKey="key")
    kinesis.put(b"x" * (MIB - 100), b"x" * 200)
    iterator = kinesis.iterator()
    for _ in range(5):
        kinesis.read(iterator, Limit=1)
    with pytest.raises(Refused):
        kinesis.read(iterator)
    sums = {
        "IncomingBytes": 10 + MIB - 97,
        "IncomingRecords": 2,
        "PutRecord.Success": 1,
        "PutRecords.SuccessfulRecords": 1,
        "PutRecords.ThrottledRecords": 1,
        "PutRecords.TotalRecords": 2,
        "WriteProvisionedThroughputExceeded": 1,
        "GetRecords.Records": 5,
        "GetRecords.Success": 5,
        "ReadProvisionedThroughputExceeded": 1,
    }
    assert {name: kinesis.sum_of(name) for name in sums} == sums


def _shards(kinesis: Kinesis, name: str) -> list[dict[str, dict[str, str]]]:
    return list(kinesis.call("ListShards", StreamName=name)["Shards"])


def _together(*work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
