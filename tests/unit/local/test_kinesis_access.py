"""Who reaches a data stream: roles, API Gateway, pages in browsers."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.clients import Clients

from .cloud_rig import ACCOUNT_ID, REGION, Api, Rig, document, policy

SHARD = "shardId-000000000000"
PERMISSIONS = "https://docs.aws.amazon.com/streams/latest/dev/controlling-access.html"
INTEGRATION = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/integrating-api-with-aws-services-kinesis.html"
)
CORS = "https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/cors.html"
ORIGIN = "https://menu.example.com"
TEMPLATE = """{"StreamName": "STREAM", "PartitionKey": "$context.extendedRequestId",
 "Data": "$util.base64Encode($input.json('$'))"}"""


class Reader:
    """A role, as programs use it, and a stream."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.stream = rig, rig.name("stream")
        rig.aws("kinesis").create_stream(StreamName=self.stream, ShardCount=1)
        self.role = rig.role_of("firehose", "apigateway")
        self.arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{self.stream}"
        self.kinesis: Any = rig.cloud.clients.of_service("firehose.amazonaws.com").client("kinesis", self.role)

    def may(self, *actions: str, on: str = "") -> None:
        """Let the role do this alone, with its stream or another."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": on or self.arn}
        name = self.role.rpartition("/")[2]
        self.rig.aws("iam").put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=policy(statement))

    def iterator(self, client: Any) -> str:
        """An iterator that starts with the oldest record."""
        place = {"StreamName": self.stream, "ShardId": SHARD, "ShardIteratorType": "TRIM_HORIZON"}
        return str(client.get_shard_iterator(**place)["ShardIterator"])

    def records(self) -> list[dict[str, Any]]:
        """All there is."""
        admin = self.rig.aws("kinesis")
        return list(admin.get_records(ShardIterator=self.iterator(admin))["Records"])


@pytest.fixture
def reader(rig: Rig) -> Reader:
    """A role and a stream of its own."""
    return Reader(rig)


@pytest.mark.aws("IAM", "Kinesis Data Streams", PERMISSIONS)
def test_a_role_puts_into_the_streams_that_its_policy_names(reader: Reader) -> None:
    reader.may("kinesis:PutRecords")
    # An ARN of a role in what is sent is nobody's to pass on.
    records = [{"Data": reader.role.encode(), "PartitionKey": "arn:aws:iam::123456789012:role/other"}]
    assert reader.kinesis.put_records(StreamARN=reader.arn, Records=records)["FailedRecordCount"] == 0
    reader.may("kinesis:PutRecords", on=f"{reader.arn}-other")
    with pytest.raises(ClientError, match=f"not authorized to perform: kinesis:PutRecords on resource: {reader.arn}"):
        reader.kinesis.put_records(StreamName=reader.stream, Records=records)


@pytest.mark.aws("IAM", "Kinesis Data Streams", PERMISSIONS)
def test_a_role_reads_records_of_the_stream_that_its_iterator_is_of(reader: Reader) -> None:
    reader.rig.aws("kinesis").put_record(StreamName=reader.stream, Data=b"one", PartitionKey="k")
    reader.may("kinesis:GetShardIterator", "kinesis:GetRecords")
    iterator = reader.iterator(reader.kinesis)
    [record] = reader.kinesis.get_records(ShardIterator=iterator)["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"one", "k")
    assert abs(record["ApproximateArrivalTimestamp"].timestamp() - time.time()) < 60
    reader.may("kinesis:GetShardIterator")
    with pytest.raises(ClientError, match=f"not authorized to perform: kinesis:GetRecords on resource: {reader.arn}"):
        reader.kinesis.get_records(ShardIterator=iterator)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        reader.kinesis.get_records(ShardIterator="none")


def put_api(reader: Reader) -> Api:
    """An API whose `POST /events` puts its body onto the stream with the reader's role."""
    statuses = {"4\\d{2}": "503", "default": "200"}
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{REGION}:kinesis:action/PutRecord",
        "credentials": reader.role,
        "passthroughBehavior": "never",
        "requestTemplates": {"application/json": TEMPLATE.replace("STREAM", reader.stream)},
        "responses": {
            pattern: {
                "statusCode": status,
                "responseTemplates": {"application/json": "$input.json('$')"},
            }
            for pattern, status in statuses.items()
        },
    }
    operation = {"responses": {}, "x-amazon-apigateway-integration": integration}
    return reader.rig.api(document({"/events": {"post": operation}}))


@pytest.mark.aws("API Gateway", "AWS service integration", INTEGRATION)
def test_api_gateway_puts_a_record_with_the_role_of_its_integration(reader: Reader) -> None:
    reader.may("kinesis:PutRecord")
    answer = put_api(reader).request("POST", "/events", json={"menuItem": "pizza"})
    assert answer.status == 200
    [record] = reader.records()
    assert json.loads(record["Data"]) == {"menuItem": "pizza"}
    assert answer.json()["SequenceNumber"] == record["SequenceNumber"]
    assert record["PartitionKey"] == answer.headers["x-amz-apigw-id"]


@pytest.mark.aws("API Gateway", "AWS service integration", INTEGRATION)
def test_what_kinesis_refuses_api_gateway_maps_by_its_status(reader: Reader) -> None:
    api = put_api(reader)
    reader.may("kinesis:PutRecords")
    denied = api.request("POST", "/events", json={})
    reader.may("kinesis:PutRecord")
    full = [{"Data": b"x" * (1024 * 1024 - 1), "PartitionKey": "k"}]
    reader.rig.aws("kinesis").put_records(StreamName=reader.stream, Records=full)
    throttled = api.request("POST", "/events", json={"x": "x" * 900_000})
    assert [(answer.status, answer.json()["__type"]) for answer in (denied, throttled)] == [
        (503, "AccessDeniedException"),
        (503, "ProvisionedThroughputExceededException"),
    ]


@pytest.mark.aws("Kinesis Data Streams", "Browsers", CORS)
def test_a_page_may_put_and_read_the_answer(rig: Rig, reader: Reader) -> None:
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    asks["Access-Control-Request-Headers"] = "authorization,content-type,x-amz-date,x-amz-security-token,x-amz-target"
    preflight = rig.http.request("OPTIONS", f"{rig.url}/", headers=asks)
    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (200, "*")
    clients = Clients(rig.url)
    kinesis = clients.client("kinesis")
    kinesis.meta.events.register(
        "before-sign.kinesis.PutRecord", lambda request, **_: request.headers.add_header("Origin", ORIGIN)
    )
    put = kinesis.put_record(StreamName=reader.stream, Data=b"x", PartitionKey="k")
    headers = put["ResponseMetadata"]["HTTPHeaders"]
    assert headers["access-control-allow-origin"] == "*"
    assert "x-amzn-ErrorType" in headers["access-control-expose-headers"]
