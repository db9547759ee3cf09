"""Methods of AWS_IAM authorisation: who signed the request, and whether they may execute-api:Invoke the method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html;
signatures: https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
"""

from ..clients import ACCOUNT_ID
from ..iam import signature as signatures
from ..iam.accesses import Access
from ..iam.authorizer import Authorizer
from ..iam.callers import AccessKey, Caller
from ..iam.refusals import Fault, RefusedSignatureError
from ..service_error import Protocol as WireProtocol
from ..service_error import ServiceError
from .context import RequestContext
from .gateway_responses import GatewayError, access_denied, missing_authentication_token

_SERVICE = "execute-api"
_ACTION = "execute-api:Invoke"
_SHOWN_DIGITS = 4


class IamAuthorization:
    """Lets callers through whose signature holds and whose policies allow it."""

    def __init__(self, authorizer: Authorizer, region: str) -> None:
        self._authorizer = authorizer
        self._region = region

    def admit(self, context: RequestContext) -> AccessKey:
        """Who sent a request. Raises GatewayError if they may not."""
        environ = context.request.environ
        try:
            signature = signatures.read(environ)
            if signature is None:
                raise missing_authentication_token()
            if signature.service != _SERVICE:
                message = f"Credential should be scoped to correct service: '{_SERVICE}'."
                raise RefusedSignatureError(Fault.MISMATCH, message)
            key = self._authorizer.identify(environ, signature)
            self._check_policies(key.caller, context)
        except RefusedSignatureError as refused:
            raise _refusal(refused) from None
        except ServiceError as unknown:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", unknown.message, unknown.code) from None
        return key

    def _check_policies(self, caller: Caller, context: RequestContext) -> None:
        address = context.address
        method = f"{address.api_id}/{address.stage}/{context.request.method}{address.path}"
        reason = self._authorizer.denial(
            caller, Access(_ACTION, f"arn:aws:{_SERVICE}:{self._region}:{ACCOUNT_ID}:{method}")
        )
        if reason:
            # AWS hides the account, but for its last digits.
            hidden = ACCOUNT_ID[-_SHOWN_DIGITS:].rjust(len(ACCOUNT_ID), "*")
            resource = f"arn:aws:{_SERVICE}:{self._region}:{hidden}:{method}"
            why = reason.value.format(action=_ACTION)
            raise access_denied(
                f"User: {caller.arn} is not authorized to perform: {_ACTION} on resource: {resource} {why}"
            )


def _refusal(refused: RefusedSignatureError) -> GatewayError:
    answer = refused.answer(WireProtocol.REST_JSON)
    response_type = "EXPIRED_TOKEN" if refused.fault is Fault.EXPIRED_TOKEN else "INVALID_SIGNATURE"
    return GatewayError(response_type, answer.message, answer.code)
