"""The mapping templates by which API Gateway puts one event onto a delivery stream, without a function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import json
from typing import Any

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
{_UNAVAILABLE}
#else
{_TOO_LONG}
#end"""

RESPONSES: dict[str, Any] = {
    "2\\d{2}": {"statusCode": "200", "responseTemplates": {"application/json": _ACCEPTED}},
    "400": {"statusCode": "413", "responseTemplates": {"application/json": _REFUSED_RECORD}},
    "default": {
        "statusCode": "503",
        "responseParameters": {"method.response.header.Retry-After": f"'{RETRY_AFTER_SECONDS}'"},
        "responseTemplates": {"application/json": _UNAVAILABLE},
    },
}
"""What the client is answered, by the status that Firehose answers; API Gateway keeps one for each status of ours.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
"""
