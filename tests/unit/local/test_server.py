import json
import logging
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug import Request, Response
from werkzeug.test import Client

from rapid.local.clients import Clients
from rapid.local.cloud import LocalCloud
from rapid.local.cloudfront import CloudFront
from rapid.local.cloudwatch.metrics import Metrics
from rapid.local.iam.authorizer import Authorizer
from rapid.local.moto.services import stored_object
from rapid.local.server.application import Application
from rapid.local.server.control import ControlPlane
from rapid.local.server.http_server import HttpServer, PortInUseError
from rapid.local.vpc import Network

from .cloud_rig import Rig
from .signing import signed

BUCKET_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html"


def test_a_started_cloud_says_that_it_is_well(rig: Rig) -> None:
    answer = rig.http.request("GET", f"{rig.url}/_rapid/health")
    assert answer.status == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["version"]
    assert answer.json()["region"] == "us-east-1"


def test_a_deployment_record_is_answered_as_it_was_put(rig: Rig) -> None:
    record = {"outputs": {"api_key": "k"}, "secret_outputs": ["api_key"], "resources": []}
    url = f"{rig.url}/_rapid/stacks/dev"
    assert rig.http.request("PUT", url, json=record).status == 200
    assert rig.http.request("GET", url).json() == record


def test_a_stack_that_is_not_deployed_is_not_found_by_name(rig: Rig) -> None:
    answer = rig.http.request("GET", f"{rig.url}/_rapid/stacks/prod")
    assert answer.status == 404
    assert "'prod'" in answer.json()["message"]


@pytest.mark.parametrize("body", ["{", "[]"])
def test_a_deployment_record_that_is_no_json_object_is_refused(rig: Rig, body: str) -> None:
    answer = rig.http.request("PUT", f"{rig.url}/_rapid/stacks/dev", body=body)
    assert answer.status == 400
    assert "deployment record of stack 'dev'" in answer.json()["message"]


def test_an_unknown_control_endpoint_is_named(rig: Rig) -> None:
    answer = rig.http.request("DELETE", f"{rig.url}/_rapid/health")
    assert answer.status == 404
    assert answer.json() == {"message": "There is no DELETE /_rapid/health"}


def test_without_streams_there_is_nothing_to_flush(rig: Rig) -> None:
    assert rig.http.request("POST", f"{rig.url}/_rapid/flush").json() == {"delivered_records": 0}
    assert rig.http.request("GET", f"{rig.url}/_rapid/firehose").json() == {}


def test_the_cloud_listens_on_the_loopback_interface_alone(rig: Rig) -> None:
    port = int(rig.url.rpartition(":")[2])
    own_address = socket.gethostbyname(socket.gethostname())
    with socket.socket() as probe:
        refused = probe.connect_ex((own_address, port))
    assert rig.url == f"http://127.0.0.1:{port}"
    assert refused or own_address.startswith("127.")


def test_a_port_in_use_is_an_error_that_names_it(rig: Rig) -> None:
    port = int(rig.url.rpartition(":")[2])
    with pytest.raises(PortInUseError, match=f"port {port} of 127.0.0.1 is in use"):
        HttpServer(port)


def test_a_stopped_cloud_frees_its_port_and_the_next_one_is_empty() -> None:
    with LocalCloud(0) as first:
        first.clients.client("s3").create_bucket(Bucket="left-behind")
        port = int(first.url.rpartition(":")[2])
    with LocalCloud(port) as second:
        assert second.clients.client("s3").list_buckets()["Buckets"] == []


def test_requests_that_wait_for_other_requests_never_run_out_of_threads() -> None:
    http = urllib3.PoolManager(maxsize=64)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        depth = int(environ["PATH_INFO"][1:])
        if depth:
            assert http.request("GET", f"{server.url}/{depth - 1}", timeout=60, retries=False).status == 200
        return Response()(environ, start_response)

    server = HttpServer(0)
    server.start(application)
    try:
        with ThreadPoolExecutor(40) as threads:
            answers = threads.map(
                lambda _: http.request("GET", f"{server.url}/2", timeout=60, retries=False), range(40)
            )
            assert {answer.status for answer in answers} == {200}
    finally:
        server.stop()


@pytest.mark.aws(
    "S3",
    "Object integrity",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html",
)
def test_boto3_s_default_checksums_and_chunked_uploads_work(rig: Rig) -> None:
    s3 = boto3.client(
        "s3", endpoint_url=rig.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    s3.create_bucket(Bucket="chunked")
    content = b"0123456789" * 200_000
    s3.put_object(Bucket="chunked", Key="a b/ü%2F+.json", Body=content, ChecksumAlgorithm="SHA256")
    assert s3.get_object(Bucket="chunked", Key="a b/ü%2F+.json")["Body"].read() == content
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="chunked")["Contents"]] == ["a b/ü%2F+.json"]


@pytest.mark.aws("S3", "100-continue", "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html")
def test_a_client_that_waits_for_100_continue_is_told_to_go_on(rig: Rig) -> None:
    rig.aws("s3").create_bucket(Bucket="continue")
    host, _, port = rig.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        headers = signed("s3", "PUT", f"{rig.url}/continue/key", {"Content-Length": "4"}, b"body")
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Expect": "100-continue"}.items())
        connection.sendall(f"PUT /continue/key HTTP/1.1\r\n{lines}\r\n".encode())
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"body")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
    assert rig.aws("s3").get_object(Bucket="continue", Key="key")["Body"].read() == b"body"


