"""The stream that takes accepted events: a delivery stream of Firehose, or a data stream of Kinesis."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pack import Record
from shared.json_service import JsonService


class Firehose:
    """Stands for boto3's client of that name, and raises the same errors; a call is one attempt."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take region, credentials and endpoint from a Lambda function's environment variables."""
        self.service = JsonService(environment, "firehose", "Firehose_20150804")

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        """Put records; the answer says which of them failed. Raises ClientError or BotoCoreError if all did.

        https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
        """
        records = [{"Data": b64encode(record["Data"]).decode()} for record in Records]
        members = {"DeliveryStreamName": DeliveryStreamName, "Records": records}
        return self.service.call("PutRecordBatch", members, "RequestResponses")


class Stream(NamedTuple):
    """A way onto streams of one service."""

    put: Callable[[str, list[Record], str], list[dict[str, Any]]]
    """Puts records of a request, whose id is the last argument, onto the stream of a name; what is answered for each,
    with an ErrorCode where it was not taken. Raises ClientError or BotoCoreError."""
    attempts: int
    """How often a record is put at most."""


def of(service: str, environment: Mapping[str, str]) -> Stream:
    """The way by the name of the service, `firehose` or `kinesis`. Raises ValueError for another one."""
    if service == "firehose":
        return to_firehose(Firehose(environment))
    if service == "kinesis":
        from shared.kinesis import Kinesis

        return to_kinesis(Kinesis(environment))
    raise ValueError(f"STREAM_SERVICE is {service!r}; it must be firehose or kinesis")


def to_firehose(client: Any) -> Stream:
    """By a client of Firehose."""

    def put(stream: str, records: list[Record], _request_id: str) -> list[dict[str, Any]]:
        data = [{"Data": record.data} for record in records]
        answer = client.put_record_batch(DeliveryStreamName=stream, Records=data)
        found: list[dict[str, Any]] = answer["RequestResponses"]
        return found

    return Stream(put, attempts=4)


def to_kinesis(client: Any) -> Stream:
    """By a client of Kinesis. The partition key is the id of a record's first event, which no other one has, so that
    records go to all shards alike.

    A shard takes 1 MB a second and refuses the rest record by record
    (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html), where Firehose takes five: more
    attempts, of which there are as many as there is time for, give it the seconds that a long request needs.
    """

    def put(stream: str, records: list[Record], request_id: str) -> list[dict[str, Any]]:
        data = [{"Data": it.data, "PartitionKey": f"{request_id}-{it.indexes[0]}"} for it in records]
        found: list[dict[str, Any]] = client.put_records(StreamName=stream, Records=data)["Records"]
        return found

    return Stream(put, attempts=20)
