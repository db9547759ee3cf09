import importlib
import json
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rapid.local.firehose import plane
from rapid.local.firehose.intake import Quota, quota_of
from tests.unit.local.firehose_rig import request, rig, s3

PAGE = "https://docs.aws.amazon.com/firehose/latest/dev/limits.html"
PUT_RECORD_BATCH = "https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html"
CREATE = "https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html"
DESTINATION = "https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html"
INGEST = Path(__file__).parents[3] / "functions" / "ingest"
MIB = 1024 * 1024
SLOW_DOWN = (500, "ServiceUnavailableException", "Slow down.")

pytestmark = pytest.mark.aws("Data Firehose", "Limits", PAGE)


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


@pytest.fixture
def limited(firehose, monkeypatch):
    """A rig with a stream whose throughput is another one."""

    def create(records=100, requests=100, data_bytes=MIB, **destination):
        monkeypatch.setattr(plane, "quota_of", lambda region: Quota(records, requests, data_bytes))
        firehose.create_stream(**destination)
        return firehose

    return create


def error(response):
    body = json.loads(response.data)
    return response.status_code, body["__type"], body["message"]


def created(firehose, **members):
    body = {"DeliveryStreamName": "orders", "ExtendedS3DestinationConfiguration": s3("processed"), **members}
    return firehose.plane.control(request("CreateDeliveryStream", body), lambda: pytest.fail("was forwarded"))


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-west-1"])
def test_a_stream_in_a_large_region_takes_2000_requests_500000_records_and_5_mib_a_second(region):
    assert quota_of(region) == Quota(records=500_000, requests=2_000, data_bytes=5 * MIB)


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-2", "ap-southeast-2"])
def test_a_stream_in_another_region_takes_1000_requests_100000_records_and_1_mib_a_second(region):
    assert quota_of(region) == Quota(records=100_000, requests=1_000, data_bytes=MIB)


def test_a_request_more_than_2000_in_a_second_is_told_to_slow_down(firehose):
    firehose.create_stream()

    assert {firehose.put_one(b"x").status_code for _ in range(2000)} == {200}
    assert error(firehose.put_one(b"x")) == SLOW_DOWN

    firehose.clock.advance(0.001)
    assert firehose.put_one(b"x").status_code == 200
    assert error(firehose.put_one(b"x")) == SLOW_DOWN
    assert firehose.plane.counts()["orders"]["accepted_records"] == 2001


def test_putrecord_and_putrecordbatch_share_the_requests_of_a_second(limited):
    firehose = limited(requests=2)
    firehose.put(b"one")
    firehose.put_one(b"two")

    body = {"DeliveryStreamName": "orders", "Records": [{"Data": "eA=="}]}
    assert error(firehose.call("PutRecordBatch", body)) == SLOW_DOWN


def test_a_record_past_the_bytes_of_a_second_is_told_to_slow_down(limited):
    firehose = limited(data_bytes=1000)
    firehose.put_one(b"x" * 600)

    assert error(firehose.put_one(b"x" * 401)) == SLOW_DOWN
    assert firehose.put_one(b"x" * 400).status_code == 200


