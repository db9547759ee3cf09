"""The mapping templates by which API Gateway puts one event onto a delivery stream, without a function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import cors

RETRY_AFTER_SECONDS = 5
"""How long a client should wait after 503."""


def request(stream: str) -> str:
    """The body of `firehose:PutRecord`: the event, wrapped in one line as the ingest function does.

    The quotation mark is a variable because a string of the template language cannot hold one in every version.
    """
    return (
        "#set($q = '\"')\n"
        "#set($event = $input.json('$'))\n"
        '#set($line = "{${q}id${q}:${q}${context.extendedRequestId}-0${q},'
        '${q}receivedAt${q}:$context.requestTimeEpoch,${q}body${q}:$event}\n")\n'
        f'{{"DeliveryStreamName": {json.dumps(stream)}, "Record": {{"Data": "$util.base64Encode($line)"}}}}'
    )


def _body(message: str) -> str:
    return f'{{"message": {json.dumps(message)}, "errors": [], "requestId": "$context.requestId"}}'


_ACCEPTED = '{"accepted": 1, "errors": [], "requestId": "$context.requestId"}'
_TOO_LONG = _body("The event was not accepted, because it is longer than the 1000 KiB that are allowed")
_UNAVAILABLE = _body("The event was not accepted, because it could not be stored; send it again later")

# The length is all that Firehose can find invalid in a record whose other parts the template makes.
_REFUSED_RECORD = f"""\
#if(!$input.json('$.__type').contains('ValidationException'))
#set($context.responseOverride.status = 503)
#set($context.responseOverride.header.Retry-After = "{RETRY_AFTER_SECONDS}")
{_UNAVAILABLE}
#else
{_TOO_LONG}
#end"""


def responses(origins: Sequence[str]) -> dict[str, Any]:
    """What the client is answered, by the status that Firehose answers; API Gateway keeps one for each status of ours.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
    """
    return {
        "2\\d{2}": _response("200", _ACCEPTED, origins),
        "400": _response("413", _REFUSED_RECORD, origins),
        "default": _response("503", _UNAVAILABLE, origins, {"Retry-After": str(RETRY_AFTER_SECONDS)}),
    }


def _response(
    status: str, template: str, origins: Sequence[str], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    mapped = cors.parameters({**(headers or {}), **cors.response_headers(origins, "Retry-After")})
    return {
        "statusCode": status,
        **({"responseParameters": mapped} if mapped else {}),
        "responseTemplates": {"application/json": cors.origin_template(origins) + template},
    }
