"""The Firehose data plane: the API's put operations, and the delivery streams behind them."""

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from werkzeug import Request, Response

from rapid.local.clients import ACCOUNT_ID, Clients
from rapid.local.cloudwatch.metrics import Metrics
from rapid.local.iam.operations import json_body
from rapid.local.server.planes import Forward
from rapid.local.service_error import Protocol, ServiceError, error_response

from . import put_requests
from .definition import StreamDefinition
from .delivery_stream import DeliveryStream
from .documents import ConversionFailed
from .errors import invalid_argument, no_encryption_of_its_own, slow_down, unreadable
from .intake import Intake, quota_of
from .parquet import read_columns
from .parsing import description_of_request, from_description, updated_description
from .pipeline import Pipeline
from .source import DataStreams, Shards, SourceReader
from .stream_metrics import stream_metrics
from .transform import InvokeLambda, Transformer
from .worker import Worker

TARGET_PREFIX = "Firehose_20150804."
_PUT_OPERATIONS = {"PutRecord", "PutRecordBatch"}
_ENCRYPTING = {"StartDeliveryStreamEncryption", "StopDeliveryStreamEncryption"}
_DEFINING = {"CreateDeliveryStream", "UpdateDestination", *_ENCRYPTING}


class FirehosePlane:
    """Delivery streams as deployed, read through DescribeDeliveryStream and worked with their own roles.

    `invoke_lambda` takes a function's ARN, the payload and a role's ARN; what it raises counts as a failed invocation.
    `data_streams` are those that delivery streams read; `clock` gives epoch seconds.
    """

    def __init__(
        self,
        clients: Clients,
        invoke_lambda: InvokeLambda,
        metrics: Metrics,
        data_streams: DataStreams,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clients = clients
        self._invoke_lambda = invoke_lambda
        self._metrics = metrics
        self._data_streams = data_streams
        self._pause = pause
        self._clock = clock
        self._streams: dict[str, DeliveryStream] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answers a request: records are ours, and definitions are checked before moto keeps them."""
        is_put = request.headers.get("X-Amz-Target", "").removeprefix(TARGET_PREFIX) in _PUT_OPERATIONS
        return self.put(request) if is_put else self.control(request, forward)

    def put(self, request: Request) -> Response:
        """Answers PutRecord and PutRecordBatch."""
        began = time.perf_counter()
        try:
            operation = _operation(request)
            body = json_body(request)
            if operation == "PutRecord":
                return self._put_record(body, began)
            if operation == "PutRecordBatch":
                return self._put_record_batch(body, began)
            raise ServiceError("UnknownOperationException", f"{operation} is not an operation of this data plane.")
        except ServiceError as error:
            return error_response(error, Protocol.JSON)

    def control(self, request: Request, forward: Callable[[], Response]) -> Response:
        """Lets a control-plane operation through to `forward`, or refuses a definition that would not be acted on."""
        try:
            operation = _operation(request)
            body = json_body(request)
            shards = None
            if operation == "CreateDeliveryStream":
                stream = self._check(description_of_request(body, self._clients.region, ACCOUNT_ID))
                shards = self._shards(stream)
            elif operation == "UpdateDestination":
                described = self._describe(put_requests.stream_name(body))
                self._check(updated_description(described, body))
            elif operation in _ENCRYPTING:
                name = put_requests.stream_name(body)
                if from_description(self._describe(name)).source:
                    raise no_encryption_of_its_own()
        except ServiceError as error:
            return error_response(error, Protocol.JSON)
        response = forward()
        if response.status_code < 300:
            self._follow(operation, body.get("DeliveryStreamName", ""), shards)
        return response

    def flush(self) -> int:
        """Delivers everything buffered now and waits for it; the number of source records delivered.

        What a data stream holds for a delivery stream is read first. Direct PUT comes before that: its transforms may
        put onto data streams.
        """
        streams = self._all_streams()
        return sum(stream.flush() for stream in sorted(streams, key=lambda stream: stream.reads_a_data_stream))

    def counts(self) -> dict[str, dict[str, int]]:
        """For each stream that was created or put to: its records by fate."""
        return {stream.name: stream.counts() for stream in self._all_streams()}

    def stop(self) -> None:
        """Ends the work on all streams; what is buffered is gone."""
        for stream in self._all_streams():
            stream.stop()

    def _all_streams(self) -> list[DeliveryStream]:
        with self._lock:
            return list(self._streams.values())

    def _put_record(self, body: Mapping[str, Any], began: float) -> Response:
        data = put_requests.single(body)
        stream = self._stream(put_requests.stream_name(body))
        if not stream.put("PutRecord", data, began):
            raise slow_down()
        return _answer({"RecordId": _record_ids(1)[0], "Encrypted": stream.is_encrypted})

    def _put_record_batch(self, body: Mapping[str, Any], began: float) -> Response:
        data = put_requests.batch(body)
        stream = self._stream(put_requests.stream_name(body))
        accepted = stream.put("PutRecordBatch", data, began)
        failed = len(data) - accepted
        responses = [{"RecordId": record_id} for record_id in _record_ids(accepted)]
        responses += [{"ErrorCode": slow_down().code, "ErrorMessage": slow_down().message}] * failed
        return _answer(
            {
                "FailedPutCount": failed,
                "Encrypted": stream.is_encrypted,
                "RequestResponses": responses,
            }
        )

    def _stream(self, name: str) -> DeliveryStream:
        stream = self._streams.get(name)
        return stream if stream else self._open(from_description(self._describe(name)), None)

    def _shards(self, stream: StreamDefinition) -> Shards | None:
        """The shards of a data stream, as they are when a delivery stream that reads it is made. Raises ServiceError.

        https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html: from the position LATEST on.
        """
        if not stream.source:
            return None
        shards = Shards(stream.source, self._clients, self._clock())
        try:
            shards.describe()
        except ClientError as error:
            raise unreadable(stream.source.stream_arn, stream.source.role_arn, error) from None
        with contextlib.suppress(ClientError):
            # What else the role may not do yet, reading finds and tells.
            shards.begin()
        return shards

    def _open(self, stream: StreamDefinition, shards: Shards | None) -> DeliveryStream:
        with self._lock:
            if stream.name not in self._streams:
                metrics = stream_metrics(self._metrics, stream.name)
                transformer = Transformer(self._invoke_lambda, self._pause, metrics)
                worker = Worker(Pipeline(stream, self._clients, transformer, metrics, self._clock))
                way_in: Intake | SourceReader
                if stream.source:
                    shards = shards or Shards(stream.source, self._clients, self._clock())
                    way_in = SourceReader(shards, worker, self._data_streams, metrics, self._clock)
                else:
                    way_in = Intake(worker, quota_of(stream.region), metrics, self._clock)
                self._streams[stream.name] = DeliveryStream(worker, way_in)
            return self._streams[stream.name]

    def _follow(self, operation: str, name: str, shards: Shards | None) -> None:
        if operation == "DeleteDeliveryStream":
            with self._lock:
                stream = self._streams.pop(name, None)
            if stream:
                stream.stop()
        elif operation in _DEFINING:
            self._open(definition := from_description(self._describe(name)), shards).redefine(definition)

    def _describe(self, name: str) -> dict[str, Any]:
        firehose = self._clients.client("firehose")
        try:
            description: dict[str, Any] = firehose.describe_delivery_stream(DeliveryStreamName=name)[
                "DeliveryStreamDescription"
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                message = f"Firehose {name} under account {ACCOUNT_ID} not found."
                raise ServiceError("ResourceNotFoundException", message) from None
            raise
        return description

    def _check(self, description: Mapping[str, Any]) -> StreamDefinition:
        stream = from_description(description)
        if stream.schema:
            try:
                read_columns(stream.schema, self._clients)
            except ConversionFailed as failed:
                raise invalid_argument(f"SchemaConfiguration: {failed.message}") from None
        return stream


def _operation(request: Request) -> str:
    target = request.headers.get("X-Amz-Target", "")
    if not target.startswith(TARGET_PREFIX):
        raise ServiceError("UnknownOperationException", f"X-Amz-Target '{target}' is not an operation of Firehose.")
    return target.removeprefix(TARGET_PREFIX)


def _record_ids(count: int) -> list[str]:
    request_id = uuid.uuid4().hex + uuid.uuid4().hex
    return [f"{request_id}{position:08d}" for position in range(count)]


def _answer(body: Mapping[str, Any]) -> Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), headers=headers, content_type="application/x-amz-json-1.1")
