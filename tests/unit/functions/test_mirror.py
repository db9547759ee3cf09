"""The transform while a stack moves on: what it puts onto the data stream, what it leaves out, and how it fails."""

import base64
import json
import subprocess
import sys

import pytest
from botocore.exceptions import EndpointConnectionError

from contracts.limits import MAX_RECORD_BYTES

from .test_transform import ARRIVED, envelope

THROTTLED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
DOWN = EndpointConnectionError(endpoint_url="https://kinesis")


class Kinesis:
    """A data stream that fails as it is told: each call takes the next of `failures`."""

    def __init__(self, *failures):
        self.failures, self.calls, self.stored = list(failures), [], []

    def put_records(self, StreamName, Records):
        assert StreamName == "orders-data"
        self.calls.append(Records)
        failing = self.failures.pop(0) if self.failures else ()
        if isinstance(failing, Exception):
            raise failing
        self.stored += [record for index, record in enumerate(Records) if index not in failing]
        return {"Records": [THROTTLED if index in failing else {"ShardId": "s"} for index in range(len(Records))]}

    @property
    def lines(self):
        return [line for record in self.stored for line in record["Data"].splitlines()]


class Clock:
    """Seconds that pass by naps alone."""

    now = 0.0

    def __call__(self):
        return self.now

    def nap(self, seconds):
        self.now += seconds


def put(data, number=0):
    """A record that a client put onto the delivery stream."""
    return {
        "recordId": f"record-{number}",
        "approximateArrivalTimestamp": ARRIVED,
        "data": base64.b64encode(data).decode(),
    }


def read(data, key, number=0):
    """A record that Firehose read from the data stream."""
    metadata = {"shardId": "shardId-000000000000", "partitionKey": key, "sequenceNumber": str(number)}
    return {**put(data, number), "kinesisRecordMetadata": metadata}


@pytest.fixture
def lake(package, aws):
    """`run(records, kinesis)` by the transform of a lake with that data stream; `clock` is what passes meanwhile."""
    aws.client("s3").create_bucket(Bucket="quarantine")
    modules = package("transform", SOURCE="orders", QUARANTINE_BUCKET="quarantine", MIRROR_STREAM="orders-data")

    def run(records, kinesis, lake="quarantine"):
        clock = Clock()
        modules.handler._mirror = modules.mirror.Mirror(kinesis, "orders-data", lake, clock.nap, clock)
        run.clock = clock
        return modules.handler.handler({"records": records}, None)["records"]

    run.modules, run.s3 = modules, aws.client("s3")
    return run


def rows(answers):
    return [
        json.loads(line)["ingest_id"]
        for answer in answers
        if answer["result"] == "Ok"
        for line in base64.b64decode(answer["data"]).splitlines()
    ]


def test_what_clients_put_goes_onto_the_data_stream_as_it_came_and_into_this_lake(lake):
    kinesis, lines = Kinesis(), [envelope("a") + b"\n", envelope("bad", {}) + b"\n", b"noise"]
    answers = lake([put(line, number) for number, line in enumerate(lines)], kinesis)

    assert b"".join(record["Data"] for record in kinesis.stored) == b"".join(lines)
    assert rows(answers) == ["a"]


def test_the_records_of_a_batch_take_one_call_and_few_records(lake):
    kinesis = Kinesis()
    lake([put(envelope(str(number)) + b"\n", number) for number in range(2000)], kinesis)

    assert len(kinesis.calls) == 1
    assert max(len(record["Data"]) for record in kinesis.stored) <= MAX_RECORD_BYTES
    assert [json.loads(line)["id"] for line in kinesis.lines] == [str(number) for number in range(2000)]


def test_what_is_no_envelope_stays_alone_and_so_does_what_follows_an_unfinished_line(lake):
    kinesis, line = Kinesis(), envelope("a")
    parts = [b"one\n", line + b"\n", line, line + b"\n", b"two", b"three\n"]
    lake([put(part, number) for number, part in enumerate(parts)], kinesis)

    assert [record["Data"] for record in kinesis.stored] == [
        b"one\n",
        line + b"\n" + line,
        line + b"\n",
        b"two",
        b"three\n",
    ]


def test_no_call_is_longer_than_the_service_takes(lake):
    kinesis, big = Kinesis(), b"x" * 1_000_000
    lake([put(big + str(number).encode(), number) for number in range(9)], kinesis)
    few = Kinesis()
    lake([put(b"x", number) for number in range(1100)], few)

    for call in (*kinesis.calls, *few.calls):
        assert len(call) <= 500
        assert sum(len(record["Data"]) + len(record["PartitionKey"]) for record in call) <= 5 * 1024 * 1024
    assert (len(kinesis.stored), len(few.stored)) == (9, 1100)


