"""The mapping templates by which API Gateway puts events onto a stream of Firehose or Kinesis, without a function.

They use `$input.json`, `$input.path`, `$input.params`, `$util.base64Encode` and `$context`, which API Gateway gives:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html. The rest is
Apache Velocity, whose strings and lists have Java's methods (`startsWith`, `matches`, `replace`, `contains`, `length`,
`size`):
https://velocity.apache.org/engine/1.7/vtl-reference.html.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from . import cors
from .limits import IDEMPOTENCY_KEY_PATTERN, IDEMPOTENCY_KEY_RULE, MAX_EVENTS, RETRY_AFTER_SECONDS
from .model import ANY_ORIGIN, Authentication, Contract

KEY_HEADER = "Idempotency-Key"
JSON, PLAIN_TEXT = "application/json", "text/plain"
MAX_BASE64_CHARACTERS = 1000 * 1024 // 3 * 4
"""Of what is put: Firehose, which reads the data stream, takes records of 1,000 KiB, a data stream somewhat longer ones
(https://docs.aws.amazon.com/firehose/latest/dev/limits.html)."""


class StreamService(StrEnum):
    """What keeps accepted events first."""

    FIREHOSE = "firehose"
    """A delivery stream of Data Firehose."""
    KINESIS = "kinesis"
    """A data stream of Kinesis, which others read."""


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

# API Gateway enforces neither minItems nor maxItems of a model, and #foreach ends silently after 1,000 rounds:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html and
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html.
# What one template overrides of the request, that of the response can read. No path has these parameters, so nothing
# else comes of it: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html;
# that it lasts was recorded on AWS in https://github.com/localstack/localstack/pull/11799.
_COUNT = f"""\
#set($body = $input.json('$'))
#set($isArray = $body.startsWith('['))
#set($count = 1)
#if($isArray)
#set($count = $input.path('$').size())
#end
#set($context.requestOverride.path.accepted = "$count")
#set($isBadCount = $count == 0 || $count > {MAX_EVENTS})
#if($count == 0)
#set($context.requestOverride.path.fault = "holds no event")
#elseif($isBadCount)
#set($context.requestOverride.path.fault = "holds $count events; send at most {MAX_EVENTS} in one request")
#end
"""

# One event, wrapped in one line as the ingest function does.
_LINE = """\
#set($member = '')
#if($key != '')
#set($member = "${q}key${q}:${q}${key}-${index}${q},")
#end
#set($lines = "${lines}{${q}id${q}:${q}${context.extendedRequestId}-${index}${q},\
${q}receivedAt${q}:$context.requestTimeEpoch,${member}${q}body${q}:$event}
")
"""

_LINES = f"""\
#set($lines = '')
#set($root = '$')
#if($isArray)
#foreach($each in $input.path('$'))
#set($index = $foreach.index)
#set($event = $input.json("${{root}}[${{index}}]"))
{_LINE}#end
#else
#set($index = 0)
#set($event = $body)
{_LINE}#end
"""


def media_types(contract: Contract) -> tuple[str, ...]:
    """The content types of bodies, which are JSON in any case.

    With `text/plain` a page's script may post without asking first, whatever its origin
    (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). So only where any origin may, and where no
    credentials are wanted, which a browser could add by itself.
    """
    is_open = contract.allowed_origins == (ANY_ORIGIN,) and contract.authentication is Authentication.NONE
    return (JSON, PLAIN_TEXT) if is_open else (JSON,)


def request(stream: str, service: StreamService) -> str:
    """The body of PutRecord of a service: one record, with a line for each event of the body.

    With an Idempotency-Key that cannot be one, or with too many events, there is no record, which the service refuses.
    """
    return (
        f"{_KEY}{_COUNT}"
        "#if($isBadKey || $isBadCount)\n"
        f"{_NO_RECORD[service] % json.dumps(stream)}\n"
        f"#else\n{_LINES}"
        f"{_RECORD[service] % json.dumps(stream)}\n"
        "#end"
    )


_NO_RECORD = {
    StreamService.FIREHOSE: '{"DeliveryStreamName": %s}',
    StreamService.KINESIS: '{"StreamName": %s}',
}
# The partition key is another one for each request, so that all shards get as much:
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
_RECORD = {
    StreamService.FIREHOSE: '{"DeliveryStreamName": %s, "Record": {"Data": "$util.base64Encode($lines)"}}',
    StreamService.KINESIS: f"""\
#set($data = $util.base64Encode($lines))
{{"StreamName": %s#if($data.length() <= {MAX_BASE64_CHARACTERS}), "Data": "$data", \
"PartitionKey": "$context.extendedRequestId"#end}}""",
}


def _body(message: str) -> str:
    return f'{{"message": {json.dumps(message)}, "errors": [], "requestId": "$context.extendedRequestId"}}'


# Of what the request's template leaves there is no page of AWS's own, so the answer is JSON without it, too.
_ACCEPTED = (
    "#set($accepted = $context.requestOverride.path.accepted)#if(!$accepted)#set($accepted = 1)#end"
    '{"accepted": $accepted, "errors": [], "requestId": "$context.extendedRequestId"}'
)
_TOO_LONG = _body("Nothing was accepted, because the events are longer than the 1000 KiB that are allowed together")
_UNAVAILABLE = _body("Nothing was accepted, because it could not be stored; send it again later")


def _fault(field: str, reason: str) -> str:
    subject = f"the {field}" if field == "body" else field
    return (
        f'{{"message": "Nothing was accepted: {subject} {reason}", '
        f'"errors": [{{"index": 0, "field": "{field}", "reason": "{reason}"}}], '
        '"requestId": "$context.extendedRequestId"}'
    )


# Beside the missing record, its length is all that Firehose can find invalid: the template makes the other parts.
# Kinesis answers 400 for what passes as well, such as a shard that has no room this second.
_REFUSED_RECORD = f"""\
{_KEY}#if($isBadKey)
#set($context.responseOverride.status = 400)
{_fault(KEY_HEADER, IDEMPOTENCY_KEY_RULE)}
#elseif($context.requestOverride.path.fault)
#set($context.responseOverride.status = 400)
{_fault("body", "$context.requestOverride.path.fault")}
#elseif(!$input.json('$.__type').contains('ValidationException'))
#set($context.responseOverride.status = 503)
#set($context.responseOverride.header.Retry-After = "{RETRY_AFTER_SECONDS}")
{_UNAVAILABLE}
#else
{_TOO_LONG}
#end"""


def responses(origins: Sequence[str]) -> dict[str, Any]:
    """What the client is answered, by the status that the service answers; API Gateway keeps one for each of ours.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html and
    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
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
