import base64
import json

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from werkzeug import Response

from rapid.local.firehose import pipeline as firehose_pipeline
from tests.unit.local.firehose_rig import conversion, processing, request, rig, s3

PUT_RECORD = pytest.mark.aws(
    "Data Firehose",
    "PutRecord and PutRecordBatch",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html",
)
PUT_RECORD_BATCH = pytest.mark.aws(
    "Data Firehose",
    "PutRecord and PutRecordBatch",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html",
)
LIMITS = pytest.mark.aws("Data Firehose", "Limits", "https://docs.aws.amazon.com/firehose/latest/dev/limits.html")
UPDATE = pytest.mark.aws(
    "Data Firehose", "Definition", "https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html"
)
DELETE = pytest.mark.aws(
    "Data Firehose",
    "Definition",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html",
)

KIB = 1024
MODEL = ServiceModel(Loader().load_service_model("firehose", "service-2"), "firehose")


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


def error(response):
    body = json.loads(response.data)
    return response.status_code, body["__type"], body["message"]


def record(data):
    return {"Data": base64.b64encode(data).decode()}


def batch(*data):
    return {"DeliveryStreamName": "orders", "Records": [record(d) for d in data]}


def creation(**destination):
    return {
        "DeliveryStreamName": "orders",
        "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {**s3("processed"), **destination},
    }


@PUT_RECORD
def test_a_record_is_taken_and_gets_an_id(firehose):
    firehose.create_stream()

    response = firehose.call("PutRecord", {"DeliveryStreamName": "orders", "Record": record(b"one")})

    assert response.status_code == 200
    assert json.loads(response.data)["RecordId"]
    assert firehose.plane.counts()["orders"]["accepted_records"] == 1


@PUT_RECORD_BATCH
def test_a_batch_is_answered_entry_by_entry_with_different_ids(firehose):
    firehose.create_stream()

    answered = firehose.put(b"one", b"two")

    assert answered["FailedPutCount"] == 0
    assert len({entry["RecordId"] for entry in answered["RequestResponses"]}) == 2


@pytest.mark.parametrize(
    ("operation", "body"),
    [("PutRecord", {"DeliveryStreamName": "orders", "Record": record(b"x")}), ("PutRecordBatch", batch(b"x"))],
)
def test_answers_have_the_shape_of_the_service_model(firehose, operation, body):
    firehose.create_stream()

    answered = json.loads(firehose.call(operation, body).data)

    shape = MODEL.operation_model(operation).output_shape
    assert not ParamValidator().validate(answered, shape).has_errors()
    assert set(answered) <= set(shape.members)


@PUT_RECORD_BATCH
def test_an_encrypted_stream_says_so(firehose):
    firehose.clients.client("firehose").create_delivery_stream(
        DeliveryStreamName="orders",
        DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
        ExtendedS3DestinationConfiguration=s3("processed"),
    )

    assert firehose.put(b"x")["Encrypted"] is True


@PUT_RECORD_BATCH
def test_a_stream_that_does_not_exist_is_not_found(firehose):
    assert error(firehose.call("PutRecordBatch", batch(b"x"))) == (
        400,
        "ResourceNotFoundException",
        "Firehose orders under account 123456789012 not found.",
    )


@LIMITS
def test_a_record_of_1000_kib_is_taken_and_one_byte_more_refuses_the_batch(firehose):
    firehose.create_stream()

    assert firehose.put(b"x" * 1000 * KIB)["FailedPutCount"] == 0
    status, code, message = error(firehose.call("PutRecordBatch", batch(b"small", b"x" * (1000 * KIB + 1))))

    assert (status, code) == (400, "ValidationException")
    assert "'records.2.member.data' failed to satisfy constraint" in message
    assert "Member must have length less than or equal to 1024000" in message
    assert firehose.plane.counts()["orders"]["accepted_records"] == 1


@LIMITS
def test_500_records_are_taken_and_501_refused(firehose):
    firehose.create_stream()

    assert firehose.put(*[b"x"] * 500)["FailedPutCount"] == 0
    _, code, message = error(firehose.call("PutRecordBatch", batch(*[b"x"] * 501)))

    assert code == "ValidationException"
    assert message.endswith(
        "at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"
    )


@LIMITS
def test_a_batch_over_4_mib_is_refused(firehose):
    firehose.create_stream()
    largest = [b"x" * 512 * KIB] * 8

    assert firehose.put(*largest)["FailedPutCount"] == 0
    assert error(firehose.call("PutRecordBatch", batch(*largest, b"x"))) == (
        400,
        "InvalidArgumentException",
        "Records size exceeds 4 MB limit",
    )


