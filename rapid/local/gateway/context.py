"""What is known about a request, under the names that API Gateway gives it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import base64
import json
import random
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request

from ..clients import ACCOUNT_ID
from ..iam.callers import AccessKey

_VARIABLE = re.compile(r"\$(?:\{context\.(?P<braced>\w+(?:\.\w+)*)\}|context\.(?P<plain>\w+(?:\.\w+)*))")
_EXTENDED_ID_BYTES = 11
# The system's own random bytes are slow to get, and nobody gains by guessing an id.
_random = random.Random()


@dataclass(frozen=True)
class Address:
    """Which API and stage a request is for, and the path after them: decoded, and as it was sent."""

    api_id: str
    stage: str
    path: str
    raw_path: str


@dataclass
class RequestContext:
    """One request; what is not known from the beginning is filled in on the way."""

    request: Request
    address: Address
    domain_name: str
    deployment_id: str
    resource_id: str = ""
    resource_path: str = ""
    api_key: str | None = None
    api_key_id: str | None = None
    caller: AccessKey | None = None
    """Who signed the request; None where the method does not ask."""
    authorizer: dict[str, str | int] | None = None
    """What a Lambda authorizer said of the caller; None where the method has none."""
    error_message: str | None = ""
    error_type: str = ""
    validation_faults: str = ""
    request_override: dict[str, Any] = field(default_factory=dict)
    """What mapping templates overrode of the path's parameters; a later template can read it."""
    integration_status: int | None = None
    """What the integration answered; None as long as it was not called."""
    integration_seconds: float | None = None
    epoch_seconds: float = field(default_factory=time.time)
    extended_request_id: str = field(
        default_factory=lambda: base64.b64encode(_random.randbytes(_EXTENDED_ID_BYTES)).decode()
    )
    """Unique; unlike the request id it is never the client's."""

    def __post_init__(self) -> None:
        self.request_id = self.header("x-amzn-RequestId") or str(uuid.UUID(int=_random.getrandbits(128), version=4))
        """An id, which the client may choose."""
        self.trace_id = f"Root=1-{int(self.epoch_seconds):08x}-{_random.getrandbits(96):024x}"

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return self.request.headers.get(name)

    @property
    def media_type(self) -> str:
        """The media type of the body; JSON where the client names none."""
        return self.request.mimetype or "application/json"

    @property
    def body(self) -> str:
        """The body as text."""
        return self.request.get_data().decode(errors="replace")

    def as_event(self) -> dict[str, Any]:
        """The `requestContext` of a Lambda proxy event.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
        """
        return {
            "accountId": ACCOUNT_ID,
            "apiId": self.address.api_id,
            **({} if self.authorizer is None else {"authorizer": self.authorizer}),
            "deploymentId": self.deployment_id,
            "domainName": self.domain_name,
            "domainPrefix": self.domain_name.split(".")[0],
            "extendedRequestId": self.extended_request_id,
            "httpMethod": self.request.method,
            "identity": self._identity,
            "path": f"/{self.address.stage}{self.address.raw_path}",
            "protocol": self.request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "requestId": self.request_id,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(self.epoch_seconds)),
            "requestTimeEpoch": int(self.epoch_seconds * 1000),
            "resourceId": self.resource_id,
            "resourcePath": self.resource_path,
            "stage": self.address.stage,
        }

    @property
    def _identity(self) -> dict[str, Any]:
        caller = self.caller
        identity: dict[str, Any] = {
            "accessKey": caller and caller.credentials.access_key_id,
            "accountId": caller and ACCOUNT_ID,
            "caller": caller and caller.user_id,
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": self.request.remote_addr,
            "user": caller and caller.user_id,
            "userAgent": self.header("User-Agent"),
            "userArn": caller and caller.caller.arn,
        }
        if self.api_key is not None:
            identity |= {"apiKey": self.api_key, "apiKeyId": self.api_key_id}
        return identity

    @property
    def error(self) -> dict[str, str | None]:
        """What the gateway refuses the request for; empty where it does not."""
        return {
            "message": self.error_message,
            "messageString": json.dumps(self.error_message),
            "responseType": self.error_type,
            "validationErrorString": self.validation_faults,
        }

    def substitute(self, template: str) -> str:
        """A template with its variables replaced; gateway responses know no other template language."""
        known = {**self.as_event(), "error": self.error}
        return _VARIABLE.sub(lambda match: look_up(known, (match["braced"] or match["plain"]).split(".")), template)

    def value(self, source: str) -> str:
        """The value of a parameter of a gateway response: a quoted literal, or a variable without the dollar sign."""
        if source.startswith("'"):
            return source[1:-1]
        return look_up({**self.as_event(), "error": self.error}, source.split(".")[1:])


def look_up(known: dict[str, Any], path: Sequence[str]) -> str:
    """A variable of `$context` as text, by the parts of its name; empty where it is not known or has no value."""
    found: Any = known
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return "" if found is None else str(found)
