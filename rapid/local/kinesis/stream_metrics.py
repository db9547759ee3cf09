"""The CloudWatch metrics of a data stream.

https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html#kinesis-metrics-stream
"""

from ..cloudwatch.metrics import Metrics, ResourceMetrics

_UNITS = {
    "GetRecords.Bytes": "Bytes",
    "GetRecords.IteratorAgeMilliseconds": "Milliseconds",
    "GetRecords.Latency": "Milliseconds",
    "GetRecords.Records": "Count",
    "GetRecords.Success": "Count",
    "IncomingBytes": "Bytes",
    "IncomingRecords": "Count",
    "PutRecord.Bytes": "Bytes",
    "PutRecord.Latency": "Milliseconds",
    "PutRecord.Success": "Count",
    "PutRecords.Bytes": "Bytes",
    "PutRecords.FailedRecords": "Count",
    "PutRecords.Latency": "Milliseconds",
    "PutRecords.Success": "Count",
    "PutRecords.SuccessfulRecords": "Count",
    "PutRecords.ThrottledRecords": "Count",
    "PutRecords.TotalRecords": "Count",
    "ReadProvisionedThroughputExceeded": "Count",
    "WriteProvisionedThroughputExceeded": "Count",
}


def stream_metrics(metrics: Metrics, stream_name: str) -> ResourceMetrics:
    """The metrics of a stream."""
    return metrics.of("AWS/Kinesis", {"StreamName": stream_name}, _UNITS)