@pytest.mark.aws("Data Firehose", "Limits", PUT_RECORD_BATCH)
@pytest.mark.parametrize("quota", [{"records": 2}, {"data_bytes": 8}])
def test_entries_of_a_batch_past_the_throughput_fail_alone_and_keep_their_places(limited, quota):
    firehose = limited(**quota)

    answered = firehose.put(b"one", b"two", b"three", b"four")

    assert answered["FailedPutCount"] == 2
    taken, refused = answered["RequestResponses"][:2], answered["RequestResponses"][2:]
    assert all(entry["RecordId"] for entry in taken)
    assert refused == [{"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}] * 2
    firehose.plane.flush()
    assert firehose.objects("processed") == [b"onetwo"]


def test_a_second_later_a_stream_takes_as_much_again_and_no_more_than_that_after_an_hour(limited):
    firehose = limited(records=3)
    assert firehose.put(*[b"x"] * 5)["FailedPutCount"] == 2

    firehose.clock.advance(1)
    assert firehose.put(*[b"x"] * 5)["FailedPutCount"] == 2
    firehose.clock.advance(3600)
    assert firehose.put(*[b"x"] * 5)["FailedPutCount"] == 2


def test_each_stream_has_a_throughput_of_its_own(limited):
    firehose = limited(requests=1)
    firehose.clients.client("firehose").create_delivery_stream(
        DeliveryStreamName="clicks", ExtendedS3DestinationConfiguration=s3("processed")
    )
    firehose.put_one(b"x")

    body = {"DeliveryStreamName": "clicks", "Record": {"Data": "eA=="}}
    assert firehose.call("PutRecord", body).status_code == 200


@pytest.mark.aws("Data Firehose", "Limits", CREATE)
@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("x" * 65, "Member must have length less than or equal to 64"),
        ("orders/new", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        (None, "Member must not be null"),
    ],
)
def test_a_stream_name_has_64_characters_at_most_and_only_some_of_them(firehose, name, constraint):
    status, code, message = error(created(firehose, DeliveryStreamName=name))

    assert (status, code) == (400, "ValidationException")
    assert message.endswith(f"at 'deliveryStreamName' failed to satisfy constraint: {constraint}")


@pytest.fixture
def ingest(monkeypatch):
    """The ingest function's delivery, and its way to Firehose."""
    names = ("delivery", "pack", "stream", "shared", "shared.json_service", "shared.limits")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    # In the function's zip, the folder `shared` lies beside its modules.
    monkeypatch.syspath_prepend(str(INGEST.parent))
    monkeypatch.syspath_prepend(str(INGEST))
    yield importlib.import_module("delivery"), importlib.import_module("stream").to_firehose
    for name in names:
        sys.modules.pop(name, None)


class PutRecordBatch:
    """The Firehose client that the ingest function has, in front of the rig's plane."""

    def __init__(self, firehose):
        self.firehose = firehose
        self.failed = []

    def put_record_batch(self, DeliveryStreamName, Records):
        answered = self.firehose.put(*[record["Data"] for record in Records])
        if "__type" in answered:
            raise ClientError({"Error": {"Code": answered["__type"], "Message": "Slow down."}}, "PutRecordBatch")
        self.failed.append(answered["FailedPutCount"])
        return answered


def packed(delivery, count):
    return [delivery.Record(b"%02d" % index, (index,)) for index in range(count)]


@pytest.mark.parametrize("quota", [{"records": 3}, {"data_bytes": 6}])
def test_ingest_sends_what_was_throttled_again_and_every_record_is_taken_once(limited, ingest, quota):
    firehose = limited(**quota)
    client, (module, to_firehose) = PutRecordBatch(firehose), ingest
    delivery = module.Delivery(to_firehose(client), None, "", sleep=lambda seconds: firehose.clock.advance(1))

    outcome = delivery.send("orders", "orders", packed(module, 10), "request")

    assert client.failed == [7, 4, 1, 0]
    assert (len(outcome.delivered), outcome.dead_lettered, outcome.lost) == (10, [], [])
    firehose.plane.flush()
    assert firehose.objects("processed") == [b"00010203040506070809"]


def test_what_stays_throttled_is_dead_lettered_and_nothing_is_lost(limited, ingest):
    firehose = limited(requests=1, records=3)
    sqs = firehose.clients.client("sqs")
    queue_url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    module, to_firehose = ingest
    client = to_firehose(PutRecordBatch(firehose))
    delivery = module.Delivery(client, lambda: sqs, queue_url, sleep=lambda seconds: None)

    outcome = delivery.send("orders", "orders", packed(module, 5), "request")

    assert ([r.data for r in outcome.delivered], outcome.lost) == ([b"00", b"01", b"02"], [])
    messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
    assert {json.loads(message["Body"])["record"] for message in messages} == {"MDM=", "MDQ="}
    firehose.plane.flush()
    assert firehose.objects("processed") == [b"000102"]
