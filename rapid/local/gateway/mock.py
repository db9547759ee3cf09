"""MOCK integration: nothing is called; the request's template says the status of what would have answered.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

import json
import logging

from werkzeug import Response

from . import gateway_responses, integration_response
from .api import Mock, Passthrough
from .context import RequestContext
from .mapping_template import MappingTemplate, TemplateError

_log = logging.getLogger(__name__)


def answer(mock: Mock, context: RequestContext) -> Response:
    """Answer the client. Raises GatewayError."""
    template = mock.request_templates.get(context.media_type)
    if template is None and mock.passthrough is Passthrough.NEVER:
        raise gateway_responses.unsupported_media_type()
    try:
        status = json.loads(_said(template, context))["statusCode"]
    except TemplateError as error:
        _log.error("%s %s: %s", context.request.method, context.resource_path, error)
        raise gateway_responses.bad_template(str(error)) from None
    except (ValueError, KeyError, TypeError):
        _log.error("%s: Unable to parse statusCode. It should be an integer", context.resource_path)
        raise gateway_responses.misconfigured() from None
    context.integration_status = status
    return integration_response.answer(mock.responses, status, "", context)


def _said(template: MappingTemplate | None, context: RequestContext) -> str:
    """What the integration is told; a body that nothing depends on is not read."""
    if template is None:
        return context.body
    return (template.constant or template.render(context.body, context)).text