def test_entries_past_what_the_stream_can_buffer_fail_alone(firehose, monkeypatch):
    monkeypatch.setattr(firehose_pipeline, "MAX_WAITING_BYTES", 1)
    firehose.create_stream()

    answered = firehose.put(b"fits", b"does not", b"nor this")

    assert answered["FailedPutCount"] == 2
    assert [entry.get("ErrorCode") for entry in answered["RequestResponses"]] == [
        None,
        "ServiceUnavailableException",
        "ServiceUnavailableException",
    ]
    assert answered["RequestResponses"][1]["ErrorMessage"] == "Slow down."
    assert firehose.plane.counts()["orders"]["accepted_records"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "SerializationException"),
        (b"[]", "SerializationException"),
        ({"DeliveryStreamName": "orders", "Records": [{"Data": "§"}]}, "SerializationException"),
        ({"DeliveryStreamName": "orders", "Records": []}, "ValidationException"),
        ({"DeliveryStreamName": "orders", "Records": [{}]}, "ValidationException"),
        ({"DeliveryStreamName": "orders"}, "ValidationException"),
        ({"Records": [record(b"x")]}, "ValidationException"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_with_a_reason(firehose, body, code):
    firehose.create_stream()

    status, answered, message = error(firehose.plane.put(request("PutRecordBatch", body)))

    assert (status, answered) == (400, code)
    assert message


def test_an_operation_that_is_not_a_put_is_named_in_the_error(firehose):
    assert "ListThings" in error(firehose.call("ListThings", {}))[2]


def test_a_definition_that_would_not_be_acted_on_is_refused_before_the_stream_exists(firehose):
    refused = firehose.plane.control(
        request("CreateDeliveryStream", creation(CustomTimeZone="Asia/Tokyo")), lambda: pytest.fail("was forwarded")
    )

    status, code, message = error(refused)
    assert (status, code) == (400, "InvalidArgumentException")
    assert "CustomTimeZone" in message


def test_a_conversion_to_a_table_that_does_not_exist_is_refused_at_creation(firehose):
    body = creation(DataFormatConversionConfiguration=conversion())

    refused = firehose.plane.control(request("CreateDeliveryStream", body), lambda: pytest.fail("was forwarded"))

    assert "The specified table/database could not be found" in error(refused)[2]


def test_a_conversion_to_a_column_type_that_is_not_supported_is_refused_at_creation(firehose):
    firehose.create_table({"tags": "array<string>"})
    body = creation(DataFormatConversionConfiguration=conversion())

    refused = firehose.plane.control(request("CreateDeliveryStream", body), lambda: pytest.fail("was forwarded"))

    assert "the type array<string> of the Glue column tags" in error(refused)[2]


def test_a_sound_definition_is_forwarded_and_its_stream_is_there_at_once(firehose):
    asked = request("CreateDeliveryStream", creation())

    def forward():
        firehose.clients.client("firehose").create_delivery_stream(**json.loads(asked.get_data()))
        return Response()

    assert firehose.plane.control(asked, forward).status_code == 200
    assert list(firehose.plane.counts()) == ["orders"]


def update(firehose, **destination):
    body = {
        "DeliveryStreamName": "orders",
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": destination,
    }

    def forward():
        firehose.clients.client("firehose").update_destination(**body)
        return Response()

    return firehose.plane.control(request("UpdateDestination", body), forward)


@UPDATE
def test_after_an_update_new_records_go_by_the_new_definition_and_buffered_ones_by_the_old(firehose):
    firehose.create_stream(Prefix="before/")
    firehose.put(b"old")

    assert update(firehose, Prefix="after/").status_code == 200
    firehose.put(b"new")
    firehose.plane.flush()

    assert firehose.objects("processed", "before/") == [b"old"]
    assert firehose.objects("processed", "after/") == [b"new"]
    assert any("/orders-2-" in key for key in firehose.keys("processed"))


def test_an_update_that_removes_the_transform_loses_nothing(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    firehose.put(b"old")

    update(firehose, ProcessingConfiguration={"Enabled": False})
    firehose.put(b"new")

    assert firehose.plane.flush() == 2
    assert firehose.plane.counts()["orders"]["buffered_records"] == 0


def test_an_update_to_something_not_supported_is_refused(firehose):
    firehose.create_stream()

    assert "Snappy" in error(update(firehose, CompressionFormat="Snappy"))[2]


@DELETE
def test_a_deleted_stream_is_forgotten_with_what_it_buffered(firehose):
    firehose.create_stream()
    firehose.put(b"never delivered")

    def forward():
        firehose.clients.client("firehose").delete_delivery_stream(DeliveryStreamName="orders")
        return Response()

    firehose.plane.control(request("DeleteDeliveryStream", {"DeliveryStreamName": "orders"}), forward)

    assert firehose.plane.flush() == 0
    assert firehose.plane.counts() == {}
    with pytest.raises(ClientError):
        firehose.clients.client("firehose").describe_delivery_stream(DeliveryStreamName="orders")
    assert error(firehose.call("PutRecordBatch", batch(b"x")))[1] == "ResourceNotFoundException"
