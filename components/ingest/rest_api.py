"""The REST API by its definition: deployment, stage, access log, and what is let through to each path."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components import names
from components.ingest.api_gateway_account import ApiGatewayAccount, ApiGatewayLogging
from components.log_group import LogArgs, log_group
from contracts import Throttle

STAGE = "v1"

# In quotation marks even where it is a number: what has no value is a hyphen. Nothing is of a person, so there is no
# address, user agent, path as sent or body. Variables:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "responseLatencyMilliseconds": "$context.responseLatency",
    "integrationLatencyMilliseconds": "$context.integrationLatency",
    "responseBytes": "$context.responseLength",
    "apiKeyId": "$context.identity.apiKeyId",
    "errorMessage": "$context.error.message",
    "errorType": "$context.error.responseType",
}
"""One line of JSON for each request."""


def access_log_format() -> str:
    """The format of a stack's access log; that it names the stack lets a filter of the log count by stack."""
    return json.dumps({**_ACCESS_LOG, "stack": names.stack()})


class RestApi:
    """An API of API Gateway with one stage. Its resources belong to the component that it is made for."""

    id: pulumi.Output[str]
    """Id of the API."""
    url: pulumi.Output[str]
    """Address of the stage."""
    stage: pulumi.Output[str]
    """Name of the stage."""
    stage_arn: pulumi.Output[str]
    """ARN of the stage."""
    name: pulumi.Output[str]
    """Name of the API."""
    access_log_group: pulumi.Output[str]
    """Name of the log group of the access log."""

    def __init__(
        self,
        name: str,
        definition: pulumi.Output[dict[str, Any]],
        logging: ApiGatewayLogging,
        logs: LogArgs,
        needs: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """`needs` is what must be ready before API Gateway reads the definition, an OpenAPI document."""
        self._child = opts
        body = definition.apply(lambda found: json.dumps(found, sort_keys=True))
        api = aws.apigateway.RestApi(
            f"{name}-api",
            description="Takes events",
            body=body,
            endpoint_configuration={"types": "REGIONAL"},
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(needs))),
        )
        # A deployment is a snapshot: without the trigger it would not follow the API. The stage stays the same.
        deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            rest_api=api.id,
            triggers={"definition": body.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())},
            opts=opts,
        )
        logged: list[pulumi.Resource] = []
        if logging is ApiGatewayLogging.MANAGED:
            logged = [ApiGatewayAccount(f"{name}-api-gateway", {}, opts)]
        access_log = log_group(f"{name}-access-logs", logs, opts)
        stage = aws.apigateway.Stage(
            f"{name}-stage",
            rest_api=api.id,
            deployment=deployment.id,
            stage_name=STAGE,
            access_log_settings={
                "destination_arn": access_log.arn,
                "format": access_log_format(),
            },
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=logged)),
        )
        self.id, self.url, self.stage, self._execution_arn = (
            api.id,
            stage.invoke_url,
            stage.stage_name,
            api.execution_arn,
        )
        self.stage_arn = stage.arn
        self.name, self.access_log_group = api.name, access_log.name

    def method_arn(self, path: str) -> pulumi.Output[str]:
        """ARN of a path's POST method, on which policies allow `execute-api:Invoke`.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples-for-api-execution.html
        """
        return pulumi.Output.concat(self._execution_arn, f"/{STAGE}/POST{path}")

    def throttle(self, name: str, path: str, throttle: Throttle) -> None:
        """Limit how often a path is called."""
        aws.apigateway.MethodSettings(
            f"{name}-throttle",
            rest_api=self.id,
            stage_name=self.stage,
            method_path=method_path(path),
            settings={
                "throttling_rate_limit": throttle.rate_per_second,
                "throttling_burst_limit": throttle.burst,
            },
            opts=self._child,
        )

    def may_invoke(self, name: str, function_name: pulumi.Input[str], path: str) -> None:
        """Let the API invoke a function for requests to a path."""
        self._permit(name, function_name, self.method_arn(path))

    def may_ask(self, name: str, function_name: pulumi.Input[str]) -> None:
        """Let the API invoke a function as its authorizer.

        API Gateway chooses an authorizer's id when it imports the definition, so that it cannot be named here.
        """
        self._permit(name, function_name, pulumi.Output.concat(self._execution_arn, "/authorizers/*"))

    def _permit(self, name: str, function_name: pulumi.Input[str], source_arn: pulumi.Output[str]) -> None:
        aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            principal="apigateway.amazonaws.com",
            function=function_name,
            source_arn=source_arn,
            opts=self._child,
        )


def method_path(path: str) -> str:
    """The key of a path's POST method in a stage's settings: each `/` of the path is written `~1`.

    https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
    """
    return f"{path.replace('/', '~1')}/POST"
