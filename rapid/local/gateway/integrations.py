"""Integrations that mapping templates make: an action of a service, and MOCK, which calls nothing.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

from werkzeug import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from . import gateway_responses
from .api import AwsAction, IntegrationResponse, Mock
from .context import RequestContext
from .mapping_template import TemplateError

_log = logging.getLogger(__name__)

Service = Callable[[Request, str], Response]
"""Answers a request that is made with a role, given the role's ARN."""

_TARGETS = {"firehose": "Firehose_20150804", "kinesis": "Kinesis_20131202"}


def call_action(integration: AwsAction, services: Mapping[str, Service], context: RequestContext) -> Response:
    """Call the action and answer the client. Raises GatewayError."""
    template = integration.request_templates.get(context.media_type)
    if template is None:
        raise gateway_responses.unsupported_media_type()
    try:
        sent = template.render(context.body, context).text
    except TemplateError as error:
        _log.error("%s %s: %s", context.request.method, context.resource_path, error)
        raise gateway_responses.bad_template(str(error)) from None
    answer = services[integration.service](_request(integration, sent), integration.role_arn)
    said = answer.get_data(as_text=True)
    if answer.status_code >= 400:
        # As in API Gateway's own execution log.
        _log.warning("%s: Endpoint response body before transformations: %s", context.resource_path, said)
    context.integration_status = answer.status_code
    return _answer(integration.responses, answer.status_code, said, context)


def _request(integration: AwsAction, body: str) -> Request:
    builder = EnvironBuilder(
        path="/",
        method="POST",
        data=body.encode(),
        content_type="application/x-amz-json-1.1",
        headers=Headers({"X-Amz-Target": f"{_TARGETS[integration.service]}.{integration.action}"}),
    )
    return Request(builder.get_environ())


def answer_by_mock(mock: Mock, context: RequestContext) -> Response:
    """Answer the client without calling anything: the request's template says the status. Raises GatewayError.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    """
    template = mock.request_templates.get(context.media_type)
    if template is None:
        raise gateway_responses.unsupported_media_type()
    try:
        status = json.loads((template.constant or template.render(context.body, context)).text)["statusCode"]
    except TemplateError as error:
        _log.error("%s %s: %s", context.request.method, context.resource_path, error)
        raise gateway_responses.bad_template(str(error)) from None
    except (ValueError, KeyError, TypeError):
        _log.error("%s: Unable to parse statusCode. It should be an integer", context.resource_path)
        raise gateway_responses.misconfigured() from None
    context.integration_status = status
    return _answer(mock.responses, status, "", context)


def _answer(responses: Mapping[str, IntegrationResponse], status: int, body: str, context: RequestContext) -> Response:
    """The response that is declared for a status. Raises GatewayError."""
    chosen = _choose(responses, str(status))
    if chosen is None:
        _log.error("%s: No match for output mapping and no default output mapping configured", context.resource_path)
        raise gateway_responses.misconfigured()
    try:
        rendered = chosen.template.render(body, context)
    except TemplateError as error:
        _log.error("%s: Unable to transform response: %s", context.resource_path, error)
        raise gateway_responses.misconfigured() from None
    headers = {"Content-Type": "application/json", **chosen.headers, **rendered.headers}
    answered = rendered.status or chosen.status
    return Response("" if answered == HTTPStatus.NO_CONTENT else rendered.text, answered, headers)


def _choose(responses: Mapping[str, IntegrationResponse], status: str) -> IntegrationResponse | None:
    for pattern, response in responses.items():
        if pattern != "default" and (pattern == status or re.fullmatch(pattern, status)):
            return response
    return responses.get("default")
