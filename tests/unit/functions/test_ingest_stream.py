"""The functions' own clients of Firehose and Kinesis, beside botocore's: the same request, the same errors."""

import importlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .conftest import REGION

RECORDS = [b'{"id":"\xc3\xa9"}\n', b""]
STORED = {
    "firehose": {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"}, {"RecordId": "2"}]},
    "kinesis": {
        "FailedRecordCount": 0,
        "Records": [{"SequenceNumber": str(number), "ShardId": "shardId-000000000000"} for number in (1, 2)],
    },
}
THROTTLED = {"__type": "com.amazonaws.firehose#LimitExceededException", "message": "Slow down."}


@pytest.fixture
def server():
    """An endpoint that answers as it is told, and keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append((self.path, dict(self.headers), body))
            content = state.body if isinstance(state.body, bytes) else json.dumps(state.body).encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = SimpleNamespace(status=200, body=b"", requests=[], url=f"http://127.0.0.1:{http.server_port}")
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture(params=["firehose", "kinesis"])
def clients(package, server, request):
    """Ours and botocore's, of one service after the other; `put` puts RECORDS by one of them."""
    service = request.param
    server.body = STORED[service]
    environment = {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": server.url,
    }
    modules = package(
        "ingest",
        ROUTES="{}",
        STREAMS="{}",
        DEAD_LETTER_QUEUE_URL="https://q",
        **environment,
    )
    # A session of its own: the default one keeps the credentials of whichever test came first.
    theirs = boto3.Session().client(service, config=Config(retries={"total_max_attempts": 1}))
    of_ours = {"firehose": modules.stream.Firehose, "kinesis": importlib.import_module("shared.kinesis").Kinesis}
    way = {"firehose": modules.stream.to_firehose, "kinesis": modules.stream.to_kinesis}[service]
    records = [modules.pack.Record(data, (index,)) for index, data in enumerate(RECORDS)]

    def put(client):
        return way(client).put("orders", records, "x1=")

    return SimpleNamespace(ours=of_ours[service](environment), theirs=theirs, put=put, service=service, modules=modules)


def test_it_sends_what_botocore_s_client_sends(clients, server):
    answers = [clients.put(client) for client in (clients.ours, clients.theirs)]

    stored = STORED[clients.service]
    assert answers == [stored.get("RequestResponses") or stored["Records"]] * 2
    (path, headers, body), (their_path, their_headers, their_body) = server.requests
    assert (path, json.loads(body)) == (their_path, json.loads(their_body))
    for name in ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token"):
        assert headers[name] == their_headers[name]
    scope, their_scope = (found["Authorization"].split("SignedHeaders")[0] for found in (headers, their_headers))
    assert scope == their_scope


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, THROTTLED, "LimitExceededException"),
        (500, {"__type": "ServiceUnavailableException", "Message": "Slow down."}, "ServiceUnavailableException"),
    ],
)
def test_the_service_s_errors_are_those_of_botocore_s_client(clients, server, status, body, code):
    server.status, server.body = status, body
    errors = []
    for client in (clients.ours, clients.theirs):
        with pytest.raises(ClientError) as raised:
            clients.put(client)
        errors.append(raised.value.response["Error"])

    assert errors[0] == errors[1] == {"Code": code, "Message": "Slow down."}


@pytest.mark.parametrize(
    ("status", "body"), [(502, b"<html>Bad gateway</html>"), (200, b"<html>Log in</html>"), (200, []), (503, b"")]
)
def test_an_answer_that_is_not_the_service_s_is_an_error(clients, server, status, body):
    server.status, server.body = status, body

    with pytest.raises(ClientError, match=str(status)):
        clients.put(clients.ours)


def test_a_server_that_is_not_there_is_botocore_s_error(clients, server, monkeypatch):
    monkeypatch.setattr(clients.ours.service, "url", "http://127.0.0.1:1")

    with pytest.raises(BotoCoreError):
        clients.put(clients.ours)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_it_finds_the_endpoint_where_botocore_does(clients, region, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    ours = importlib.import_module("shared.json_service").endpoint(clients.service, region)
    assert ours == boto3.client(clients.service, region).meta.endpoint_url


def test_a_request_does_not_wait_for_the_network_to_acknowledge_its_head(clients, monkeypatch):
    """Nagle's algorithm would hold the body back for the 40 ms that Linux may delay an acknowledgement."""
    opened = []
    connect = urllib3.util.connection.create_connection

    def kept(*args, **options):
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(urllib3.util.connection, "create_connection", kept)
    for client in (clients.ours, clients.theirs):
        clients.put(client)
    assert [bool(it.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)) for it in opened] == [True, True]


def test_the_partition_key_is_the_id_of_the_record_s_first_event(clients, server):
    clients.put(clients.ours)

    [(_, _, body)] = server.requests
    keys = [record.get("PartitionKey") for record in json.loads(body)["Records"]]
    assert keys == (["x1=-0", "x1=-1"] if clients.service == "kinesis" else [None, None])


def test_a_service_that_is_none_is_refused_by_name(clients):
    with pytest.raises(ValueError, match="STREAM_SERVICE is 'sqs'; it must be firehose or kinesis"):
        clients.modules.stream.of("sqs", {})
