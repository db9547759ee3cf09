"""What AWS answers to a caller who may not do what was asked.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html. Services with a JSON protocol answer
400, the others 403 (https://docs.aws.amazon.com/firehose/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
"""

from enum import Enum

from ..service_error import Protocol, ServiceError
from .accesses import Access
from .callers import Anonymous, Caller


class Reason(Enum):
    """Why access is denied, in the words that follow the resource; `{action}` stands for the action."""

    NO_IDENTITY_POLICY = "because no identity-based policy allows the {action} action"
    IDENTITY_POLICY_DENIES = "with an explicit deny in an identity-based policy"
    RESOURCE_POLICY_DENIES = "with an explicit deny in a resource-based policy"
    NO_TRUST = ""


def access_denied(
    caller: Caller | Anonymous, access: Access, reason: Reason, service: str, protocol: Protocol
) -> ServiceError:
    """The caller may not do this."""
    if isinstance(caller, Anonymous):
        return ServiceError("AccessDenied", "Access Denied", 403)
    # SQS alone writes actions small, S3 alone puts its resources into quotes.
    action = access.action.lower() if service == "sqs" else access.action
    resource = f'"{access.resource}"' if service == "s3" else access.resource
    why = reason.value.format(action=action)
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {why}".rstrip()
    if service == "sqs" or protocol in (Protocol.QUERY, Protocol.REST_XML):
        return ServiceError("AccessDenied", message, 403)
    return ServiceError("AccessDeniedException", message, _status(protocol))


def unsupported(what: str) -> ServiceError:
    """Something that the local cloud does not know stands in the way of a decision."""
    return ServiceError("NotImplemented", f"The local cloud does not support {what}", 501)


def _status(protocol: Protocol) -> int:
    return 400 if protocol is Protocol.JSON else 403
