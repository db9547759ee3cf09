"""The Lambda API: Invoke is ours, the configuration is moto's, and the code goes both ways.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from werkzeug import Request, Response

from ..clients import ACCOUNT_ID, Clients
from ..log_shipper import LogShipper
from ..server import Forward
from ..service_error import ServiceError
from . import permissions, request_check
from .code_store import CodeStore
from .definition import Reference, parse_reference
from .functions import Functions
from .runner import Invocation, Outcome, Runner

_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>.+)/invocations/?")


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended; `function_error` is None unless the function failed."""

    payload: bytes
    function_error: str | None


class LambdaPlane:
    """Runs functions as they were deployed, each with the credentials of its role."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._code = CodeStore()
        self._functions = Functions(clients, self._code)
        self._shipper = LogShipper(clients)
        self._runner = Runner(clients, self._shipper)

    def invoke(self, function_arn: str, payload: bytes, wait_seconds: float | None = None) -> InvocationResult:
        """Run a function and wait for it.

        Raises ServiceError if it does not exist or cannot run now, StillRunningError if it has not ended in the time
        that the caller waits; then it runs on.
        """
        outcome = self._run(parse_reference(function_arn), payload, str(uuid.uuid4()), wait_seconds)
        return InvocationResult(outcome.payload, outcome.function_error)

    def allows(self, function_arn: str, principal: str, source_arn: str) -> bool:
        """Whether a function's policy lets a service invoke it on behalf of a resource.

        Raises ServiceError if the function does not exist.
        """
        reference = parse_reference(function_arn)
        self._functions.definition(reference)
        return permissions.allows(self._functions.policy(reference), principal, source_arn, ACCOUNT_ID)

    def ship_logs(self) -> None:
        """Store all log lines so far in CloudWatch Logs now, rather than within half a second."""
        self._shipper.ship()

    def stop(self) -> None:
        """End all execution environments."""
        self._runner.stop()
        self._shipper.stop()
        self._code.remove()

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the Lambda API."""
        if request.method == "POST" and (invoked := _INVOKE.fullmatch(request.path)):
            return self._invoke(unquote(invoked["function"]), request)
        if request.method == "GET":
            return forward()
        request_check.check(request)
        self._keep_code(request)
        response = forward()
        if response.status_code < 300:
            self._keep_logging(request)
            self._functions.forget()
        return response

    def _invoke(self, function: str, request: Request) -> Response:
        invocation_type = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if invocation_type != "RequestResponse":
            message = f"The local cloud does not support the invocation type {invocation_type!r}, RequestResponse alone"
            raise ServiceError("InvalidParameterValueException", message)
        request_id = str(uuid.uuid4())
        payload = request.get_data() or b"{}"
        _check_json(payload)
        outcome = self._run(parse_reference(function, request.args.get("Qualifier")), payload, request_id)
        headers = {"x-amzn-RequestId": request_id, "X-Amz-Executed-Version": self._version(function, request)}
        if outcome.function_error:
            headers["X-Amz-Function-Error"] = outcome.function_error
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(outcome.log_tail).decode()
        return Response(outcome.payload, 200, headers, content_type="application/json")

    def _version(self, function: str, request: Request) -> str:
        return self._functions.definition(parse_reference(function, request.args.get("Qualifier"))).version

    def _run(self, reference: Reference, payload: bytes, request_id: str, wait_seconds: float | None = None) -> Outcome:
        function = self._functions.definition(reference)
        return self._runner.run(Invocation(function, function.arn, payload, request_id), wait_seconds)

    def _keep_code(self, request: Request) -> None:
        """Unpack the code of CreateFunction and UpdateFunctionCode; refuse what does not hold it in a zip."""
        if request.method == "POST" and request_check.FUNCTIONS.fullmatch(request.path):
            self._code.put(self._zip(json.loads(request.get_data()).get("Code", {})))
        elif request.method == "PUT" and request_check.CODE.fullmatch(request.path):
            self._code.put(self._zip(json.loads(request.get_data())))

    def _zip(self, code: dict[str, Any]) -> bytes:
        if "ZipFile" in code:
            return base64.b64decode(code["ZipFile"])
        if "S3Bucket" not in code or "S3Key" not in code:
            message = f"The local cloud takes code as ZipFile or from S3Bucket and S3Key, not as {sorted(code)}"
            raise ServiceError("InvalidParameterValueException", message)
        version = {"VersionId": code["S3ObjectVersion"]} if code.get("S3ObjectVersion") else {}
        try:
            found = self._clients.client("s3").get_object(Bucket=code["S3Bucket"], Key=code["S3Key"], **version)
        except ClientError as error:
            detail = error.response["Error"]
            raise ServiceError(
                "InvalidParameterValueException",
                f"Error occurred while GetObject. S3 Error Code: {detail['Code']}. "
                f"S3 Error Message: {detail['Message']}",
            ) from None
        content: bytes = found["Body"].read()
        return content

    def _keep_logging(self, request: Request) -> None:
        is_creation = request.method == "POST" and request_check.FUNCTIONS.fullmatch(request.path)
        changed = request_check.CONFIGURATION.fullmatch(request.path) if request.method == "PUT" else None
        if not is_creation and not changed:
            return
        body = json.loads(request.get_data())
        if "LoggingConfig" in body:
            name = unquote(changed["function"]) if changed else body["FunctionName"]
            self._functions.keep_logging(parse_reference(name).name, body["LoggingConfig"])


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise ServiceError("InvalidRequestContentException", message, 400, {"Type": "User"}) from None
