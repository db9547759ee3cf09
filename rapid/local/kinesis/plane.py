"""The API of Kinesis Data Streams, whole: nothing of it is moto's.

Planes of this process read streams as programs do: by the clients of a role (`clients.client("kinesis", role_arn)`), so
that its permissions and the shards' limits are theirs too. A call of GetRecords takes 2 ms and a record of its answer
70 microseconds, client and all, so that eight streams polled each second are 2 % of a processor; who need not poll has
itself told of puts (`KinesisPlane.watch`).
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.utils import get_service_model
from werkzeug import Request, Response

from .. import input_constraints
from ..cloudwatch.metrics import Metrics
from ..iam.operations import json_body
from ..server.planes import Forward
from ..service_error import Protocol, ServiceError, error_response, unsupported
from .control import Control, check_supported
from .records import Records
from .streams import Document, Streams

TARGET_PREFIX = "Kinesis_20131202."
_CBOR = "application/x-amz-cbor-1.1"
"""What the SDK for Java sends unless it is told otherwise.

https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/jvm-system-properties.html
"""


class KinesisPlane:
    """Answers requests to Kinesis. `clock` gives epoch seconds."""

    def __init__(self, region: str, metrics: Metrics, clock: Callable[[], float] = time.time) -> None:
        streams = Streams()
        records = Records(streams, clock)
        self.watch, self.unread = streams.watch, records.unread
        """For consumers within the process: told of each put, and how much lies behind shard iterators."""
        self._model = get_service_model("kinesis")
        self._operations: dict[str, Callable[[Mapping[str, Any]], Document]] = {
            **Control(streams, region, metrics, clock).operations(),
            "GetRecords": records.get_records,
            "GetShardIterator": records.get_shard_iterator,
            "PutRecord": records.put_record,
            "PutRecords": records.put_records,
        }

    def handle(self, request: Request, _forward: Forward | None = None) -> Response:
        """Answer a request. Raises ServiceError for what is not supported."""
        try:
            operation, asked = self._read(request)
            return _answer(self._operations[operation](asked))
        except ServiceError as error:
            return error_response(error, Protocol.JSON, "kinesis")

    def _read(self, request: Request) -> tuple[str, dict[str, Any]]:
        target = request.headers.get("X-Amz-Target", "")
        operation = target.removeprefix(TARGET_PREFIX)
        if not target.startswith(TARGET_PREFIX) or operation not in self._model.operation_names:
            raise ServiceError("UnknownOperationException", f"{target!r} is not an operation of Kinesis.")
        if operation not in self._operations:
            raise unsupported(f"Kinesis's {operation}")
        if request.mimetype == _CBOR:
            raise unsupported("requests in CBOR; the SDK for Java sends JSON with AWS_CBOR_DISABLE=true")
        asked = json_body(request)
        input_constraints.check_members(self._model, operation, asked, "ValidationException")
        check_supported(operation, asked)
        return operation, asked


def _answer(content: Document) -> Response:
    # Operations that answer nothing have an empty body.
    text, headers = json.dumps(content) if content else "", {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(text, headers=headers, content_type="application/x-amz-json-1.1")
