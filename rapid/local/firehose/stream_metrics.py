"""The CloudWatch metrics of a delivery stream: what it takes in, or reads from a data stream, and what becomes of it.

https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
The page gives no unit for the Success metrics, 1 or 0 for each try, nor for BytesPerSecondLimit of Direct PUT; that has
the unit of the same metric for MSK here. DeliveryToS3.ObjectCount comes with dynamic partitioning alone.
"""

from rapid.local.cloudwatch.metrics import Metrics, ResourceMetrics

_UNITS = {
    "IncomingBytes": "Bytes",
    "IncomingRecords": "Count",
    "IncomingPutRequests": "Count",
    "ThrottledRecords": "Count",
    "BytesPerSecondLimit": "Bytes/Second",
    "RecordsPerSecondLimit": "Count",
    "PutRequestsPerSecondLimit": "Count",
    "PutRecord.Bytes": "Bytes",
    "PutRecord.Requests": "Count",
    "PutRecord.Latency": "Milliseconds",
    "PutRecordBatch.Bytes": "Bytes",
    "PutRecordBatch.Records": "Count",
    "PutRecordBatch.Requests": "Count",
    "PutRecordBatch.Latency": "Milliseconds",
    "DataReadFromKinesisStream.Bytes": "Bytes",
    "DataReadFromKinesisStream.Records": "Count",
    "KinesisMillisBehindLatest": "Milliseconds",
    "ThrottledDescribeStream": "Count",
    "ThrottledGetRecords": "Count",
    "ThrottledGetShardIterator": "Count",
    "ExecuteProcessing.Duration": "Milliseconds",
    "ExecuteProcessing.Success": "None",
    "SucceedProcessing.Records": "Count",
    "SucceedProcessing.Bytes": "Bytes",
    "SucceedConversion.Records": "Count",
    "SucceedConversion.Bytes": "Bytes",
    "FailedConversion.Records": "Count",
    "FailedConversion.Bytes": "Bytes",
    "DeliveryToS3.Bytes": "Bytes",
    "DeliveryToS3.Records": "Count",
    "DeliveryToS3.DataFreshness": "Seconds",
    "DeliveryToS3.Success": "None",
    "BackupToS3.Bytes": "Bytes",
    "BackupToS3.Records": "Count",
    "BackupToS3.DataFreshness": "Seconds",
    "BackupToS3.Success": "None",
}


def stream_metrics(metrics: Metrics, stream_name: str) -> ResourceMetrics:
    """The metrics of a stream."""
    return metrics.of("AWS/Firehose", {"DeliveryStreamName": stream_name}, _UNITS)
