import threading
import time
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.firehose_rig import ROLE, conversion, every, gunzip, processing, rig, s3

CONVERSION_ERRORS = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html",
)
ERROR_LOGS = pytest.mark.aws(
    "Data Firehose",
    "Error logs",
    "https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html",
)
DELIVERY = pytest.mark.aws(
    "Data Firehose", "Delivery to S3", "https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html"
)
RETRY = pytest.mark.aws("Data Firehose", "Delivery to S3", "https://docs.aws.amazon.com/firehose/latest/dev/retry.html")
RETENTION = pytest.mark.aws("Data Firehose", "Limits", "https://docs.aws.amazon.com/firehose/latest/dev/limits.html")
BACKUP = pytest.mark.aws(
    "Data Firehose",
    "Source record backup",
    "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-source-record-backup.html",
)
EXTENDED = pytest.mark.aws(
    "Data Firehose",
    "Delivery to S3",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html",
)
ENCRYPTION = pytest.mark.aws(
    "Data Firehose",
    "Delivery to S3",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_EncryptionConfiguration.html",
)
ROLES = pytest.mark.aws(
    "Data Firehose", "Delivery to S3", "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html"
)

HOUR = 3600
MIB = 1024 * 1024


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


def delete_bucket(firehose, bucket):
    s3_client = firehose.clients.client("s3")
    for key in firehose.keys(bucket):
        s3_client.delete_object(Bucket=bucket, Key=key)
    s3_client.delete_bucket(Bucket=bucket)


def create_bucket(firehose, bucket):
    firehose.clients.client("s3").create_bucket(Bucket=bucket)


@DELIVERY
def test_records_are_concatenated_in_order_and_nothing_is_put_between_them(firehose):
    firehose.create_stream(Prefix="orders/")
    firehose.put(b"one", b"", b"two\n")
    firehose.put(b"three")

    assert firehose.plane.flush() == 4
    assert firehose.objects("processed") == [b"onetwo\nthree"]
    (key,) = firehose.keys("processed")
    assert key.startswith("orders/2026/11/22/14/orders-1-2026-11-22-14-38-20-")


@EXTENDED
def test_a_gzip_stream_delivers_gzip_and_labels_it(firehose):
    firehose.create_stream(CompressionFormat="GZIP")
    firehose.put(b"one", b"two")
    firehose.plane.flush()

    (key,) = firehose.keys("processed")
    delivered = firehose.clients.client("s3").get_object(Bucket="processed", Key=key)
    assert key.endswith(".gz")
    assert delivered["ContentEncoding"] == "gzip"
    assert gunzip(delivered["Body"].read()) == b"onetwo"


@BACKUP
def test_source_records_are_backed_up_exactly_as_received_whatever_the_transform_does(firehose):
    firehose.create_stream(
        ProcessingConfiguration=processing(),
        S3BackupMode="Enabled",
        S3BackupConfiguration=s3("raw", Prefix="orders/!{timestamp:yyyy/MM/dd/HH}/", CompressionFormat="GZIP"),
    )
    firehose.respond = every("Dropped")
    firehose.put(b'{"a":1}\n{"a":2}\n', b"not json")
    firehose.plane.flush()

    (key,) = firehose.keys("raw")
    assert key.startswith("orders/2026/11/22/14/orders-1-2026-11-22-14-38-20-")
    assert key.endswith(".gz")
    assert gunzip(*firehose.objects("raw")) == b'{"a":1}\n{"a":2}\nnot json'
    assert firehose.keys("processed") == []


@BACKUP
def test_the_backup_has_buffering_hints_of_its_own(firehose):
    firehose.create_stream(
        BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 300},
        S3BackupMode="Enabled",
        S3BackupConfiguration=s3("raw", BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60}),
    )
    pipeline = firehose.pipeline()
    pipeline.accept([b"one"])

    firehose.clock.advance(60)
    pipeline.run_due()
    assert (len(firehose.keys("raw")), len(firehose.keys("processed"))) == (1, 0)

    firehose.clock.advance(240)
    pipeline.run_due()
    assert (len(firehose.keys("raw")), len(firehose.keys("processed"))) == (1, 1)


