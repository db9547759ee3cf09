"""Takes events from API Gateway (Lambda proxy integration), checks each against its contract, stores the good ones.

Answers 202 when any event was accepted (`errors` names the others by index), 400 when none was valid, and 503 when
none could be stored. Accepted means stored: on the source's stream, or on the dead-letter queue.
"""

import functools
import importlib
import json
import os
import time
from typing import Any

import body
import pack
import signature
import stream
from delivery import Delivery
from shared import envelope, json_service, metrics
from shared.limits import MAX_RECORD_BYTES, RETRY_AFTER_SECONDS

_ROUTES: dict[str, str] = json.loads(os.environ["ROUTES"])
_STREAMS: dict[str, str] = json.loads(os.environ["STREAMS"])
_CONTRACTS = {source: importlib.import_module(f"compiled.{source}") for source in _ROUTES.values()}
_CORS: dict[str, dict[str, Any]] = json.loads(os.environ.get("CORS", "{}"))
"""By source what lets the script of a page read the answer: headers, and origins that are to be named if they ask."""
_SIGNATURES: dict[str, dict[str, str]] = json.loads(os.environ.get("SIGNATURES", "{}"))
"""By source the header of its signatures, and the secret that they are made with."""

_counted = metrics.line(("Accepted", "Refused", "DeadLettered"))


@functools.cache
def _client(service: str, attempts: int) -> Any:
    """A client of boto3, imported when it is needed: the start of the function is shorter so."""
    import boto3
    from botocore.config import Config

    connect, read = json_service.CONNECT_TIMEOUT_SECONDS, json_service.READ_TIMEOUT_SECONDS
    return boto3.client(
        service, config=Config(connect_timeout=connect, read_timeout=read, retries={"total_max_attempts": attempts})
    )


_secrets = signature.Secrets(lambda: _client("secretsmanager", attempts=2))
_delivery = Delivery(
    stream.of(os.environ.get("STREAM_SERVICE", "firehose"), os.environ),
    lambda: _client("sqs", attempts=1),
    os.environ["DEAD_LETTER_QUEUE_URL"],
)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one request."""
    source = _ROUTES[event["resource"]]
    answer = _handle(source, event)
    answer["headers"] |= _cors(source, body.header(event, "origin"))
    return answer


def _handle(source: str, event: dict[str, Any]) -> dict[str, Any]:
    request_id = _request_id(event)
    refusal = _unsigned(source, event) if source in _SIGNATURES else None
    if refusal:
        return refusal
    try:
        key = body.idempotency_key(event)
    except body.BadKey as error:
        _count(request_id, source, refused=1)
        return _refuse(request_id, [{"index": 0, "field": body.IDEMPOTENCY_KEY, "reason": str(error)}])
    try:
        parsed = body.events(event, _CONTRACTS[source].UNPACK)
    except body.BadBody as error:
        _count(request_id, source, refused=1)
        return _refuse(request_id, [{"index": 0, "field": "body", "reason": str(error)}], error.status)
    lines, errors = _checked(source, parsed, event["requestContext"], key)
    refused = len({error["index"] for error in errors})
    if not lines:
        _count(request_id, source, refused=refused)
        return _refuse(request_id, errors)
    outcome = _delivery.send(source, _STREAMS[source], pack.records(lines), request_id)
    lost = [index for record in outcome.lost for index in record.indexes]
    errors += [{"index": index, "field": "event", "reason": "could not be stored; send it again"} for index in lost]
    accepted = len(lines) - len(lost)
    dead_lettered = sum(len(record.indexes) for record in outcome.dead_lettered)
    _count(request_id, source, accepted, refused, dead_lettered, len(lost))
    if not accepted:
        return _unavailable(request_id, errors)
    errors.sort(key=lambda error: error["index"])
    return _answer(202, {"accepted": accepted, "errors": errors, "requestId": request_id})


def _count(
    request_id: str, source: str, accepted: int = 0, refused: int = 0, dead_lettered: int = 0, lost: int = 0
) -> None:
    """Print what became of a request's events; a body that cannot be read counts as one event."""
    members = {
        "level": "INFO",
        "extendedRequestId": request_id,
        "source": source,
        "Accepted": accepted,
        "Refused": refused,
        "DeadLettered": dead_lettered,
        "lost": lost,
    }
    print(_counted(int(time.time() * 1000), members))


def _request_id(event: dict[str, Any]) -> str:
    """What the request is called from here to the table: the extended id, since a client can choose the plain one."""
    return str(event["requestContext"]["extendedRequestId"])


def _unsigned(source: str, event: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a request whose signature is not right, or cannot be checked; None if it is right."""
    request_id, expected = _request_id(event), _SIGNATURES[source]
    try:
        secrets = _secrets.of(expected["secret"])
    except signature.NoSecretError as error:
        reason = f"the secret cannot be read: {error}"
        print(json.dumps({"level": "ERROR", "extendedRequestId": request_id, "source": source, "reason": reason}))
        return _unavailable(request_id, [{"index": 0, "field": "body", "reason": "its signature could not be checked"}])
    if signature.is_right(event, expected["header"], secrets):
        return None
    reason = f"the signature in {expected['header']} is missing or wrong"
    print(json.dumps({"level": "INFO", "extendedRequestId": request_id, "source": source, "reason": reason}))
    return _answer(403, {"message": f"No event was accepted: {reason}", "errors": [], "requestId": request_id})


def _checked(
    source: str, parsed: body.Parsed, context: dict[str, Any], key: str
) -> tuple[dict[int, bytes], list[dict[str, Any]]]:
    """The lines of the valid events by index, and the errors of the others."""
    check = _CONTRACTS[source].check
    received_at = envelope.iso(context["requestTimeEpoch"])
    lines: dict[int, bytes] = {}
    errors = list(parsed.errors)
    for index, item in parsed.events.items():
        _, problems = check(item)
        if problems:
            errors += [{"index": index, **problem} for problem in problems]
            continue
        identifier, of_event = f"{context['extendedRequestId']}-{index}", f"{key}-{index}" if key else ""
        try:
            line = envelope.write(envelope.Envelope(identifier, received_at, item, of_event))
        except (ValueError, RecursionError):
            # The check looks at no value under a name that is never kept, and the line is nested deeper than the event.
            errors.append({"index": index, "field": "event", "reason": "holds a value that is not JSON text"})
            continue
        if len(line) > MAX_RECORD_BYTES:
            reason = f"is {len(line)} bytes long; an event may have {MAX_RECORD_BYTES}"
            errors.append({"index": index, "field": "event", "reason": reason})
        else:
            lines[index] = line
    return lines, errors


def _cors(source: str, origin: str) -> dict[str, str]:
    """The headers of the protocol: https://fetch.spec.whatwg.org/#http-cors-protocol."""
    if source not in _CORS:
        return {}
    named = {"Access-Control-Allow-Origin": origin} if origin in _CORS[source]["origins"] else {}
    return {**_CORS[source]["headers"], **named}


def _refuse(request_id: str, errors: list[dict[str, Any]], status: int = 400) -> dict[str, Any]:
    message = "No event was accepted: " + "; ".join(f"{error['field']} {error['reason']}" for error in errors[:3])
    return _answer(status, {"message": message, "errors": errors, "requestId": request_id})


def _unavailable(request_id: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    message = "No event was accepted, because none could be stored; send them again later"
    answer = _answer(503, {"message": message, "errors": errors, "requestId": request_id})
    answer["headers"]["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _answer(status: int, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(content, ensure_ascii=False),
    }
