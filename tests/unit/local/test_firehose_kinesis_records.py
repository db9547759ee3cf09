"""What becomes of records that were read from a Kinesis data stream, once the delivery stream has them."""

import pytest

from rapid.local.firehose.framing import Origin, Record

from .firehose_rig import START, conversion, every, processing, rig

RETRY = pytest.mark.aws(
    "Data Firehose",
    "Kinesis data stream as source",
    "https://docs.aws.amazon.com/firehose/latest/dev/retry.html",
)
TRANSFORMATION = pytest.mark.aws(
    "Data Firehose",
    "Transformation",
    "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html",
)
HOUR_MS = 3_600_000
START_MS = int(START * 1000)
ORIGIN = Origin("shardId-000000000002", "49669534775090560008083220088837278296638367081844178978", "mirrored- 1")


@pytest.fixture
def firehose():
    with rig() as made:
        yield made


def read(data, arrival_ms=START_MS, taken_ms=START_MS):
    return Record(arrival_ms, taken_ms, data, len(data), ORIGIN)


@TRANSFORMATION
def test_the_transform_is_told_where_a_record_comes_from(firehose):
    firehose.create_stream(ProcessingConfiguration=processing())
    firehose.respond = every("Ok")
    made = firehose.pipeline()
    made.take([read(b"one", arrival_ms=START_MS - 5)])
    made.flush()

    ((record,),) = [event["records"] for event in firehose.events]
    assert record["kinesisRecordMetadata"] == {
        "sequenceNumber": ORIGIN.sequence_number,
        "subsequenceNumber": 0,
        "partitionKey": "mirrored- 1",
        "shardId": "shardId-000000000002",
        "approximateArrivalTimestamp": START_MS - 5,
    }
    assert record["approximateArrivalTimestamp"] == START_MS - 5
    # As AWS made it of this record.
    zeros = "0" * 72
    assert record["recordId"] == f"shardId-000000000002{zeros}{ORIGIN.sequence_number}000000000000"


def test_a_record_is_buffered_from_when_it_was_read_and_lies_in_the_hour_in_which_it_was_put(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    made = firehose.pipeline()
    made.take([read(b"one", arrival_ms=START_MS - HOUR_MS)])

    made.run_due()
    assert firehose.keys("processed") == []
    firehose.clock.advance(60)
    made.run_due()
    assert firehose.keys("processed")[0].startswith("2026/11/22/13/")
    assert firehose.metric("DeliveryToS3.DataFreshness", "Maximum") == [60]


@RETRY
def test_what_cannot_be_delivered_is_kept_for_as_long_as_the_data_stream_keeps_records(firehose):
    firehose.create_stream(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60})
    firehose.clients.client("s3").delete_bucket(Bucket="processed")
    made = firehose.pipeline()
    made.retention_seconds = 48 * 3600.0
    made.take([read(b"one")])

    firehose.clock.advance(47 * 3600)
    made.run_due()
    assert made.counts()["buffered_records"] == 1
    firehose.clock.advance(2 * 3600)
    made.run_due()
    assert made.counts() == {**made.counts(), "buffered_records": 0, "failed_records": 1}


@pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html",
)
def test_a_record_that_does_not_convert_is_kept_with_its_sequence_number(firehose):
    firehose.create_table()
    firehose.create_stream(
        DataFormatConversionConfiguration=conversion(),
        Prefix="orders/",
        ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
    )
    made = firehose.pipeline()
    made.take([read(b"not json")])
    made.flush()

    (line,) = firehose.errors("errors/")
    assert (line["sequenceNumber"], line["subSequenceNumber"]) == (ORIGIN.sequence_number, 0)
