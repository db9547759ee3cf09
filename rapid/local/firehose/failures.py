"""The error records that Firehose writes under the error prefix: one JSON document a line.

Processing: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
Conversion: https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion-error-handling.html
Member names and their order are those of objects that AWS has written, which differ from these pages:
`lambdaARN` for the page's `lambdaArn` (https://github.com/floci-io/floci/pull/3393) and `lastErrorCode`,
`lastErrorMessage` for `ErrorCode`, `ErrorMessage` (https://github.com/floci-io/floci/pull/3333).
"""

import base64
import json

from .definition import Schema
from .framing import Record


def processing_failure(
    record: Record, code: str, message: str, attempts: int, ended_ms: int, function_arn: str
) -> bytes:
    """The error record of a record that the transform failed on. Times in epoch milliseconds."""
    return _line(
        {
            "rawData": base64.b64encode(record.data).decode(),
            "errorCode": code,
            "errorMessage": message,
            "attemptsMade": attempts,
            "arrivalTimestamp": record.arrival_ms,
            "attemptEndingTimestamp": ended_ms,
            "lambdaARN": function_arn,
        }
    )


def conversion_failure(record: Record, code: str, message: str, ended_ms: int, schema: Schema) -> bytes:
    """The error record of a record that could not be converted. Times in epoch milliseconds."""
    return _line(
        {
            "attemptsMade": 1,
            "arrivalTimestamp": record.arrival_ms,
            "lastErrorCode": code,
            "lastErrorMessage": message,
            "attemptEndingTimestamp": ended_ms,
            "rawData": base64.b64encode(record.data).decode(),
            # Direct PUT has no sequence numbers.
            "sequenceNumber": record.origin.sequence_number if record.origin else None,
            "subSequenceNumber": 0 if record.origin else None,
            "dataCatalogTable": {
                "catalogId": schema.catalog_id,
                "databaseName": schema.database,
                "tableName": schema.table,
                "region": schema.region,
                "versionId": "LATEST",
                "roleArn": schema.role_arn,
            },
        }
    )


def _line(document: dict[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"
