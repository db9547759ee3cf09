"""The API that takes events."""

from collections.abc import Iterator, Mapping
from typing import Any

from .functions import FUNCTION
from .resource import Resource, Stack
from .rule import Faults, rule, rules_of

REST_API = "aws:apigateway/restApi:RestApi"
STAGE = "aws:apigateway/stage:Stage"
METHOD_SETTINGS = "aws:apigateway/methodSettings:MethodSettings"
WEB_ACL = "aws:wafv2/webAclAssociation:WebAclAssociation"


def _operations(api: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The operations of an API's definition that take something, `POST /events` and so on."""
    for path, operations in api.document("body").get("paths", {}).items():
        for method, operation in operations.items():
            # What a browser asks first has neither credentials nor a body.
            if method != "options":
                yield f"{method.upper()} {path}", operation


def _signed_paths(stack: Stack) -> set[str]:
    """The paths behind which a function checks signatures of bodies, which API Gateway cannot: docs/signatures.md."""
    found: set[str] = set()
    for function in (it for it in stack.resources if it.type == FUNCTION):
        signatures = function.document("environment", "variables", "SIGNATURES")
        routes = function.document("environment", "variables", "ROUTES") if signatures else {}
        found |= {path for path, source in routes.items() if source in signatures}
    return found


@rule(
    "AwsSolutions-APIG4",
    types=[REST_API],
    title="Every path asks who is calling",
    fix="choose an authentication in the source's contract other than none",
)
def api_authenticates(resource: Resource, stack: Stack) -> Faults:
    default, signed = resource.document("body").get("security"), _signed_paths(stack)
    for name, operation in _operations(resource):
        if not operation.get("security", default) and name.removeprefix("POST ") not in signed:
            yield name, "it takes requests of anyone"


@rule(
    "AwsSolutions-APIG2",
    types=[REST_API],
    title="Bodies are checked before they reach what is behind a path",
    fix="let API Gateway check the body, or a function that knows the contract (integration aws_proxy)",
)
def api_checks_bodies(resource: Resource) -> Faults:
    document = resource.document("body")
    for name, operation in _operations(resource):
        key = "x-amazon-apigateway-request-validator"
        by_function = operation.get("x-amazon-apigateway-integration", {}).get("type") == "aws_proxy"
        if not by_function and not operation.get(key, document.get(key)):
            yield name, "nothing checks its bodies"


@rule(
    "AwsSolutions-APIG1",
    types=[STAGE],
    title="A stage has an access log",
    fix="set access_log_settings",
)
def stage_logs_requests(resource: Resource) -> Faults:
    settings = resource.get("accessLogSettings") or {}
    if not settings.get("destinationArn"):
        yield "", "it has no access log"


@rule(
    "APIGateway.1", "AwsSolutions-APIG6",
    types=[STAGE],
    title="A stage has an execution log",
    fix="set logging_level ERROR for all its methods, */*",
)  # fmt: skip
def stage_logs_execution(resource: Resource, stack: Stack) -> Faults:
    of_all = [it for it in stack.made_for(resource, METHOD_SETTINGS, "stageName") if it.get("methodPath") == "*/*"]
    if not any(it.get("settings", "loggingLevel") in ("ERROR", "INFO") for it in of_all):
        yield "", "it has no execution log"


@rule(
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
    types=[METHOD_SETTINGS],
    title="Bodies of requests are in no log",
    fix="leave data_trace_enabled out",
)
def method_logs_no_bodies(resource: Resource) -> Faults:
    if resource.get("settings", "dataTraceEnabled"):
        yield "dataTraceEnabled", "whole requests and answers are logged, personal data included"


@rule(
    "APIGateway.5",
    types=[METHOD_SETTINGS],
    title="What a stage caches is encrypted",
    fix="set cache_data_encrypted, or cache nothing",
)
def method_cache_is_encrypted(resource: Resource) -> Faults:
    if resource.get("settings", "cachingEnabled") and not resource.get("settings", "cacheDataEncrypted"):
        yield "", "answers are cached without encryption"


@rule(
    "APIGateway.2",
    types=[STAGE],
    title="What is behind a stage can tell that API Gateway calls",
    fix="give the stage a client certificate",
)
def stage_has_client_certificate(resource: Resource) -> Faults:
    if not resource.get("clientCertificateId"):
        yield "", "it has no client certificate"


@rule(
    "APIGateway.3",
    types=[STAGE],
    title="A stage is traced by X-Ray",
    fix="set xray_tracing_enabled",
)
def stage_is_traced(resource: Resource) -> Faults:
    if resource.get("xrayTracingEnabled") is not True:
        yield "", "it is not traced"


@rule(
    "APIGateway.4", "AwsSolutions-APIG3",
    types=[STAGE],
    title="A web application firewall is in front of a stage",
    fix="associate a web ACL of AWS WAF with the stage",
)  # fmt: skip
def stage_has_firewall(resource: Resource, stack: Stack) -> Faults:
    if not stack.made_for(resource, WEB_ACL, "resourceArn"):
        yield "", "it has none"


RULES = rules_of(globals())
