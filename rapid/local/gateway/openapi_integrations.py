"""Reads the integrations of an OpenAPI document; what the local cloud does not act on is refused by name.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

import re
from collections.abc import Mapping
from typing import Any

from .api import AwsAction, Integration, IntegrationResponse, IntegrationType, LambdaProxy, Mock
from .limits import bad_request, check_template
from .mapping_template import MappingTemplate

_FUNCTION_URI = re.compile(
    r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/(?P<arn>.+)/invocations"
)
_ACTION_URI = re.compile(r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+:(?P<service>[a-z]+):action/(?P<action>\w+)")
_ACTIONS = {("firehose", "PutRecord"), ("kinesis", "PutRecord")}
_MIN_TIMEOUT_MILLISECONDS, _MAX_TIMEOUT_MILLISECONDS = 50, 29_000
_LITERAL = re.compile(r"'(?P<text>[^']*)'")


def integration(node: Mapping[str, Any], place: str) -> Integration:
    """Read an integration. Raises ServiceError that names what is wrong or not supported."""
    kind = str(node.get("type", "")).upper()
    if kind == IntegrationType.AWS_PROXY.value:
        return _lambda_proxy(node, place)
    if kind == IntegrationType.AWS.value:
        return _aws_action(node, place)
    if kind == IntegrationType.MOCK.value:
        return _mock(node, place)
    supported = ", ".join(known.value for known in IntegrationType)
    raise bad_request(f"{place}: the local cloud does not support integration type {node.get('type')!r}; {supported}")


def function_arn(uri: Any, place: str) -> str:
    """The function that a URI invokes. Raises ServiceError if it is not one."""
    found = _FUNCTION_URI.fullmatch(str(uri or ""))
    if not found:
        raise bad_request(f"{place}: {uri!r} is not the invoke ARN of a function")
    return found["arn"]


def _lambda_proxy(node: Mapping[str, Any], place: str) -> LambdaProxy:
    arn = function_arn(node.get("uri"), f"{place}.uri")
    if node.get("httpMethod") != "POST":
        raise bad_request(f"{place}.httpMethod: a function is invoked by POST, not {node.get('httpMethod')!r}")
    if node.get("credentials"):
        raise bad_request(f"{place}.credentials: the local cloud supports the function's own policy alone")
    return LambdaProxy(arn, _timeout_seconds(node, place))


def _timeout_seconds(node: Mapping[str, Any], place: str) -> float:
    timeout = node.get("timeoutInMillis", _MAX_TIMEOUT_MILLISECONDS)
    if not isinstance(timeout, int) or not _MIN_TIMEOUT_MILLISECONDS <= timeout <= _MAX_TIMEOUT_MILLISECONDS:
        raise bad_request(f"{place}.timeoutInMillis: Timeout should be between 50 ms and 29000 ms, not {timeout!r}")
    return timeout / 1000


def _aws_action(node: Mapping[str, Any], place: str) -> AwsAction:
    """AWS: an action of a service, by mapping templates."""
    uri = _ACTION_URI.fullmatch(str(node.get("uri", "")))
    if not uri or (uri["service"], uri["action"]) not in _ACTIONS:
        supported = ", ".join(f"{service}:action/{action}" for service, action in sorted(_ACTIONS))
        raise bad_request(f"{place}.uri: the local cloud does not support {node.get('uri')!r}; {supported}")
    if node.get("httpMethod") != "POST":
        raise bad_request(f"{place}.httpMethod: an action is called by POST, not {node.get('httpMethod')!r}")
    if not str(node.get("credentials", "")).startswith("arn:"):
        raise bad_request(f"{place}.credentials: needs the ARN of the role that may call {uri['action']}")
    _check_passthrough(node, place)
    for name, value in node.get("requestParameters", {}).items():
        if name != "integration.request.header.Content-Type" or value != "'application/x-amz-json-1.1'":
            raise bad_request(f"{place}.requestParameters.{name}: the local cloud does not support {value!r}")
    if "default" not in node.get("responses", {}):
        raise bad_request(f"{place}.responses: needs a default")
    return AwsAction(
        uri["service"],
        uri["action"],
        node["credentials"],
        _timeout_seconds(node, place),
        _request_templates(node, place),
        _responses(node, place),
    )


def _request_templates(node: Mapping[str, Any], place: str) -> dict[str, MappingTemplate]:
    return {
        media_type: _template(text, f"{place}.requestTemplates")
        for media_type, text in node.get("requestTemplates", {}).items()
    }


def _responses(node: Mapping[str, Any], place: str) -> dict[str, IntegrationResponse]:
    return {
        pattern: _integration_response(response, f"{place}.responses.{pattern}")
        for pattern, response in node.get("responses", {}).items()
    }


def _integration_response(node: Mapping[str, Any], place: str) -> IntegrationResponse:
    templates = node.get("responseTemplates") or {}
    if set(templates) - {"application/json"}:
        raise bad_request(f"{place}.responseTemplates: the local cloud supports application/json alone")
    template = _template(templates.get("application/json") or "", f"{place}.responseTemplates")
    return IntegrationResponse(int(node["statusCode"]), _literal_headers(node, place), template)


def _template(text: str, place: str) -> MappingTemplate:
    check_template(text)
    try:
        return MappingTemplate(text)
    except ValueError as error:
        raise bad_request(f"{place}: Invalid mapping template: {error}") from None


def _literal_headers(node: Mapping[str, Any], place: str) -> dict[str, str]:
    headers = {}
    for name, value in node.get("responseParameters", {}).items():
        literal = _LITERAL.fullmatch(value)
        if not name.startswith("method.response.header.") or not literal:
            raise bad_request(f"{place}.responseParameters.{name}: the local cloud supports quoted header values alone")
        headers[name.removeprefix("method.response.header.")] = literal["text"]
    return headers


def _mock(node: Mapping[str, Any], place: str) -> Mock:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html."""
    _check_passthrough(node, place)
    return Mock(_request_templates(node, place), _responses(node, place))


def _check_passthrough(node: Mapping[str, Any], place: str) -> None:
    if str(node.get("passthroughBehavior", "")).lower() != "never":
        raise bad_request(f"{place}.passthroughBehavior: the local cloud supports never alone")