def test_only_what_was_not_taken_is_put_again(lake):
    kinesis = Kinesis({0, 2}, DOWN, {1})
    lake([put(b"x" * 200_000 + str(number).encode(), number) for number in range(3)], kinesis)

    assert [len(call) for call in kinesis.calls] == [3, 2, 2, 1]
    assert sorted(record["Data"][-1:] for record in kinesis.stored) == [b"0", b"1", b"2"]
    assert lake.clock.now > 0


def test_a_data_stream_that_takes_nothing_fails_the_invocation_so_that_firehose_repeats_it(lake):
    for failure, reason in (({0}, "ProvisionedThroughputExceededException: Rate exceeded"), (DOWN, "https://kinesis")):
        with pytest.raises(
            lake.modules.mirror.NotMirroredError, match="orders-data did not take 1 records: "
        ) as raised:
            lake([put(envelope("bad", {}))], Kinesis(*[failure] * 1000))
        assert reason in str(raised.value)
        assert 50 <= lake.clock.now <= 60
    # Nothing else had happened before.
    assert "Contents" not in lake.s3.list_objects_v2(Bucket="quarantine")


def test_what_comes_from_the_data_stream_is_put_onto_none(lake):
    kinesis = Kinesis()
    answers = lake([read(envelope("a"), "x1=-0"), read(b"noise", "x2=-0", 1)], kinesis)

    assert kinesis.calls == []
    assert rows(answers) == ["a"]


def test_what_a_lake_has_mirrored_it_has_already_and_the_other_lake_has_not(lake):
    kinesis = Kinesis()
    lake([put(envelope("a") + b"\n"), put(b"x" * 300_000, 1), {**put(b"y"), "recordId": "9" * 300}], kinesis)
    keys = [record["PartitionKey"] for record in kinesis.stored]
    back = [read(record["Data"], record["PartitionKey"], n) for n, record in enumerate(kinesis.stored)]

    assert all(key.startswith("mirrored-") and len(key) <= 256 for key in keys)
    assert len(set(keys)) == 3
    own = lake([*back, read(envelope("b"), "x1=-0", 3)], Kinesis())
    assert sorted((answer["recordId"], answer["result"]) for answer in own) == [
        ("record-0", "Dropped"),
        ("record-1", "Dropped"),
        ("record-2", "Dropped"),
        ("record-3", "Ok"),
    ]
    other = lake(back, Kinesis(), lake="streaming-quarantine")
    assert rows(other) == ["a"]


def test_a_batch_that_firehose_repeats_is_the_same_events_in_the_other_lake(lake):
    """Rows by the ids of their envelopes; lines without one by their place, so that quarantine has them once."""
    kinesis, batch = Kinesis(), [put(envelope("a") + b"\n", 0), put(b"noise\nmore noise", 1)]
    lake(batch, kinesis)
    lake(batch, kinesis)
    assert kinesis.stored[:2] == kinesis.stored[2:]

    before = noise(lake.s3)
    for number, record in enumerate(kinesis.stored):
        # Each is a record of its own to Firehose.
        lake([read(record["Data"], record["PartitionKey"], number + 5)], Kinesis(), lake="streaming-quarantine")
    assert noise(lake.s3) == before
    assert len(before) == 2


def noise(s3):
    """The keys of what was quarantined, as both lakes have it."""
    return [item["Key"] for item in s3.list_objects_v2(Bucket="quarantine")["Contents"]]


def test_a_lake_without_a_mirror_takes_what_comes_from_the_data_stream_whoever_put_it(package, aws):
    handler = package("transform", SOURCE="orders", QUARANTINE_BUCKET="quarantine").handler
    records = [read(envelope("a"), "mirrored-0-0"), read(envelope("b"), "x1=-0", 1), put(envelope("c"), 2)]

    assert rows(handler.handler({"records": records}, None)["records"]) == ["a", "b", "c"]


def test_a_transform_without_a_mirror_imports_nothing_for_it(lake):
    program = "import sys, handler; print([name for name in sys.modules if name in ('mirror', 'botocore', 'hashlib')])"
    folder = lake.modules.handler.__file__.rpartition("/")[0]
    environment = {"SOURCE": "orders", "QUARANTINE_BUCKET": "q", "STACK": "s"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