@DELIVERY
def test_a_buffer_is_delivered_when_its_interval_is_over_and_not_before(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    pipeline = firehose.pipeline()
    assert pipeline.seconds_until_due() is None

    pipeline.accept([b"one"])
    firehose.clock.advance(59)
    pipeline.accept([b"two"])
    pipeline.run_due()
    assert firehose.keys("processed") == []

    firehose.clock.advance(1)
    pipeline.run_due()
    assert firehose.objects("processed") == [b"onetwo"]
    assert pipeline.seconds_until_due() is None


@DELIVERY
def test_a_buffer_is_delivered_when_it_is_full(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 900})
    pipeline = firehose.pipeline()
    pipeline.accept([b"x" * 600 * 1024])
    pipeline.run_due()
    assert firehose.keys("processed") == []

    pipeline.accept([b"x" * 600 * 1024])
    assert pipeline.seconds_until_due() == 0
    pipeline.run_due()
    assert len(firehose.keys("processed")) == 1


def test_the_plane_delivers_by_itself_what_is_due(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
    firehose.put(b"one")

    for _ in range(12_000):
        if not firehose.plane.counts()["orders"]["buffered_records"]:
            break
        time.sleep(0.01)
    assert firehose.objects("processed") == [b"one"]


def test_a_flush_delivers_everything_and_says_how_much(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    firehose.put(b"one", b"two")
    assert firehose.plane.counts()["orders"]["buffered_records"] == 2

    assert firehose.plane.flush() == 2
    assert firehose.plane.flush() == 0
    assert firehose.plane.counts()["orders"] == {
        "accepted_records": 2,
        "delivered_records": 2,
        "buffered_records": 0,
        "failed_records": 0,
        "dropped_records": 0,
    }


@RETRY
def test_what_s3_refuses_stays_and_is_tried_again_with_growing_pauses(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    delete_bucket(firehose, "processed")
    pipeline = firehose.pipeline()
    pipeline.accept([b"one"])
    firehose.clock.advance(60)

    waits = []
    for _ in range(10):
        pipeline.run_due()
        waits.append(pipeline.seconds_until_due())
        firehose.clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert pipeline.counts()["buffered_records"] == 1

    create_bucket(firehose, "processed")
    pipeline.run_due()
    assert firehose.objects("processed") == [b"one"]
    assert pipeline.counts()["delivered_records"] == 1


@RETRY
def test_records_that_come_while_s3_refuses_are_delivered_after_those_before_them(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    delete_bucket(firehose, "processed")
    pipeline = firehose.pipeline()
    for data in (b"one", b"two", b"three"):
        pipeline.accept([data])
        firehose.clock.advance(60)
        pipeline.run_due()

    create_bucket(firehose, "processed")
    assert pipeline.flush() == 3
    in_order = sorted(firehose.keys("processed"))
    assert [
        firehose.clients.client("s3").get_object(Bucket="processed", Key=key)["Body"].read() for key in in_order
    ] == [b"one", b"two", b"three"]


def test_a_flush_does_not_wait_for_the_next_attempt(firehose):
    firehose.create_stream()
    delete_bucket(firehose, "processed")
    firehose.put(b"one")
    assert firehose.plane.flush() == 0

    create_bucket(firehose, "processed")
    assert firehose.plane.flush() == 1


@RETENTION
def test_data_that_s3_refuses_for_24_hours_is_lost_as_on_aws_and_counted(firehose):
    firehose.create_stream()
    delete_bucket(firehose, "processed")
    pipeline = firehose.pipeline()
    pipeline.accept([b"one"])
    pipeline.flush()
    firehose.clock.advance(24 * HOUR + 1)
    pipeline.flush()

    create_bucket(firehose, "processed")
    assert pipeline.flush() == 0
    assert pipeline.counts()["failed_records"] == 1
    assert pipeline.counts()["buffered_records"] == 0


@CONVERSION_ERRORS
def test_error_records_never_expire_and_block_what_comes_after_them(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    firehose.respond = every("ProcessingFailed")
    pipeline = firehose.pipeline()
    pipeline.accept([b"bad"])
    delete_bucket(firehose, "processed")
    pipeline.flush()
    firehose.clock.advance(24 * HOUR + 1)
    firehose.respond = every("Ok")
    pipeline.accept([b"good"])
    assert pipeline.flush() == 0

    create_bucket(firehose, "processed")
    assert pipeline.flush() == 1
    assert pipeline.counts()["failed_records"] == 1
    assert len(firehose.keys("processed")) == 2


@BACKUP
def test_a_backup_bucket_that_is_gone_does_not_hold_up_the_destination(firehose):
    firehose.create_stream(S3BackupMode="Enabled", S3BackupConfiguration=s3("raw"))
    delete_bucket(firehose, "raw")
    pipeline = firehose.pipeline()
    pipeline.accept([b"one"])

    assert pipeline.flush() == 1

    create_bucket(firehose, "raw")
    pipeline.flush()
    assert firehose.objects("raw") == [b"one"]


def test_glue_that_does_not_answer_delays_the_conversion_and_loses_nothing(firehose, monkeypatch):
    firehose.create_table()
    firehose.create_stream(
        Prefix="orders/!{timestamp:yyyy/MM/dd/HH}/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
        DataFormatConversionConfiguration=conversion(),
    )
    pipeline = firehose.pipeline()
    pipeline.accept([b'{"event_id": "e1"}'])

    def unavailable(*_):
        raise ClientError({"Error": {"Code": "InternalServiceException"}}, "GetTable")

    with monkeypatch.context() as patched:
        patched.setattr("rapid.local.firehose.objects.read_columns", unavailable)
        assert pipeline.flush() == 0

    assert pipeline.flush() == 1
    assert [row["event_id"] for row in firehose.rows()] == ["e1"]


@ERROR_LOGS
def test_failed_deliveries_are_logged_with_the_code_of_aws(firehose):
    logs = firehose.clients.client("logs")
    logs.create_log_group(logGroupName="firehose")
    logs.create_log_stream(logGroupName="firehose", logStreamName="delivery")
    firehose.create_stream(
        CloudWatchLoggingOptions={"Enabled": True, "LogGroupName": "firehose", "LogStreamName": "delivery"}
    )
    delete_bucket(firehose, "processed")
    firehose.put(b"one")
    firehose.plane.flush()

    (entry,) = logs.get_log_events(logGroupName="firehose", logStreamName="delivery")["events"]
    assert '"errorCode": "S3.NoSuchBucket"' in entry["message"]


@ROLES
def test_s3_is_written_with_the_role_of_each_destination(firehose):
    backup_role = "arn:aws:iam::123456789012:role/backup"
    firehose.create_stream(S3BackupMode="Enabled", S3BackupConfiguration={**s3("raw"), "RoleARN": backup_role})
    firehose.clients.used.clear()
    firehose.put(b"one")
    firehose.plane.flush()

    assert {role for service, role in firehose.clients.used if service == "s3"} == {ROLE, backup_role}


def test_records_past_what_memory_holds_are_delivered_whole(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    pipeline = firehose.pipeline()
    data = [bytes([i]) * 1000 * 1024 for i in range(8)]
    pipeline.accept(data)

    assert pipeline.flush() == 8
    assert firehose.objects("processed") == [b"".join(data)]


def test_records_put_while_the_definition_changes_back_and_forth_are_all_delivered(firehose):
    firehose.create_stream(
        ProcessingConfiguration=processing(), S3BackupMode="Enabled", S3BackupConfiguration=s3("raw")
    )
    pipeline = firehose.pipeline()
    transforming, plain = pipeline.stream, replace(pipeline.stream, transform=None)
    stopped = threading.Event()

    def put():
        while not stopped.is_set():
            pipeline.accept([b"x"])

    producer = threading.Thread(target=put)
    producer.start()
    for stream in [plain, transforming] * 10:
        pipeline.redefine(stream)
    stopped.set()
    producer.join()
    pipeline.flush()

    accepted = pipeline.counts()["accepted_records"]
    assert pipeline.counts()["delivered_records"] == accepted
    assert sum(map(len, firehose.objects("processed"))) == accepted
    assert sum(map(len, firehose.objects("raw"))) == accepted
