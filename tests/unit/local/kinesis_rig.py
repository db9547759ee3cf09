"""Kinesis without a socket, with a clock of its own."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from rapid.local.cloudwatch.metrics import MetricId, Metrics
from rapid.local.kinesis import KinesisPlane
from rapid.local.kinesis.plane import TARGET_PREFIX
from tests.response_checks import checked

from .firehose_rig import Clock

ACCOUNT_ID = "123456789012"
SHARD = "shardId-000000000000"
NAME = "orders"


class Refused(Exception):
    """What the service answered with an error status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass
class Kinesis:
    """The service; `call` is an operation with its parameters, data as bytes."""

    clock: Clock = field(default_factory=Clock)
    plane: KinesisPlane = field(init=False)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.clock)
        self.plane = KinesisPlane("us-east-1", self.metrics, self.clock)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """What an operation answers. Raises Refused."""
        response = self.send(operation, parameters)
        content = json.loads(response.get_data() or b"{}")
        if response.status_code >= 400:
            raise Refused(response.status_code, content["__type"], content.get("message", ""))
        return dict(content)

    def send(self, operation: str, parameters: dict[str, Any]) -> Response:
        """The service's answer to a request."""
        builder = EnvironBuilder(
            path="/",
            method="POST",
            data=json.dumps(parameters, default=lambda data: base64.b64encode(data).decode()),
            headers={"X-Amz-Target": f"{TARGET_PREFIX}{operation}"},
        )
        return checked("kinesis", self.plane.handle)(Request(builder.get_environ()))

    def stream(self, shards: int = 1, name: str = NAME, **parameters: Any) -> str:
        """A new stream; its name."""
        self.call("CreateStream", StreamName=name, ShardCount=shards, **parameters)
        return name

    def put(self, *data: bytes, key: str = "key") -> list[dict[str, Any]]:
        """Put records; what became of each."""
        records = [{"Data": datum, "PartitionKey": key} for datum in data]
        answer = self.call("PutRecords", StreamName=NAME, Records=records)
        return list(answer["Records"])

    def iterator(self, kind: str = "TRIM_HORIZON", shard: str = SHARD, **parameters: Any) -> str:
        """An iterator of a shard."""
        asked = {"StreamName": NAME, "ShardId": shard, "ShardIteratorType": kind, **parameters}
        return str(self.call("GetShardIterator", **asked)["ShardIterator"])

    def read(self, iterator: str, **parameters: Any) -> tuple[list[bytes], dict[str, Any]]:
        """The data that an iterator gives, and the whole answer."""
        answer = self.call("GetRecords", ShardIterator=iterator, **parameters)
        return [base64.b64decode(record["Data"]) for record in answer["Records"]], answer

    def everything(self, shard: str = SHARD) -> list[bytes]:
        """All data in a shard; time goes on."""
        found: list[bytes] = []
        iterator: str | None = self.iterator(shard=shard)
        while iterator:
            data, answer = self.read(iterator)
            found += data
            iterator = answer.get("NextShardIterator") if data else None
            self.clock.advance(5)
        return found

    def shards(self) -> list[dict[str, Any]]:
        """The shards as ListShards has them."""
        return list(self.call("ListShards", StreamName=NAME)["Shards"])

    def sum_of(self, metric: str) -> float | None:
        """The sum of a metric of the stream in this minute; None where nothing was told."""
        minute = int(self.clock.now // 60)
        named = MetricId("AWS/Kinesis", metric, frozenset({("StreamName", NAME)}))
        found = self.metrics.between(named, None, minute, minute + 1)
        return found.sum if found else None
