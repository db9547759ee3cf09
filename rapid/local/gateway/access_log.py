"""Access logs: a line for each request in the format of the stage, and checks of the settings that they need.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html; variables:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from werkzeug import Response

from ..clients import ACCOUNT_ID, Clients
from ..cloudwatch.log_shipper import LogStream
from ..iam.operations import Operation
from ..service_error import ServiceError
from .context import RequestContext, look_up
from .limits import bad_request

_VARIABLE = re.compile(r"\$(?:\{context\.([\w.-]+)\}|context\.([\w-]+(?:\.[\w-]+)*))")
_IDS = {"requestId", "extendedRequestId"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INVALID_REQUEST_ID = "UUID_REPLACED_INVALID_REQUEST_ID"

CheckRole = Callable[[str, Operation], None]
"""Raises ServiceError if a role does not trust API Gateway, or may not do something."""

# "has all the required permissions": the page above, of the policy AmazonAPIGatewayPushToCloudWatchLogs.
ROLE_OPERATIONS = (
    "CreateLogGroup",
    "CreateLogStream",
    "DescribeLogGroups",
    "DescribeLogStreams",
    "FilterLogEvents",
    "GetLogEvents",
    "PutLogEvents",
)
# A role for every group of the account: its policies are asked about a group of this name.
_ANY = {"logGroupName": "*", "logStreamName": "*"}
_LOG_GROUP = re.compile(r"arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:(?P<name>[\w./#-]+)")


class AccessLogFormat:
    """A format, taken apart once."""

    def __init__(self, text: str) -> None:
        parts = _VARIABLE.split(text.rstrip("\r\n"))
        self._texts = parts[0::3]
        self._names = [(braced or plain).split(".") for braced, plain in zip(parts[1::3], parts[2::3], strict=True)]

    @property
    def has_request_id(self) -> bool:
        """Whether the format tells requests apart."""
        return any(name[0] in _IDS for name in self._names)

    def line(self, context: RequestContext, response: Response) -> str:
        """The line of a request that was answered; what has no value is a hyphen."""
        known = context.as_event()
        if not _UUID.fullmatch(context.request_id):
            known["requestId"] = _INVALID_REQUEST_ID
        if context.error_type:
            known["error"] = context.error
        status, latency = context.integration_status, _milliseconds(context.integration_seconds)
        known |= {
            "status": response.status_code,
            "responseLength": response.content_length,
            "responseLatency": _milliseconds(time.time() - context.epoch_seconds),
            "integrationStatus": status,
            "integrationLatency": latency,
            "integration": {"integrationStatus": status, "status": status, "latency": latency},
            "xrayTraceId": context.trace_id,
        }
        line = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            line += (look_up(known, name) or "-", text)
        return "".join(line)


@dataclass(frozen=True)
class AccessLog:
    """Where a stage's lines go, and how they read."""

    format: AccessLogFormat
    stream: LogStream


class LoggingSettings:
    """Refuses what AWS refuses of the account's role and of stages' access log settings."""

    def __init__(self, clients: Clients, check_role: CheckRole) -> None:
        self._clients = clients
        self._check_role = check_role

    def check_account(self, patches: list[dict[str, Any]]) -> None:
        """Check the patches of UpdateAccount. Raises ServiceError."""
        for patch in patches:
            operation, path = patch.get("op"), patch.get("path")
            if (operation, path) != ("replace", "/cloudwatchRoleArn"):
                raise bad_request(f"The local cloud's API Gateway does not support the patch {operation} {path}")
            if patch.get("value"):
                self._check_permissions(patch["value"])

    def check_stage(self, api_id: str, stage: str, patches: list[dict[str, Any]]) -> None:
        """Check the patches of UpdateStage that are about access logs. Raises ServiceError."""
        prefix = "/accessLogSettings/"
        changed = {patch["path"].removeprefix(prefix): patch["value"] for patch in patches if _sets(patch, prefix)}
        if not changed:
            return
        before = self._clients.client("apigateway").get_stage(restApiId=api_id, stageName=stage)
        settings = {**before.get("accessLogSettings", {}), **changed}
        if "destinationArn" in settings:
            group = _group(settings["destinationArn"])
            if not self._role_arn():
                raise bad_request("CloudWatch Logs role ARN must be set in account settings to enable logging")
        if "format" in settings:
            _check_format(settings["format"])
        if "destinationArn" in settings:
            self._check_group(group)

    def access_log(self, settings: Mapping[str, str], stream: str) -> AccessLog | None:
        """A stage's access log; None unless it has one, and the account a role."""
        role_arn = self._role_arn() if settings.keys() >= {"destinationArn", "format"} else None
        if role_arn is None:
            return None
        return AccessLog(
            AccessLogFormat(settings["format"]), LogStream(_group(settings["destinationArn"]), stream, role_arn)
        )

    def _role_arn(self) -> str | None:
        return self._clients.client("apigateway").get_account().get("cloudwatchRoleArn") or None

    def _check_permissions(self, role_arn: str) -> None:
        try:
            for name in ROLE_OPERATIONS:
                self._check_role(role_arn, Operation("logs", name, _ANY))
        except ServiceError:
            raise bad_request(
                "The role ARN does not have required permissions configured. "
                "Please grant trust permission for API Gateway and add the required role policy."
            ) from None

    def _check_group(self, name: str) -> None:
        logs = self._clients.client("logs")
        try:
            logs.describe_log_streams(logGroupName=name, limit=1)
        except ClientError:
            raise ServiceError(
                "NotFoundException", f"Cannot enable logging. LogDestination: {name} does not exist", 404
            ) from None


def _sets(patch: Mapping[str, Any], prefix: str) -> bool:
    return patch.get("op") == "replace" and str(patch.get("path")).startswith(prefix)


def _group(arn: str) -> str:
    """The log group's name. Raises ServiceError for what is not the ARN of one."""
    if not arn.startswith("arn:"):
        raise bad_request(f"Invalid ARN specified in the request. ARNs must start with 'arn:': {arn}")
    if ":firehose:" in arn:
        raise bad_request("The local cloud supports access logs in CloudWatch Logs alone, not in Firehose")
    found = _LOG_GROUP.fullmatch(arn)
    if not found or f":{ACCOUNT_ID}:" not in arn:
        raise bad_request(
            "Invalid ARN specified in the request. The ARN must be a valid CloudWatch Logs log group "
            "or Kinesis Data Firehose delivery stream ARN."
        )
    return found["name"]


def _check_format(text: str) -> None:
    if "\n" in text.rstrip("\r\n"):
        raise bad_request(
            f"Access Log format must be single line, new line character is allowed only at end of the format: '{text}'"
        )
    if not AccessLogFormat(text).has_request_id:
        raise bad_request(
            f"Access Log format must include either $context.requestId or $context.extendedRequestId : '{text}'"
        )


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
