"""Deploys small functions and APIs onto a local cloud, with boto3 alone."""

import contextlib
import io
import itertools
import json
import textwrap
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import urllib3

from rapid.local.cloud import LocalCloud

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
STAGE = "v1"
WAIT_SECONDS = 120
"""How long what is awaited may take, on a machine that has much else to do."""
KEY_SCHEME = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}


def zipped(**files: str) -> bytes:
    """A zip of Python modules."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, source in files.items():
            archive.writestr(f"{name}.py", textwrap.dedent(source))
    return content.getvalue()


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def proxy(function_arn: str, **more: Any) -> dict[str, Any]:
    """A method with a Lambda proxy integration."""
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, **more}}


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An OpenAPI document."""
    return {"openapi": "3.0.1", "info": {"title": "test", "version": "1"}, "paths": paths, **more}


@dataclass
class Api:
    """A deployed API."""

    rig: "Rig"
    id: str

    def put(self, definition: dict[str, Any], mode: str = "overwrite") -> None:
        """Replace the definition."""
        self.rig.aws("apigateway").put_rest_api(restApiId=self.id, mode=mode, body=json.dumps(definition).encode())

    def deploy(self) -> None:
        """Let the stage serve the definition as it is now."""
        client = self.rig.aws("apigateway")
        deployment = client.create_deployment(restApiId=self.id)["id"]
        stages = client.get_stages(restApiId=self.id)["item"]
        if stages:
            patch = [{"op": "replace", "path": "/deploymentId", "value": deployment}]
            client.update_stage(restApiId=self.id, stageName=STAGE, patchOperations=patch)
        else:
            client.create_stage(restApiId=self.id, stageName=STAGE, deploymentId=deployment)

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request to the stage."""
        url = f"{self.rig.url}/_aws/execute-api/{self.id}/{STAGE}{path}"
        return self.rig.http.request(method, url, retries=False, **options)

    def key(self, **plan: Any) -> str:
        """A new API key, in a new usage plan of the stage."""
        client = self.rig.aws("apigateway")
        key = client.create_api_key(name="key", enabled=True)
        stages = [{"apiId": self.id, "stage": STAGE}]
        plan_id = client.create_usage_plan(name="plan", apiStages=stages, **plan)["id"]
        client.create_usage_plan_key(usagePlanId=plan_id, keyId=key["id"], keyType="API_KEY")
        return str(key["value"])


@dataclass
class Rig:
    """A local cloud and what tests do with it."""

    cloud: LocalCloud
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=32))
    _names: Any = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        """The endpoint."""
        return self.cloud.url

    def aws(self, service: str) -> Any:
        """A boto3 client."""
        return self.cloud.clients.client(service)

    def name(self, kind: str) -> str:
        """A name that is not used yet."""
        return f"{kind}-{next(self._names)}"

    def role(self) -> str:
        """A role for any service here, which may do everything; its ARN."""
        return self.role_of("apigateway", "firehose", "lambda")

    def role_of(self, *services: str) -> str:
        """A role that some services may assume, and that may do everything; its ARN."""
        iam, name = self.aws("iam"), self.name("role")
        principal = {"Service": [f"{service}.amazonaws.com" for service in services]}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=policy(everything))
        return str(role["Role"]["Arn"])

    def function(self, handler: str = "", *, files: dict[str, str] | None = None, **configuration: Any) -> str:
        """A function from the source of its module `handler`; its ARN."""
        given = {"Runtime": "python3.13", "Handler": "handler.handler", "Timeout": WAIT_SECONDS, **configuration}
        created = self.aws("lambda").create_function(
            FunctionName=self.name("function"),
            Role=self.role(),
            Code={"ZipFile": zipped(**(files or {"handler": handler}))},
            **given,
        )
        return str(created["FunctionArn"])

    def invoke(self, function: str, event: Any = None, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Invoke a function; its answer and the whole response."""
        response = self.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(event or {}), **options)
        return json.loads(response["Payload"].read()), response

    def log_lines(self, group: str) -> list[str]:
        """All lines of a log group, by stream."""
        self.cloud.ship_logs()
        logs = self.aws("logs")
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]

    def await_log_lines(self, group: str, until: Callable[[list[str]], bool]) -> list[str]:
        """The lines of a log group as soon as they are as wanted."""
        deadline, lines = time.monotonic() + WAIT_SECONDS, []
        while time.monotonic() < deadline:
            with contextlib.suppress(self.aws("logs").exceptions.ResourceNotFoundException):
                lines = self.log_lines(group)
            if until(lines):
                return lines
            time.sleep(0.05)
        raise AssertionError(f"{group} has not what was waited for: {lines}")

    def api(self, definition: dict[str, Any]) -> Api:
        """An API, deployed."""
        api = Api(self, self.aws("apigateway").create_rest_api(name=self.name("api"))["id"])
        api.put(definition)
        api.deploy()
        return api

    def permit(self, function_arn: str, api: Api, path: str = "/*/*") -> None:
        """Let an API invoke a function."""
        self.aws("lambda").add_permission(
            FunctionName=function_arn,
            StatementId=self.name("statement"),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api.id}{path}",
        )

    def function_api(self, handler: str, definition: dict[str, Any] | None = None, **configuration: Any) -> Api:
        """An API with `POST /events` (or as defined, with FUNCTION for the ARN) before a function."""
        arn = self.function(handler, **configuration)
        text = json.dumps(definition or document({"/events": {"post": proxy("FUNCTION")}}))
        api = self.api(json.loads(text.replace("FUNCTION", arn)))
        self.permit(arn, api)
        return api
