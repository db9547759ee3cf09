"""What of an answer is not as the service's model in botocore has it: a strict reading of what went over the wire.

botocore's own parsers forgive: they skip members that they do not know, and convert what they can. Nothing is
forgiven here.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.etree import ElementTree

from botocore.model import OperationModel, ServiceModel, Shape
from werkzeug import Response
from werkzeug.datastructures import Headers

from .response_values import Problems, in_json, in_text, in_xml, local_name, structure

_USUAL_HEADERS = {"x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "x-amzn-errortype"}
# Errors of all operations, with the statuses documented. By protocol: https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html,
# with 400 in the JSON protocol: https://docs.aws.amazon.com/firehose/latest/APIReference/CommonErrors.html;
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html;
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
_COMMON_JSON = {
    "AccessDeniedException": {400, 403},
    "ExpiredTokenException": {400, 403},
    "IncompleteSignatureException": {400, 403},
    "InternalFailure": {500},
    "InvalidSignatureException": {400, 403},
    "MissingAuthenticationTokenException": {400, 403},
    "RequestEntityTooLargeException": {413},
    "SerializationException": {400},
    "UnknownOperationException": {400, 404},
    "UnrecognizedClientException": {400, 403},
    "ValidationException": {400},
}
_COMMON_QUERY = {
    "AccessDenied": {403},
    "ExpiredToken": {403},
    "IncompleteSignature": {400, 403},
    "InternalFailure": {500},
    "InvalidAction": {400},
    "InvalidClientTokenId": {403},
    "MissingAuthenticationToken": {403},
    "SignatureDoesNotMatch": {403},
    "ValidationError": {400},
}
_COMMON_S3 = {
    "AccessDenied": {403},
    "AuthorizationHeaderMalformed": {400},
    "AuthorizationQueryParametersError": {400},
    "EntityTooLarge": {400},
    "EntityTooSmall": {400},
    "ExpiredToken": {400},
    "InternalError": {500},
    "InvalidAccessKeyId": {403},
    "InvalidArgument": {400},
    "InvalidPolicyDocument": {400},
    "InvalidRequest": {400},
    "InvalidToken": {400},
    "KeyTooLongError": {400},
    "MalformedPOSTRequest": {400},
    "MaxPostPreDataLengthExceededError": {400},
    "NoSuchBucket": {404},
    "NoSuchKey": {404},
    "NoSuchVersion": {404},
    "PreconditionFailed": {412},
    "RequestTimeTooSkewed": {403},
    "SignatureDoesNotMatch": {403},
    "XAmzContentSHA256Mismatch": {400},
}
_COMMON_CLOUDFRONT = {**_COMMON_QUERY, "InvalidArgument": {400}, "MalformedXML": {400}}
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_COMMON_EC2 = {"UnauthorizedOperation": {403}}
_COMMON_ERRORS = {
    "json": _COMMON_JSON,
    "rest-json": _COMMON_JSON,
    "query": _COMMON_QUERY,
    "rest-xml": _COMMON_S3,
    "ec2": _COMMON_EC2,
}
_UNSUPPORTED = "NotImplemented"
"""The local cloud's own word for what it does not support, with status 501."""
_UNANSWERED = "RequestWouldTimeOut"
"""Its own word for a request out of a VPC that does not come to the service, with status 400: AWS gives no answer."""


class Question(NamedTuple):
    """What an answer is held against; `operation` is None where the model does not have it."""

    service: ServiceModel
    protocol: str
    operation: OperationModel | None


def problems(question: Question, answer: Response) -> Problems:
    """What is wrong with an answer."""
    request_id = "x-amz-request-id" if _is_s3(question) else "x-amzn-requestid"
    if not answer.headers.get(request_id):
        yield f"the header {request_id} is missing"
    if answer.status_code >= 300:
        yield from _error(question, answer)
    elif question.operation is None:
        yield "the model has no such operation, and it was answered"
    elif _is_s3(question):
        yield "this check does not know answers of S3"
    else:
        yield from _output(question, question.operation, answer)


