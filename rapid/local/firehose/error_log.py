"""Errors of a stream, written where its definition says: CloudWatch Logs.

https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
"""

import json
import logging
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from rapid.local.clients import Clients

from .definition import S3Target, StreamDefinition

_LOGGER = logging.getLogger(__name__)

_S3_ERRORS = {
    "NoSuchBucket": "The specified bucket does not exist. Create the bucket or use a different bucket that does exist.",
    "AccessDenied": "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to"
    " assume the role, and the access policy allows access to the S3 bucket.",
}
_KINESIS_ERRORS = {
    "AccessDeniedException": (
        "Kinesis.AccessDenied",
        "Access was denied when calling Kinesis. Ensure the access policy on the IAM role used allows access to the"
        " appropriate Kinesis APIs.",
    ),
    "ResourceNotFoundException": (
        "Kinesis.ResourceNotFound",
        "Firehose failed to read from the stream. If the Firehose is attached with Kinesis Stream, the stream may not"
        " exist, or the shard may have been merged or split. If the Firehose is of DirectPut type, the Firehose may not"
        " exist any more.",
    ),
    "ProvisionedThroughputExceededException": (
        "Kinesis.Throttling",
        "Throttling error encountered when calling Kinesis. This can be due to other applications calling the same APIs"
        " as the Firehose stream, or because you have created too many Firehose streams with the same Kinesis stream as"
        " the source.",
    ),
    "KMSAccessDeniedException": (
        "Kinesis.KMS.AccessDeniedException",
        "Firehose does not have access to the KMS Key used to encrypt/decrypt the Kinesis Stream. Please grant the"
        " Firehose delivery role access to the key.",
    ),
}
_KINESIS_CODES = {
    "AccessDenied": "AccessDeniedException",
    "LimitExceededException": "ProvisionedThroughputExceededException",
}
_INTERNAL_ERROR = (
    "InternalError",
    "An internal error occurred while attempting to deliver data. Delivery will be retried; if the error persists, then"
    " it will be reported to AWS for resolution.",
)


_UNREAD = (
    "InternalError",
    "An internal error occurred while attempting to read from the Kinesis stream. Reading will be retried.",
)


def delivery_error(error: Exception) -> tuple[str, str]:
    """Code and message that AWS logs for a failed delivery to S3."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return (f"S3.{code}", _S3_ERRORS[code]) if code in _S3_ERRORS else _INTERNAL_ERROR


def source_error(error: Exception) -> tuple[str, str]:
    """Code and message that AWS logs when a data stream cannot be read."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return _KINESIS_ERRORS.get(_KINESIS_CODES.get(code, code), _UNREAD)


class ErrorLog:
    """Logs the errors of streams with the role of the target concerned. `clock` gives epoch seconds."""

    def __init__(self, clients: Clients, clock: Callable[[], float]) -> None:
        self._clients = clients
        self._clock = clock

    def write(
        self, stream: StreamDefinition, target: S3Target, code: str, message: str, processor: str | None = None
    ) -> None:
        """One error. Like AWS, goes on when the log group or stream does not exist."""
        _LOGGER.warning("Firehose %s: %s: %s", stream.name, code, message)
        log = target.errors_logged_to
        if log is None:
            return
        event = {
            "deliveryStreamARN": stream.arn,
            "destination": f"arn:aws:s3:::{target.bucket}",
            "deliveryStreamVersionId": stream.version,
            "message": message,
            "errorCode": code,
            **({"processor": processor} if processor else {}),
        }
        entry = {"timestamp": int(self._clock() * 1000), "message": json.dumps(event)}
        try:
            logs = self._clients.client("logs", role_arn=target.role_arn)
            logs.put_log_events(logGroupName=log.group, logStreamName=log.stream, logEvents=[entry])
        except (BotoCoreError, ClientError) as error:
            _LOGGER.warning("Firehose %s: error not logged to %s %s: %s", stream.name, log.group, log.stream, error)
