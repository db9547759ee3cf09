"""AWS integration: the body becomes a request to a service by a template, its answer the client's by another.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
"""

import logging
from collections.abc import Callable, Mapping

from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from . import gateway_responses, integration_response
from .api import AwsAction
from .context import RequestContext
from .mapping_template import TemplateError

_log = logging.getLogger(__name__)

Service = Callable[[Request, str], Response]
"""Answers a request that is made with a role, given the role's ARN."""

_TARGETS = {"firehose": "Firehose_20150804"}


def call(integration: AwsAction, services: Mapping[str, Service], context: RequestContext) -> Response:
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
    return integration_response.answer(integration.responses, answer.status_code, said, context)


def _request(integration: AwsAction, body: str) -> Request:
    builder = EnvironBuilder(
        path="/",
        method="POST",
        data=body.encode(),
        content_type="application/x-amz-json-1.1",
        headers={"X-Amz-Target": f"{_TARGETS[integration.service]}.{integration.action}"},
    )
    return Request(builder.get_environ())