def _output(question: Question, operation: OperationModel, answer: Response) -> Problems:
    shape = operation.output_shape
    located = {
        name: member for name, member in (shape.members if shape else {}).items() if "location" in member.serialization
    }
    has_status = any(member.serialization["location"] == "statusCode" for member in located.values())
    status = operation.http.get("responseCode", 200)
    if not has_status and answer.status_code != status:
        yield f"the status is {answer.status_code}, and not {status}"
    yield from _headers(shape, located, answer.headers)
    payload = shape and shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        return
    if question.protocol == "query":
        yield from _query_body(question, operation, answer)
    elif question.protocol == "rest-xml":
        if payload:
            root = ElementTree.fromstring(answer.get_data())
            if local_name(root) != payload:
                yield f"the root is {root.tag}, and not {payload}"
            yield from in_xml(shape.members[payload], root, operation.name)
        elif answer.get_data():
            yield "there is a body, and the operation has no output"
    elif answer.get_data() or (shape and len(located) < len(shape.members)):
        yield from _content_type(question, answer)
        body, problem = _json(answer.get_data())
        yield from problem
        if shape is None and body:
            yield f"the body is {json.dumps(body)[:100]}, and the operation has no output"
        elif shape and not problem:
            yield from in_json(shape.members[payload] if payload else shape, body, operation.name)


def _headers(shape: Shape | None, located: Mapping[str, Shape], headers: Headers) -> Problems:
    known = set(_USUAL_HEADERS)
    for name, member in located.items():
        if member.serialization["location"] != "header":
            continue
        header = member.serialization["name"]
        known.add(header.lower())
        if header in headers:
            yield from in_text(member, headers[header], f"the header {header}", "rfc822")
        elif shape and name in shape.required_members:
            yield f"the header {header} is missing"
    for header, _ in headers:
        if header.lower().startswith("x-amz") and header.lower() not in known:
            yield f"the header {header} is not in the model"


def _query_body(question: Question, operation: OperationModel, answer: Response) -> Problems:
    if answer.headers.get("Content-Type", "").partition(";")[0] != "text/xml":
        yield f"the content type is {answer.headers.get('Content-Type')}, and not text/xml"
    root = ElementTree.fromstring(answer.get_data())
    if question.protocol == "ec2":
        members = {local_name(child): child.text or "" for child in root.find("Errors/Error") or ()}
        found = [] if root.tag == "Response" and root.find("RequestID") is not None else ["it is no <Response> of EC2"]
        return members.pop("Code", ""), members, found
    namespace = question.service.metadata["xmlNamespace"]
    if root.tag != f"{{{namespace}}}{operation.name}Response":
        yield f"the root is {root.tag}, and not {operation.name}Response of {namespace}"
    parts = {local_name(child): child for child in root}
    request_id = parts.pop("ResponseMetadata", ElementTree.Element("none")).find(f"{{{namespace}}}RequestId")
    if request_id is None or request_id.text != answer.headers.get("x-amzn-requestid"):
        yield "ResponseMetadata has not the RequestId of the header"
    shape = operation.output_shape
    wrapper = shape.serialization.get("resultWrapper", "") if shape else f"{operation.name}Result"
    result = parts.pop(wrapper, None)
    if parts:
        yield f"<{'>, <'.join(parts)}> is not a part of an answer"
    if shape and result is None:
        yield f"<{wrapper}> is missing"
    elif shape and result is not None:
        yield from in_xml(shape, result, operation.name)


