"""What the tests of Firehose stand on: moto for the services around it, a stub for the Lambda runtime, a clock."""

import base64
import functools
import gzip
import io
import json
import logging
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from rapid.local.clients import Clients
from rapid.local.cloudwatch.metric_data import MetricData
from rapid.local.cloudwatch.metrics import Metrics
from rapid.local.firehose import FirehosePlane
from rapid.local.firehose.parsing import from_description
from rapid.local.firehose.pipeline import Pipeline
from rapid.local.firehose.stream_metrics import stream_metrics
from rapid.local.firehose.transform import Transformer
from tests.response_checks import checked

ROLE = "arn:aws:iam::123456789012:role/firehose"
SCHEMA_ROLE = "arn:aws:iam::123456789012:role/schema-reader"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:transform"
START = 1_795_358_300.0
"""2026-11-22 14:38:20 UTC."""

COLUMNS = {
    "event_id": "string",
    "timestamp": "timestamp",
    "menuitem": "string",
    "quantity": "bigint",
    "price": "decimal(10,2)",
}


@dataclass
class Answer:
    """An InvocationResult."""

    payload: bytes
    function_error: str | None = None


class Clock:
    """A clock that moves when told, epoch seconds."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class RememberingClients(Clients):
    """Clients that remember with which role each service was used."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(endpoint_url)
        self.used: set[tuple[str, str | None]] = set()

    def client(self, service: str, role_arn: str | None = None) -> Any:
        self.used.add((service, role_arn))
        return super().client(service, role_arn)


class NoDataStreams:
    """There are none; test_firehose_kinesis.py has a whole cloud with some."""

    def watch(self, stream_arn: str, arrived: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def unread(self, iterators: Iterable[str]) -> int:
        return 0


@dataclass
class Rig:
    """A Firehose plane between moto and a stub of Lambda."""

    clients: RememberingClients
    clock: Clock = field(default_factory=Clock)
    pauses: list[float] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    respond: Callable[[dict[str, Any]], Answer] | None = None
    planes: list[FirehosePlane] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)

    @functools.cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.clock)

    @property
    def plane(self) -> FirehosePlane:
        if not self.planes:
            plane = FirehosePlane(
                self.clients, self.invoke, self.metrics, NoDataStreams(), self.clock, self.pauses.append
            )
            plane.put = checked("firehose", plane.put)
            plane.control = checked("firehose", plane.control)
            self.planes.append(plane)
        return self.planes[0]

    def invoke(self, function_arn: str, payload: bytes, role_arn: str) -> Answer:
        assert function_arn == FUNCTION
        event = json.loads(payload)
        self.events.append(event)
        return self.respond(event) if self.respond else every("Ok")(event)

    def create_table(self, columns: dict[str, str] | None = None) -> None:
        glue = self.clients.client("glue")
        glue.create_database(DatabaseInput={"Name": "analytics"})
        described = [{"Name": name, "Type": kind} for name, kind in (COLUMNS if columns is None else columns).items()]
        glue.create_table(
            DatabaseName="analytics",
            TableInput={"Name": "orders_processed", "StorageDescriptor": {"Columns": described}},
        )

    def create_stream(self, **destination: Any) -> None:
        self.clients.client("firehose").create_delivery_stream(
            DeliveryStreamName="orders",
            DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration={**s3("processed"), **destination},
        )

    def pipeline(self) -> Pipeline:
        """The stream's work without its thread, so that a test says when it looks at its buffers."""
        described = self.clients.client("firehose").describe_delivery_stream(DeliveryStreamName="orders")
        stream = from_description(described["DeliveryStreamDescription"])
        metrics = stream_metrics(self.metrics, stream.name)
        transformer = Transformer(self.invoke, self.pauses.append, metrics)
        self.pipelines.append(Pipeline(stream, self.clients, transformer, metrics, self.clock))
        return self.pipelines[-1]

    def put(self, *data: bytes) -> dict[str, Any]:
        records = [{"Data": base64.b64encode(d).decode()} for d in data]
        return json.loads(self.call("PutRecordBatch", {"DeliveryStreamName": "orders", "Records": records}).data)

    def put_one(self, data: bytes) -> Response:
        record = {"Data": base64.b64encode(data).decode()}
        return self.call("PutRecord", {"DeliveryStreamName": "orders", "Record": record})

    def metric(self, name: str, statistic: str = "Sum") -> list[float]:
        """What CloudWatch answers for a metric of the stream: its values, minute by minute."""
        return [point[statistic] for point in self.data_points(name, statistic)]

    def data_points(self, name: str, *statistics: str) -> list[dict[str, Any]]:
        asked = {
            "Namespace": "AWS/Firehose",
            "MetricName": name,
            "Dimensions": [{"Name": "DeliveryStreamName", "Value": "orders"}],
            "StartTime": datetime.fromtimestamp(START - 3600, UTC),
            "EndTime": datetime.fromtimestamp(START + 3600, UTC),
            "Period": 60,
            "Statistics": statistics,
        }
        points: list[dict[str, Any]] = MetricData(self.metrics, self.clock).statistics(asked)["Datapoints"]
        return points

    def call(self, operation: str, body: dict[str, Any]) -> Response:
        return self.plane.put(request(operation, body))

    def keys(self, bucket: str) -> list[str]:
        listed = self.clients.client("s3").list_objects_v2(Bucket=bucket)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def objects(self, bucket: str, prefix: str = "") -> list[bytes]:
        s3_client = self.clients.client("s3")
        keys = [key for key in self.keys(bucket) if key.startswith(prefix)]
        return [s3_client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]

    def rows(self, bucket: str = "processed", prefix: str = "orders/") -> list[dict[str, Any]]:
        return [row for body in self.objects(bucket, prefix) for row in pq.read_table(io.BytesIO(body)).to_pylist()]

    def table(self) -> pa.Table:
        (body,) = self.objects("processed", "orders/")
        return pq.read_table(io.BytesIO(body))

    def errors(self, prefix: str) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self.objects("processed", prefix) for line in body.splitlines()]


