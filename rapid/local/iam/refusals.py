"""What AWS answers to a caller who may not do what was asked, and to a signature that does not hold.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html. Services with a JSON protocol answer
400, the others 403 (https://docs.aws.amazon.com/firehose/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
"""

from collections.abc import Mapping
from enum import Enum, auto

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
    if service == "ec2":
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: its own code.
        return ServiceError(
            "UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403
        )
    # Services that spoke the query protocol before keep its code.
    if service in ("monitoring", "sqs") or protocol in (Protocol.QUERY, Protocol.REST_XML):
        return ServiceError("AccessDenied", message, 403)
    # https://docs.aws.amazon.com/quicksight/latest/APIReference/API_DescribeDashboard.html: 401, others answer 403.
    rest_status = 401 if service == "quicksight" else 403
    return ServiceError("AccessDeniedException", message, 400 if protocol is Protocol.JSON else rest_status)


class Fault(Enum):
    """What is wrong with a signature, or with the lack of one."""

    MISSING = auto()
    OLD_VERSION = auto()
    INCOMPLETE = auto()
    INCOMPLETE_LINK = auto()
    MISMATCH = auto()
    SKEWED = auto()
    LINK_EXPIRED = auto()
    UNSIGNED_HEADERS = auto()
    UNKNOWN_KEY = auto()
    WRONG_TOKEN = auto()
    EXPIRED_TOKEN = auto()


_MISMATCH = "The request signature we calculated does not match the signature you provided. Check your"
# The code in query protocols, and the message where it does not depend on the request.
_QUERY: Mapping[Fault, tuple[str, str]] = {
    Fault.MISSING: ("MissingAuthenticationToken", "Request is missing Authentication Token"),
    Fault.OLD_VERSION: ("IncompleteSignature", ""),
    Fault.INCOMPLETE: ("IncompleteSignature", ""),
    Fault.INCOMPLETE_LINK: ("IncompleteSignature", ""),
    Fault.MISMATCH: (
        "SignatureDoesNotMatch",
        f"{_MISMATCH} AWS Secret Access Key and signing method. Consult the service documentation for details.",
    ),
    Fault.SKEWED: ("SignatureDoesNotMatch", ""),
    Fault.LINK_EXPIRED: ("SignatureDoesNotMatch", ""),
    Fault.UNKNOWN_KEY: ("InvalidClientTokenId", "The security token included in the request is invalid."),
    Fault.WRONG_TOKEN: ("InvalidClientTokenId", "The security token included in the request is invalid"),
    Fault.EXPIRED_TOKEN: ("ExpiredToken", "The security token included in the request is expired"),
}
_JSON_CODES: Mapping[str, str] = {
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "ExpiredToken": "ExpiredTokenException",
}
# Code, message and status.
_S3: Mapping[Fault, tuple[str, str, int]] = {
    Fault.MISSING: ("AccessDenied", "Access Denied", 403),
    Fault.OLD_VERSION: (
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        400,
    ),
    Fault.INCOMPLETE: ("AuthorizationHeaderMalformed", "", 400),
    Fault.INCOMPLETE_LINK: ("AuthorizationQueryParametersError", "", 400),
    Fault.MISMATCH: ("SignatureDoesNotMatch", f"{_MISMATCH} key and signing method.", 403),
    Fault.SKEWED: (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    Fault.LINK_EXPIRED: ("AccessDenied", "Request has expired", 403),
    Fault.UNSIGNED_HEADERS: ("AccessDenied", "There were headers present in the request which were not signed", 403),
    Fault.UNKNOWN_KEY: ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
    Fault.WRONG_TOKEN: ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
    Fault.EXPIRED_TOKEN: ("ExpiredToken", "The provided token has expired.", 400),
}


class RefusedSignatureError(Exception):
    """A signature does not hold; `message` is given where AWS tells what it found in the request."""

    def __init__(self, fault: Fault, message: str = "") -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message

    def answer(self, protocol: Protocol) -> ServiceError:
        """What a service says that speaks a protocol."""
        if protocol is Protocol.REST_XML:
            code, message, status = _S3[self.fault]
            malformed = f"The authorization header is malformed; {self.message}"
            return ServiceError(
                code, message or (malformed if self.fault is Fault.INCOMPLETE else self.message), status
            )
        code, message = _QUERY[self.fault]
        if protocol is Protocol.QUERY:
            status = 400 if code == "IncompleteSignature" else 403
            return ServiceError(code, self.message or message, status)
        status = 400 if protocol is Protocol.JSON else 403
        return ServiceError(_JSON_CODES[code], self.message or message, status)