def _error(question: Question, answer: Response) -> Problems:
    code, members, found = _read_error(question, answer)
    yield from found
    if code == _UNANSWERED and answer.status_code == 400:
        return
    if code == _UNSUPPORTED:
        if answer.status_code != 501 or "local cloud" not in str(members).lower():
            yield f"{code} is not said by the local cloud with the status 501"
        return
    common = _COMMON_ERRORS[question.protocol]
    if question.protocol == "rest-xml" and not _is_s3(question):
        common = _COMMON_CLOUDFRONT
    if "awsQueryCompatible" in question.service.metadata and answer.headers.get("x-amzn-query-error"):
        common = _COMMON_QUERY
    modelled = {error.error_code: error for error in (question.operation.error_shapes if question.operation else [])}
    if code in modelled:
        # botocore's metadata leave out whose fault an error is.
        usual = 500 if modelled[code]._shape_model.get("fault") else 400
        statuses = {modelled[code].metadata.get("error", {}).get("httpStatusCode", usual)}
        if not modelled[code].members:
            # EventBridge's model leaves the message out, which its answers carry.
            members = {name: value for name, value in members.items() if name.lower() != "message"}
        if question.protocol in ("json", "rest-json"):
            yield from structure(modelled[code], members, code, in_json)
    elif code in common:
        statuses = common[code]
        # Lambda's errors say of each whether the user or the service is to blame.
        if {name.lower() for name in members} - {"type"} != {"message"}:
            yield f"{code} has {', '.join(members) or 'nothing'}, and not a message"
    else:
        yield f"the error {code!r} is not one of the operation's"
        return
    if answer.status_code not in statuses:
        yield f"{code} has the status {answer.status_code}, and not {' or '.join(map(str, statuses))}"


def _read_error(question: Question, answer: Response) -> tuple[str, dict[str, Any], list[str]]:
    """The code, the other members, and what is wrong with how they are written."""
    if question.protocol in ("query", "rest-xml", "ec2"):
        return _read_xml_error(question, answer)
    found = list(_content_type(question, answer))
    members, problem = _json(answer.get_data())
    if not isinstance(members, dict):
        return "", {}, [*found, *problem, "the error is no JSON object"]
    header = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    written = members.pop("__type", header) if question.protocol == "json" else header
    return written.rpartition("#")[2], members, found


def _read_xml_error(question: Question, answer: Response) -> tuple[str, dict[str, Any], list[str]]:
    root = ElementTree.fromstring(answer.get_data())
    if _is_s3(question):
        members = {local_name(child): child.text or "" for child in root}
        is_error = root.tag == "Error" and "RequestId" in members
        found = [] if is_error else ["the body is not an <Error> with a <RequestId>"]
        return members.get("Code", ""), {"Message": members.get("Message", "")}, found
    if question.protocol == "ec2":
        members = {local_name(child): child.text or "" for child in root.find("Errors/Error") or ()}
        found = [] if root.tag == "Response" and root.find("RequestID") is not None else ["it is no <Response> of EC2"]
        return members.pop("Code", ""), members, found
    # That of CloudFront stands at its requests, and not in the metadata.
    namespace = question.service.metadata.get("xmlNamespace", "")
    error = root.find(f"{{{namespace}}}Error")
    if (
        root.tag.rpartition("}")[2] != "ErrorResponse"
        or error is None
        or root.find(f"{{{namespace}}}RequestId") is None
    ):
        return "", {}, [f"the body is not an <ErrorResponse> of {namespace} with an <Error> and a <RequestId>"]
    members = {local_name(child): child.text or "" for child in error}
    side = "Sender" if answer.status_code < 500 else "Receiver"
    found = [] if members.pop("Type", "") == side else [f"<Type> is not {side}"]
    return members.pop("Code", ""), members, found


def _is_s3(question: Question) -> bool:
    return question.service.signing_name == "s3"


def _content_type(question: Question, answer: Response) -> Problems:
    version = question.service.metadata.get("jsonVersion")
    wanted = f"application/x-amz-json-{version}" if question.protocol == "json" else "application/json"
    if answer.headers.get("Content-Type") != wanted:
        yield f"the content type is {answer.headers.get('Content-Type')}, and not {wanted}"


def _json(content: bytes) -> tuple[Any, list[str]]:
    try:
        return json.loads(content or b"{}", parse_constant=_no_constant), []
    except ValueError as error:
        return None, [f"the body is no JSON: {error}"]


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
