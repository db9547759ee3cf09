"""What a client is answered, by what an integration answered.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
"""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus

from werkzeug import Response

from . import gateway_responses
from .api import IntegrationResponse
from .context import RequestContext
from .mapping_template import TemplateError

_log = logging.getLogger(__name__)


def answer(responses: Mapping[str, IntegrationResponse], status: int, body: str, context: RequestContext) -> Response:
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
