"""What both servers are asked to serve: one function, delivery streams, and one REST API in front of them."""

import io
import json
import textwrap
import zipfile
from dataclasses import dataclass
from typing import Any, Self

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from . import load

REGION = "us-east-1"
STAGE = "bench"
EVENT = json.dumps({"menuItem": "Pasta Carbonara", "quantity": 2, "price": 15.99}).encode()
_JSON = {"content-type": "application/json"}
_FUNCTION = """
    import json

    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps({"received": len(event.get("body") or "")})}
"""
_TEMPLATE = """{"DeliveryStreamName": "%s", "Record": {"Data": "$util.base64Encode($input.body)"}}"""
STREAMS = [f"bench-{client}" for client in range(load.CLIENTS)]
"""One a client: together they send more than the 2,000 requests a second that Firehose takes for one stream.

https://docs.aws.amazon.com/firehose/latest/dev/limits.html
"""


@dataclass(frozen=True)
class Requests:
    """The requests on the wire, by what they measure; where there are several, the clients take them in turns."""

    mock: list[str]
    function: list[str]
    direct: list[str]
    put_record: list[str]
    invoke: list[str]


class Workload:
    """Deploys the resources with boto3; only the API's definition differs between the servers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._credentials = Credentials("test", "test")

    def deploy(self, *, from_openapi: bool) -> Self:
        """Create everything, and return this. `from_openapi`: the API in one document, else method by method."""
        function_arn, role_arn = self._function(), self._role("apigateway.amazonaws.com", "firehose:PutRecord")
        self._streams()
        integrations = _integrations(function_arn, role_arn)
        api_id = self._client("apigateway").create_rest_api(name="bench")["id"]
        (self._openapi if from_openapi else self._methods)(api_id, integrations)
        self._client("apigateway").create_deployment(restApiId=api_id, stageName=STAGE)
        self._client("lambda").add_permission(
            FunctionName="bench",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{self._account}:{api_id}/*/*",
        )
        self._api = f"/_aws/execute-api/{api_id}/{STAGE}"
        return self

    def requests(self) -> Requests:
        """The requests, signed now: a signature is good for five minutes."""
        invoke = "/2015-03-31/functions/bench/invocations"
        return Requests(
            mock=[load.request(self._url, "GET", f"{self._api}/mock", {})],
            function=[load.request(self._url, "POST", f"{self._api}/function", _JSON, EVENT)],
            direct=[load.request(self._url, "POST", f"{self._api}/{stream}", _JSON, EVENT) for stream in STREAMS],
            put_record=[self._put_record(stream) for stream in STREAMS],
            invoke=[self._signed("lambda", invoke, _JSON, b'{"body": ""}')],
        )

    def _put_record(self, stream: str) -> str:
        record = json.dumps({"DeliveryStreamName": stream, "Record": {"Data": "eyJhIjogMX0K"}}).encode()
        target = {"x-amz-target": "Firehose_20150804.PutRecord", "content-type": "application/x-amz-json-1.1"}
        return self._signed("firehose", "/", target, record)

    def _signed(self, service: str, path: str, headers: dict[str, str], body: bytes) -> str:
        """A request signed once: signing each anew would measure the clients."""
        request = AWSRequest("POST", self._url + path, headers, body)
        SigV4Auth(self._credentials, service, REGION).add_auth(request)
        return load.request(self._url, "POST", path, dict(request.headers.items()), body)

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    @property
    def _account(self) -> str:
        return str(self._client("sts").get_caller_identity()["Account"])

    def _role(self, service: str, *actions: str) -> str:
        name = f"bench-{service.split('.')[0]}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam = self._client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        iam.put_role_policy(RoleName=name, PolicyName="bench", PolicyDocument=_policy(allowed))
        return str(role["Role"]["Arn"])

    def _function(self) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("handler.py", textwrap.dedent(_FUNCTION))
        client = self._client("lambda")
        created = client.create_function(
            FunctionName="bench",
            Runtime="python3.13",
            Handler="handler.handler",
            Role=self._role("lambda.amazonaws.com", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            Code={"ZipFile": content.getvalue()},
        )
        client.get_waiter("function_active_v2").wait(FunctionName="bench")
        return str(created["FunctionArn"])

    def _streams(self) -> None:
        self._client("s3").create_bucket(Bucket="bench")
        role_arn = self._role("firehose.amazonaws.com", "s3:PutObject", "s3:AbortMultipartUpload")
        for stream in STREAMS:
            self._client("firehose").create_delivery_stream(
                DeliveryStreamName=stream,
                ExtendedS3DestinationConfiguration={"RoleARN": role_arn, "BucketARN": "arn:aws:s3:::bench"},
            )

    def _openapi(self, api_id: str, integrations: dict[tuple[str, str], dict[str, Any]]) -> None:
        paths = {
            path: {method.lower(): {"responses": {}, "x-amazon-apigateway-integration": integration}}
            for (method, path), integration in integrations.items()
        }
        document = {"openapi": "3.0.1", "info": {"title": "bench", "version": "1"}, "paths": paths}
        self._client("apigateway").put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps(document).encode())

    def _methods(self, api_id: str, integrations: dict[tuple[str, str], dict[str, Any]]) -> None:
        client = self._client("apigateway")
        root = client.get_resources(restApiId=api_id)["items"][0]["id"]
        for (method, path), integration in integrations.items():
            resource = client.create_resource(restApiId=api_id, parentId=root, pathPart=path.strip("/"))["id"]
            place = {"restApiId": api_id, "resourceId": resource, "httpMethod": method}
            client.put_method(**place, authorizationType="NONE")
            more = {name: value for name, value in integration.items() if name not in ("httpMethod", "responses")}
            client.put_integration(**place, **more, integrationHttpMethod=integration.get("httpMethod", "POST"))
            for response in integration.get("responses", {}).values():
                client.put_method_response(**place, statusCode=response["statusCode"])
                client.put_integration_response(**place, **response)


def _integrations(function_arn: str, role_arn: str) -> dict[tuple[str, str], dict[str, Any]]:
    uri = f"arn:aws:apigateway:{REGION}"
    return {
        ("GET", "/mock"): {
            "type": "MOCK",
            "passthroughBehavior": "NEVER",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": _answer('{"status": "ok"}'),
        },
        ("POST", "/function"): {
            "type": "AWS_PROXY",
            "httpMethod": "POST",
            "uri": f"{uri}:lambda:path/2015-03-31/functions/{function_arn}/invocations",
        },
        **{("POST", f"/{stream}"): _put_integration(uri, stream, role_arn) for stream in STREAMS},
    }


def _put_integration(uri: str, stream: str, role_arn: str) -> dict[str, Any]:
    return {
        "type": "AWS",
        "httpMethod": "POST",
        "uri": f"{uri}:firehose:action/PutRecord",
        "credentials": role_arn,
        "passthroughBehavior": "NEVER",
        "requestTemplates": {"application/json": _TEMPLATE % stream},
        "responses": _answer('{"accepted": 1}'),
    }


def _answer(body: str) -> dict[str, Any]:
    return {"default": {"statusCode": "200", "responseTemplates": {"application/json": body}}}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
