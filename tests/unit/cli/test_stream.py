"""Putting events back onto a delivery stream, over HTTP: what is put again, and what is not."""

import base64
import random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from rapid.cli.backoff import ATTEMPTS
from rapid.cli.errors import CommandError
from rapid.cli.failed_events import stream
from rapid.cli.failed_events.stream import DataStream, DeliveryStream
from rapid.cli.target import AwsStack

from .conftest import Answer, Request, Server

TAKEN = {"RecordId": "1"}
BUSY = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def orders(server: Server, waits: list[float]) -> DeliveryStream:
    firehose = boto3.client(
        "firehose",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return DeliveryStream(firehose, "orders-stream", waits.append, random.Random(1))


def put(*results: dict[str, str]) -> Answer:
    return Answer(
        200, {"FailedPutCount": sum("ErrorCode" in result for result in results), "RequestResponses": results}
    )


def sent(request: Request) -> list[bytes]:
    return [base64.b64decode(record["Data"]) for record in request.json["Records"]]


def line(size: int, letter: str = "x") -> bytes:
    return letter.encode() * (size - 1) + b"\n"


def test_small_lines_share_a_record(server: Server, orders: DeliveryStream) -> None:
    server.answer_in_turn(put(TAKEN))
    assert orders.put([b"a\n", b"b\n"]) == {}
    assert [sent(request) for request in server.requests] == [[b"a\nb\n"]]


def test_only_the_records_that_failed_are_put_again(server: Server, orders: DeliveryStream, waits: list[float]) -> None:
    lines = [line(200_000, letter) for letter in "abc"]
    server.answer_in_turn(put(TAKEN, BUSY, BUSY), put(TAKEN, BUSY), put(TAKEN))
    assert orders.put(lines) == {}
    assert [sent(request) for request in server.requests] == [lines, lines[1:], lines[2:]]
    assert len(waits) == 2


@pytest.mark.parametrize("failures", range(4))
def test_a_server_that_fails_some_times_is_asked_again(
    server: Server, orders: DeliveryStream, waits: list[float], failures: int
) -> None:
    down = [Answer(503, {"__type": "ServiceUnavailableException", "message": "down"}), Answer(500, {}), Answer(0)]
    server.answer_in_turn(*(down[number % 3] for number in range(failures)), put(TAKEN))
    assert orders.put([b"a\n"]) == {}
    assert len(waits) == failures


def test_after_the_last_attempt_the_lines_are_named_with_the_reason(
    server: Server, orders: DeliveryStream, waits: list[float]
) -> None:
    server.answer = lambda _request: put(BUSY)
    refused = orders.put([b"a\n", b"b\n"])
    assert refused == dict.fromkeys([0, 1], "ServiceUnavailableException: Slow down.")
    assert len(server.requests) == ATTEMPTS
    assert len(set(waits)) == ATTEMPTS - 1


def test_a_refusal_that_another_attempt_cannot_change_ends_it(server: Server, orders: DeliveryStream) -> None:
    server.answer_in_turn(Answer(400, {"__type": "ResourceNotFoundException", "message": "no such stream"}))
    with pytest.raises(CommandError, match="the stream orders-stream: no such stream"):
        orders.put([b"a\n"])
    assert len(server.requests) == 1


def test_a_data_stream_takes_what_its_shard_has_room_for_each_second_until_it_has_all(server: Server) -> None:
    """As long as it takes some of them, however often it has to be asked."""
    kinesis, lines = Shard(), [line(200_000, letter) for letter in "abcdefghijklmno"]
    assert DataStream(kinesis, "orders-data", lambda _seconds: None).put(lines) == {}
    assert sorted(kinesis.data) == lines
    assert len(kinesis.keys) == len(set(kinesis.keys)) > 2 * ATTEMPTS
    assert not [key for key in kinesis.keys if key.startswith("mirrored-")]


def test_a_data_stream_that_takes_nothing_leaves_all(server: Server) -> None:
    kinesis = Shard(room=0)
    refused = DataStream(kinesis, "orders-data", lambda _seconds: None).put([b"a\n"])
    assert refused == {0: "ProvisionedThroughputExceededException: Rate exceeded"}
    assert len(kinesis.keys) == ATTEMPTS


class Shard:
    """A client of Kinesis whose stream takes `room` records of each call."""

    def __init__(self, room: int = 1) -> None:
        self.room, self.data, self.keys = room, list[bytes](), list[str]()

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == "orders-data"
        self.keys += [record["PartitionKey"] for record in Records]
        self.data += [record["Data"] for record in Records[: self.room]]
        full = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
        taken = len(Records[: self.room])
        return {"Records": [{"ShardId": "s"}] * taken + [full] * (len(Records) - taken)}


class Taking:
    """A client of Firehose that keeps its limits and takes all."""

    def __init__(self) -> None:
        self.data: list[bytes] = []

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        data = [record["Data"] for record in Records]
        assert 1 <= len(data) <= stream.MAX_CALL_RECORDS
        assert sum(map(len, data)) <= stream.MAX_CALL_BYTES
        assert all(len(one) <= max(stream.MAX_RECORD_BYTES, one.index(b"\n") + 1) for one in data)
        self.data += data
        return {"RequestResponses": [TAKEN] * len(data)}


@given(st.lists(st.sampled_from([1, 2, 1000, 100_000, 256 * 1024, 256 * 1024 + 1, 1000 * 1024]), max_size=30))
def test_whatever_their_lengths_all_lines_are_put_in_order_within_the_limits(sizes: list[int]) -> None:
    firehose, lines = Taking(), [line(size) for size in sizes]
    assert DeliveryStream(firehose, "orders-stream").put(lines) == {}
    assert b"".join(firehose.data) == b"".join(lines)


def test_the_clients_of_a_stack_on_aws_try_five_times_with_jitter(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    naps: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", naps.append)
    monkeypatch.setattr(AwsStack, "region", "us-east-1")
    server.answer = lambda _request: Answer(503, {"__type": "ServiceUnavailable"})
    client = AwsStack().client("firehose")
    with pytest.raises(client.exceptions.ClientError):
        client.list_delivery_streams()
    assert len(server.requests) == 5
    assert all(0 <= nap <= 2**number for number, nap in enumerate(naps))
    assert len(set(naps)) == 4
