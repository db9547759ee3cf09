from datetime import UTC, datetime, timedelta

import pytest

from rapid.local.cloudwatch import metrics
from rapid.local.cloudwatch.metric_data import MetricData
from rapid.local.cloudwatch.metrics import MetricId, Metrics
from tests.unit.local.firehose_rig import START, Answer, answer, conversion, every, processing, rig, s3

PAGE = "https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html"
ALARMS = "https://docs.aws.amazon.com/firehose/latest/dev/firehose-cloudwatch-metrics-best-practices.html"

pytestmark = pytest.mark.aws("Data Firehose", "CloudWatch metrics", PAGE)

MINUTE = datetime(2026, 11, 22, 14, 38, tzinfo=UTC)


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


def test_what_a_stream_takes_in_is_counted_minute_by_minute(firehose):
    firehose.create_stream()
    firehose.put(b"one", b"three")
    firehose.put_one(b"four")
    firehose.clock.advance(60)
    firehose.put_one(b"five!")

    assert [p["Timestamp"] for p in firehose.data_points("IncomingRecords", "Sum")] == [
        MINUTE,
        MINUTE + timedelta(minutes=1),
    ]
    assert firehose.metric("IncomingRecords") == [3, 1]
    assert firehose.metric("IncomingBytes") == [12, 5]
    assert firehose.metric("IncomingPutRequests") == [2, 1]


def test_a_metric_has_every_statistic_of_its_values(firehose):
    firehose.create_stream()
    firehose.put(b"one", b"three")
    firehose.put(b"four")

    statistics = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    (point,) = firehose.data_points("PutRecordBatch.Bytes", *statistics)
    assert [point[statistic] for statistic in statistics] == [2, 12, 6, 4, 8]


def test_each_put_operation_has_metrics_of_its_own(firehose):
    firehose.create_stream()
    firehose.put(b"one", b"two")
    firehose.put_one(b"three")

    assert firehose.metric("PutRecordBatch.Requests") == [1]
    assert firehose.metric("PutRecordBatch.Records") == [2]
    assert firehose.metric("PutRecordBatch.Bytes") == [6]
    assert firehose.metric("PutRecord.Requests") == [1]
    assert firehose.metric("PutRecord.Bytes") == [5]
    assert firehose.metric("PutRecord.Latency", "Average")[0] > 0
    assert firehose.metric("PutRecordBatch.Latency", "Average")[0] > 0


@pytest.mark.aws("Data Firehose", "CloudWatch metrics", ALARMS)
def test_the_limits_of_a_stream_can_be_read_beside_what_it_takes_in(firehose):
    firehose.create_stream()
    firehose.put(b"one")

    assert firehose.metric("RecordsPerSecondLimit", "Maximum") == [500_000]
    assert firehose.metric("PutRequestsPerSecondLimit", "Maximum") == [2_000]
    assert firehose.metric("BytesPerSecondLimit", "Maximum") == [5 * 1024 * 1024]


def test_records_that_are_throttled_are_counted_apart(firehose):
    firehose.create_stream()
    firehose.put(*[b"x" * 1_000_000] * 4)
    firehose.put(*[b"x" * 1_000_000] * 4)
    firehose.put_one(b"x" * 1_000_000)

    assert firehose.metric("IncomingRecords") == [5]
    assert firehose.metric("IncomingBytes") == [5_000_000]
    assert firehose.metric("IncomingPutRequests") == [2]
    assert firehose.metric("ThrottledRecords") == [4]
    assert firehose.metric("PutRecord.Requests") == [1]


def test_delivery_is_counted_with_the_age_of_the_oldest_record(firehose):
    firehose.create_stream()
    firehose.put(b"one")
    firehose.clock.advance(90)
    firehose.put(b"three")
    firehose.plane.flush()

    assert firehose.metric("DeliveryToS3.Records") == [2]
    assert firehose.metric("DeliveryToS3.Bytes") == [8]
    assert firehose.metric("DeliveryToS3.Success") == [1]
    assert firehose.metric("DeliveryToS3.DataFreshness", "Maximum") == [90]
    assert firehose.metric("BackupToS3.Success") == []


def test_the_age_of_the_oldest_record_grows_and_success_falls_while_s3_refuses(firehose):
    firehose.create_stream()
    s3_client = firehose.clients.client("s3")
    s3_client.delete_bucket(Bucket="processed")
    firehose.put(b"one")
    for _ in range(2):
        firehose.clock.advance(60)
        firehose.plane.flush()
    s3_client.create_bucket(Bucket="processed")
    firehose.clock.advance(60)
    firehose.plane.flush()

    assert firehose.metric("DeliveryToS3.DataFreshness", "Maximum") == [60, 120, 180]
    assert firehose.metric("DeliveryToS3.Success", "Average") == [0, 0, 1]
    assert firehose.metric("DeliveryToS3.Records") == [1]