@contextmanager
def rig() -> Iterator[Rig]:
    """A rig on an empty moto."""
    clients = _clients()
    urllib.request.urlopen(f"{clients.endpoint_url}/moto-api/reset", data=b"").close()
    for bucket in ("processed", "raw"):
        clients.client("s3").create_bucket(Bucket=bucket)
    clients.used.clear()
    made = Rig(clients)
    try:
        yield made
    finally:
        for plane in made.planes:
            plane.stop()
        for pipeline in made.pipelines:
            pipeline.close()


@functools.cache
def _clients() -> RememberingClients:
    """Clients of one moto server for all tests of the process: both take long to make."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return RememberingClients(f"http://{host}:{port}")


def s3(bucket: str, **settings: Any) -> dict[str, Any]:
    """An S3 destination configuration."""
    return {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{bucket}", **settings}


def processing(**parameters: str) -> dict[str, Any]:
    """A ProcessingConfiguration with the transform."""
    named = [{"ParameterName": n, "ParameterValue": v} for n, v in {"LambdaArn": FUNCTION, **parameters}.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": named}]}


def conversion(openx: dict[str, Any] | None = None, **parquet: Any) -> dict[str, Any]:
    """A DataFormatConversionConfiguration to the rig's table."""
    return {
        "Enabled": True,
        "SchemaConfiguration": {
            "RoleARN": SCHEMA_ROLE,
            "DatabaseName": "analytics",
            "TableName": "orders_processed",
            "Region": "us-east-1",
        },
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": openx or {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {"Compression": "SNAPPY", **parquet}}},
    }


def every(result: str) -> Callable[[dict[str, Any]], Answer]:
    """A function that gives every record back with one result."""
    return lambda event: answer([{**record, "result": result} for record in event["records"]])


def answer(records: Sequence[dict[str, Any]]) -> Answer:
    """A function's answer."""
    return Answer(json.dumps({"records": list(records)}).encode())


def request(operation: str, body: dict[str, Any] | bytes) -> Request:
    """A request as a client of Firehose sends it."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-Amz-Target": f"Firehose_20150804.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    return Request(EnvironBuilder(method="POST", data=data, headers=headers).get_environ())


def gunzip(data: bytes) -> bytes:
    """The content of a gzip file."""
    return gzip.decompress(data)