class _Failing:
    """A plane that fails, and streams that there are none of."""

    def handle(self, request: Request, forward: Any = None) -> Response:
        raise RuntimeError("a mistake of ours")

    def flush(self) -> int:
        return 0

    def counts(self) -> dict[str, dict[str, int]]:
        return {}


def _authorizer() -> Authorizer:
    return Authorizer(Clients("http://127.0.0.1:9"))


def _signed(service: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    return signed(service, "POST", "http://localhost/", headers, b"{}")


@pytest.mark.parametrize(
    ("service", "headers", "expected"),
    [
        ("firehose", {"X-Amz-Target": "Firehose_20150804.PutRecord"}, '"__type": "InternalFailure"'),
        ("lambda", {}, '"message": "The request processing has failed'),
        ("cloudformation", {"Content-Type": "application/x-www-form-urlencoded"}, "<Code>InternalFailure</Code>"),
    ],
)
def test_a_mistake_of_ours_is_an_internal_failure_and_its_stack_goes_to_standard_error_unless_the_cloud_is_ending(
    service: str, headers: dict[str, str], expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing = _Failing()
    server = Application(
        Response("moto"),
        ControlPlane(failing, failing, "us-east-1", stored_object, failing),
        _authorizer(),
        failing,
        failing,
        {service: failing},
        failing,
        CloudFront(4566, Metrics()).edge,
        Network(_authorizer(), "us-east-1"),
        failing,
    )
    with caplog.at_level(logging.ERROR):
        answer = Client(server).post("/", headers=_signed(service, headers), data=b"{}")
    assert answer.status_code == 500
    assert expected in answer.text
    assert "a mistake of ours" not in answer.text
    assert "RuntimeError: a mistake of ours" in caplog.text
    caplog.clear()
    server.is_ending = True
    assert Client(server).post("/", headers=_signed(service, headers), data=b"{}").status_code == 500
    assert caplog.text == ""


def test_requests_that_fail_while_a_cloud_ends_leave_no_stack_on_standard_error(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []
    with LocalCloud(0) as cloud, caplog.at_level(logging.ERROR):
        config = Config(retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        functions = boto3.client("lambda", endpoint_url=cloud.url, config=config, **keys)
        stop = cloud._events.stop

        def ask_and_stop() -> None:
            try:
                functions.list_functions()
            except ClientError as error:
                refused.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
            stop()

        monkeypatch.setattr(cloud._lambda, "handle", _Failing().handle)
        monkeypatch.setattr(cloud._events, "stop", ask_and_stop)
    assert (refused, caplog.text) == ([500], "")


def test_an_operation_that_there_is_not_is_named(rig: Rig) -> None:
    with pytest.raises(ClientError) as refused:
        rig.aws("glue").list_blueprints()
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert "glue: The list_blueprints action" in refused.value.response["Error"]["Message"]


def test_what_no_plane_answers_goes_to_moto() -> None:
    failing = _Failing()
    server = Application(
        Response("from moto"),
        ControlPlane(failing, failing, "us-east-1", stored_object, failing),
        _authorizer(),
        failing,
        failing,
        {"lambda": failing},
        failing,
        CloudFront(4566, Metrics()).edge,
        Network(_authorizer(), "us-east-1"),
        failing,
    )
    assert Client(server).post("/", headers=_signed("sqs"), data=b"{}").text == "from moto"


def test_a_client_is_made_once(rig: Rig) -> None:
    clients = Clients(rig.url)
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: clients.client("sqs"), range(8)))
    assert len(made) == 1


def test_a_client_for_a_role_acts_as_that_role(rig: Rig) -> None:
    role = rig.role()
    clients = rig.cloud.clients.of_service("firehose.amazonaws.com")
    identity = clients.client("sts", role).get_caller_identity()["Arn"]
    assert identity == f"arn:aws:sts::123456789012:assumed-role/{role.rpartition('/')[2]}/local-cloud"


def test_clients_ignore_the_user_s_own_configuration(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "secret")
    assert Clients(rig.url).client("sts").get_caller_identity()["Account"] == "123456789012"


def _bucket(rig: Rig, **statement: Any) -> str:
    bucket = rig.name("bucket")
    rig.aws("s3").create_bucket(Bucket=bucket)
    arn = f"arn:aws:s3:::{bucket}"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"], **statement}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    rig.aws("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    return bucket


def test_a_bucket_that_wants_tls_takes_the_loopback_interface_for_safe(rig: Rig) -> None:
    bucket = _bucket(rig, Condition={"Bool": {"aws:SecureTransport": "false"}})
    rig.aws("s3").put_object(Bucket=bucket, Key="key", Body=b"x")


@pytest.mark.aws("S3", "Bucket policies", BUCKET_PAGE)
def test_a_bucket_that_denies_everyone_denies(rig: Rig) -> None:
    bucket = _bucket(rig, Action="s3:PutObject")
    with pytest.raises(ClientError, match="403"):
        rig.aws("s3").put_object(Bucket=bucket, Key="key", Body=b"x")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, "the condition StringEquals on aws:SourceVpc"),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:role/x"}}, "denying something to"),
    ],
)
def test_what_a_bucket_policy_says_and_the_cloud_does_not_know_is_named(
    rig: Rig, statement: dict[str, Any], named: str
) -> None:
    bucket = _bucket(rig, **statement)
    with pytest.raises(ClientError, match=named):
        rig.aws("s3").put_object(Bucket=bucket, Key="key", Body=b"x")