def test_the_bytes_delivered_are_those_before_the_transform(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    firehose.respond = lambda event: answer([{**record, "result": "Ok", "data": ""} for record in event["records"]])
    firehose.put(b"0123456789")
    firehose.plane.flush()

    assert firehose.metric("DeliveryToS3.Bytes") == [10]


def test_the_backup_is_counted_apart_from_the_delivery(firehose):
    firehose.create_stream(
        ProcessingConfiguration=processing(), S3BackupMode="Enabled", S3BackupConfiguration=s3("raw")
    )
    firehose.respond = every("Dropped")
    firehose.put(b"one", b"three")
    firehose.clock.advance(30)
    firehose.plane.flush()

    assert firehose.metric("BackupToS3.Records") == [2]
    assert firehose.metric("BackupToS3.Bytes") == [8]
    assert firehose.metric("BackupToS3.Success") == [1]
    assert firehose.metric("BackupToS3.DataFreshness", "Maximum") == [30]
    assert firehose.metric("DeliveryToS3.Records") == []


def test_invocations_of_the_transform_are_counted_with_their_success_and_duration(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    firehose.respond = lambda event: (
        Answer(b"{}", "Unhandled")
        if len(firehose.events) == 1
        else answer(
            [
                {**record, "result": result}
                for record, result in zip(event["records"], ["Ok", "Dropped", "ProcessingFailed"], strict=True)
            ]
        )
    )
    firehose.put(b"one", b"three", b"bad")
    firehose.plane.flush()

    assert firehose.metric("ExecuteProcessing.Success", "Average") == [0.5]
    assert firehose.metric("ExecuteProcessing.Duration", "SampleCount") == [2]
    assert firehose.metric("SucceedProcessing.Records") == [2]
    assert firehose.metric("SucceedProcessing.Bytes") == [8]
    assert firehose.metric("DeliveryToS3.Records") == [1]


def test_records_that_convert_and_records_that_do_not_are_counted(firehose):
    firehose.create_table()
    firehose.create_stream(
        Prefix="orders/!{timestamp:yyyy/MM/dd/HH}/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
        DataFormatConversionConfiguration=conversion(),
    )
    firehose.put(b'{"event_id": "a"}', b'{"quantity": "many"}', b'{"event_id": "bb"}')
    firehose.plane.flush()

    assert firehose.metric("SucceedConversion.Records") == [2]
    assert firehose.metric("SucceedConversion.Bytes") == [17 + 18]
    assert firehose.metric("FailedConversion.Records") == [1]
    assert firehose.metric("FailedConversion.Bytes") == [20]
    assert firehose.metric("DeliveryToS3.Records") == [2]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("IncomingBytes", "Bytes"),
        ("IncomingRecords", "Count"),
        ("PutRecordBatch.Latency", "Milliseconds"),
        ("DeliveryToS3.DataFreshness", "Seconds"),
    ],
)
def test_a_metric_has_the_unit_that_is_documented(firehose, name, unit):
    firehose.create_stream()
    firehose.put(b"one")
    firehose.plane.flush()

    assert [point["Unit"] for point in firehose.data_points(name, "Sum")] == [unit]


def test_the_number_of_objects_is_no_metric_without_dynamic_partitioning(firehose):
    firehose.create_stream()
    firehose.put(b"one")
    firehose.plane.flush()

    listed = MetricData(firehose.metrics).listed({"Namespace": "AWS/Firehose"})["Metrics"]
    assert "DeliveryToS3.Records" in {metric["MetricName"] for metric in listed}
    assert "DeliveryToS3.ObjectCount" not in {metric["MetricName"] for metric in listed}


@pytest.mark.aws(
    "CloudWatch",
    "Metrics",
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html",
)
def test_metric_data_are_read_by_query_too(firehose):
    firehose.create_stream()
    firehose.put(b"one", b"two")
    dimensions = [{"Name": "DeliveryStreamName", "Value": "orders"}]
    metric = {"Namespace": "AWS/Firehose", "MetricName": "IncomingRecords", "Dimensions": dimensions}

    asked = {
        "MetricDataQueries": [{"Id": "taken", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        "StartTime": datetime.fromtimestamp(START - 600, UTC),
        "EndTime": datetime.fromtimestamp(START + 600, UTC),
    }
    (result,) = MetricData(firehose.metrics, firehose.clock).data(asked)["MetricDataResults"]

    assert result["Values"] == [2]


@pytest.mark.aws(
    "CloudWatch",
    "Metrics",
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention",
)
def test_data_points_of_one_minute_are_kept_for_15_days(monkeypatch):
    monkeypatch.setattr(metrics, "MAX_MINUTES", 2)
    now = [0]
    kept = Metrics(lambda: now[0])
    requests = kept.of("AWS/Test", {"Name": "one"}, {"Requests": "Count"})
    for now[0] in range(0, 180, 6):
        requests.add({"Requests": 1})

    metric = MetricId("AWS/Test", "Requests", frozenset({("Name", "one")}))
    found = [kept.between(metric, None, minute, minute + 1) for minute in range(3)]
    assert [told and told.sample_count for told in found] == [None, 10, 10]
