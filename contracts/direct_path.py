"""The mapping templates by which API Gateway puts one event onto a delivery stream, without a function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from . import cors
from .limits import IDEMPOTENCY_KEY_PATTERN, IDEMPOTENCY_KEY_RULE, RETRY_AFTER_SECONDS

KEY_HEADER = "Idempotency-Key"

# The quotation mark is a variable because a string of the template language cannot hold one in every version. Names of
# parameters are case-sensitive, and HTTP/2 writes them small. The key may come in quotation marks.
_KEY = f"""\
#set($q = '"')
#set($key = $input.params('{KEY_HEADER}'))
#if($key == '')
#set($key = $input.params('{KEY_HEADER.lower()}'))
#end
#set($key = $key.replace($q, ''))
#set($isBadKey = $key != '' && !$key.matches('{IDEMPOTENCY_KEY_PATTERN}'))
"""


def request(stream: str) -> str:
    """The body of `firehose:PutRecord`: the event, wrapped in one line as the ingest function does.

    With an Idempotency-Key that cannot be one there is no record, which Firehose refuses.
    """
    return (
        f"{_KEY}"
        "#set($event = $input.json('$'))\n"
        "#set($member = '')\n"
        "#if($key != '')\n"
        '#set($member = "${q}key${q}:${q}${key}-0${q},")\n'
        "#end\n"
        '#set($line = "{${q}id${q}:${q}${context.extendedRequestId}-0${q},'
        '${q}receivedAt${q}:$context.requestTimeEpoch,${member}${q}body${q}:$event}\n")\n'
        "#if($isBadKey)\n"
        f'{{"DeliveryStreamName": {json.dumps(stream)}}}\n'
        "#else\n"
        f'{{"DeliveryStreamName": {json.dumps(stream)}, "Record": {{"Data": "$util.base64Encode($line)"}}}}\n'
        "#end"
    )


def _body(message: str) -> str:
    return f'{{"message": {json.dumps(message)}, "errors": [], "requestId": "$context.extendedRequestId"}}'


_ACCEPTED = '{"accepted": 1, "errors": [], "requestId": "$context.extendedRequestId"}'
_TOO_LONG = _body("The event was not accepted, because it is longer than the 1000 KiB that are allowed")
_UNAVAILABLE = _body("The event was not accepted, because it could not be stored; send it again later")

_BAD_KEY = (
    f'{{"message": "The event was not accepted: {KEY_HEADER} {IDEMPOTENCY_KEY_RULE}", '
    f'"errors": [{{"index": 0, "field": "{KEY_HEADER}", "reason": "{IDEMPOTENCY_KEY_RULE}"}}], '
    '"requestId": "$context.extendedRequestId"}'
)

# Beside the missing record, its length is all that Firehose can find invalid: the template makes the other parts.
_REFUSED_RECORD = f"""\
{_KEY}#if($isBadKey)
#set($context.responseOverride.status = 400)
{_BAD_KEY}
#elseif(!$input.json('$.__type').contains('ValidationException'))
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
