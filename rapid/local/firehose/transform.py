"""The transform: batches of records through a Lambda function.

Event and answer: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html and
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
Failures: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html; their codes and
messages: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
"""

import base64
import binascii
import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from rapid.local.cloudwatch.metrics import ResourceMetrics
from rapid.local.lambda_runtime import StillRunningError

from .definition import StreamDefinition, Transform
from .framing import Origin, Record

MAX_INVOCATION_SECONDS = 5 * 60
MAX_ANSWER_BYTES = 6 * 1024 * 1024
FIRST_PAUSE_SECONDS = 0.5

_FUNCTION_ERROR = (
    "Lambda.FunctionError",
    "The Lambda function was successfully invoked but it returned an error result.",
)
# As an object that AWS wrote has it: https://github.com/mbta/ocs_saver has such a line among its tests.
_FUNCTION_TIMED_OUT = (
    "Lambda.FunctionTimedOut",
    "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda function.",
)
_REQUEST_TIMED_OUT = (
    "Lambda.FunctionRequestTimedOut",
    "Firehose encountered timeout errors when calling AWS Lambda. The maximum supported function timeout is 5 minutes.",
)
_INVOCATION_ERRORS = {
    "ResourceNotFoundException": (
        "Lambda.ResourceNotFound",
        "The specified Lambda function does not exist. Use a different function that does exist.",
    ),
    "AccessDeniedException": (
        "Lambda.InvokeAccessDenied",
        "Access was denied. Ensure that the access policy allows access to the Lambda function.",
    ),
    "TooManyRequestsException": (
        "Lambda.InvokeLimitExceeded",
        "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit.",
    ),
}
_MISSING = (
    "Lambda.MissingRecordId",
    "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.",
)
_DUPLICATED = (
    "Lambda.DuplicatedRecordId",
    "Multiple records were returned with the same record Id. Ensure that the Lambda function returns a unique record Id"
    " for each record.",
)
_PROCESSING_FAILED = ("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
_NO_DATA = (
    "Lambda.InvalidReturnFormat",
    "The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and processing result is"
    " Ok. The value field cannot be null when the SourceType is MSKAsSource and processing result is Ok.",
)
_NOT_BASE64 = ("Lambda.InvalidReturnFormat", "The data field must be base64 encoded.")
_UNKNOWN_RESULT = ("Lambda.InvalidReturnFormat", "The result field must be one of Ok, Dropped, ProcessingFailed.")


class InvocationResult(Protocol):
    """What an invocation of a Lambda function gives back; `function_error` is None unless the function failed."""

    @property
    def payload(self) -> bytes:
        """The function's answer, as JSON."""

    @property
    def function_error(self) -> str | None:
        """The kind of error the function ended with."""


InvokeLambda = Callable[[str, bytes, str], InvocationResult]
"""Runs a function, given its ARN, the payload and the ARN of the role that may invoke it.

Raises StillRunningError when it takes longer than MAX_INVOCATION_SECONDS.
"""


class Fate(StrEnum):
    """What becomes of a record."""

    OK = "Ok"
    DROPPED = "Dropped"
    FAILED = "ProcessingFailed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One record's fate: `data` where it is Ok, code and message where it failed."""

    fate: Fate
    data: bytes = b""
    error_code: str = ""
    error_message: str = ""


@dataclass(frozen=True)
class Transformed:
    """A verdict for each record of the batch, in order, and how many invocations it took."""

    verdicts: Sequence[Verdict]
    attempts: int


class _InvocationFailed(Exception):
    def __init__(self, code: str, message: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.message = message


class Transformer:
    """Invokes the function, `pause` (seconds) between attempts."""

    def __init__(self, invoke_lambda: InvokeLambda, pause: Callable[[float], object], metrics: ResourceMetrics) -> None:
        self._invoke_lambda = invoke_lambda
        self._pause = pause
        self._metrics = metrics
        self._sequence = secrets.randbelow(10**40)

    def transform(
        self, records: Sequence[Record], first_position: int, stream: StreamDefinition, step: Transform
    ) -> Transformed:
        """One batch, retried as often as the step says when the invocation fails; a badly formed answer is final.

        `first_position` is that of the first record in the stream: a record keeps its id through all attempts.
        """
        record_ids = [
            _record_id_of(record.origin) if record.origin else f"496{self._sequence:040d}{position:013d}000000"
            for position, record in enumerate(records, first_position)
        ]
        event = json.dumps(_event(records, record_ids, stream)).encode()
        attempts = 0
        while True:
            attempts += 1
            try:
                answer = self._timed(step, event)
                verdicts = _verdicts(record_ids, answer)
                self._count(records, verdicts)
                return Transformed(verdicts, attempts)
            except _InvocationFailed as failed:
                if attempts > step.retries:
                    verdict = Verdict(Fate.FAILED, error_code=failed.code, error_message=failed.message)
                    return Transformed([verdict] * len(records), attempts)
                self._pause(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1))

    def _timed(self, step: Transform, event: bytes) -> bytes:
        began, succeeded = time.perf_counter(), 0
        try:
            answer = self._invoke(step, event)
            succeeded = 1
            return answer
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            self._metrics.add({"ExecuteProcessing.Duration": milliseconds, "ExecuteProcessing.Success": succeeded})

    def _count(self, records: Sequence[Record], verdicts: Sequence[Verdict]) -> None:
        lengths = [
            len(record.data)
            for record, verdict in zip(records, verdicts, strict=True)
            if verdict.fate is not Fate.FAILED
        ]
        self._metrics.add({"SucceedProcessing.Records": len(lengths), "SucceedProcessing.Bytes": sum(lengths)})

    def _invoke(self, step: Transform, event: bytes) -> bytes:
        try:
            result = self._invoke_lambda(step.function_arn, event, step.role_arn)
        except StillRunningError as error:
            raise _InvocationFailed(*_REQUEST_TIMED_OUT, f"{MAX_INVOCATION_SECONDS} seconds") from error
        except Exception as error:  # Whatever the invocation raises is an attempt that failed.
            code = getattr(error, "response", {}).get("Error", {}).get("Code") or getattr(error, "code", "")
            raise _InvocationFailed(*_INVOCATION_ERRORS.get(str(code), _FUNCTION_ERROR), str(error)) from error
        if result.function_error is not None:
            timed_out = b"Sandbox.Timedout" in result.payload
            failure = _FUNCTION_TIMED_OUT if timed_out else _FUNCTION_ERROR
            raise _InvocationFailed(*failure, result.function_error)
        if len(result.payload) > MAX_ANSWER_BYTES:
            raise _InvocationFailed(*_FUNCTION_ERROR, f"an answer of {len(result.payload)} bytes")
        return result.payload


def _event(records: Sequence[Record], record_ids: Sequence[str], stream: StreamDefinition) -> dict[str, Any]:
    return {
        "invocationId": str(uuid.uuid4()),
        **({"sourceKinesisStreamArn": stream.source.stream_arn} if stream.source else {}),
        "deliveryStreamArn": stream.arn,
        "region": stream.region,
        "records": [
            {
                "recordId": record_id,
                "approximateArrivalTimestamp": record.arrival_ms,
                "data": base64.b64encode(record.data).decode(),
                **({"kinesisRecordMetadata": _metadata(record, record.origin)} if record.origin else {}),
            }
            for record_id, record in zip(record_ids, records, strict=True)
        ],
    }


def _metadata(record: Record, origin: Origin) -> dict[str, Any]:
    return {
        "sequenceNumber": origin.sequence_number,
        # Records that the Kinesis Producer Library packs together have one; it is not in use here.
        "subsequenceNumber": 0,
        "partitionKey": origin.partition_key,
        "shardId": origin.shard_id,
        "approximateArrivalTimestamp": record.arrival_ms,
    }


def _record_id_of(origin: Origin) -> str:
    """As AWS makes them: the shard and the sequence number, filled up with zeros."""
    return f"{origin.shard_id}{origin.sequence_number:0>128}{0:012d}"


def _verdicts(record_ids: Sequence[str], answer: bytes) -> list[Verdict]:
    results: dict[str, dict[str, Any]] = {}
    duplicated: set[str] = set()
    for result in _results(answer):
        record_id = result.get("recordId")
        if not isinstance(record_id, str):
            continue
        if record_id in results:
            duplicated.add(record_id)
        results[record_id] = result
    return [
        _failed(_DUPLICATED) if record_id in duplicated else _verdict(results.get(record_id))
        for record_id in record_ids
    ]


def _results(answer: bytes) -> Iterator[dict[str, Any]]:
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return
    records = document.get("records") if isinstance(document, dict) else None
    for result in records if isinstance(records, list) else []:
        if isinstance(result, dict):
            yield result


def _verdict(result: dict[str, Any] | None) -> Verdict:
    if result is None:
        return _failed(_MISSING)
    fate = result.get("result")
    if fate == Fate.DROPPED:
        return Verdict(Fate.DROPPED)
    if fate == Fate.FAILED:
        return _failed(_PROCESSING_FAILED)
    if fate != Fate.OK:
        return _failed(_UNKNOWN_RESULT)
    data = result.get("data")
    if not isinstance(data, str):
        return _failed(_NO_DATA)
    try:
        return Verdict(Fate.OK, binascii.a2b_base64(data, strict_mode=True))
    except ValueError:
        return _failed(_NOT_BASE64)


def _failed(error: tuple[str, str]) -> Verdict:
    return Verdict(Fate.FAILED, error_code=error[0], error_message=error[1])
