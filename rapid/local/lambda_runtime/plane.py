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
from ..cloudwatch.log_shipper import LogShipper
from ..server.planes import Forward
from ..service_error import ServiceError
from . import configuration_limits, event_invoke_config, event_source_mappings, permissions, request_check
from .asynchronous import AsynchronousInvoker
from .code_store import CodeStore
from .constraints import one_of
from .definition import FunctionDefinition, Reference, parse_reference
from .destinations import Destinations, Permit
from .event_invoke_config import EventInvokeConfigs
from .event_source_mappings import EventSourceMappings
from .function_settings import FunctionSettings
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

    def __init__(self, clients: Clients, permit: Permit) -> None:
        """`permit` raises ServiceError where a function's role may not do something."""
        self._clients = clients
        self._code = CodeStore()
        self._settings = FunctionSettings()
        self._functions = Functions(clients, self._code, self._settings)
        self._shipper = LogShipper(clients)
        self._runner = Runner(clients, self._shipper)
        definition = self._functions.definition
        self._destinations = Destinations(clients, permit)
        self._invoke_configs = EventInvokeConfigs(definition, self._destinations)
        self._asynchronous = AsynchronousInvoker(self._run_event, definition, self._invoke_configs, self._destinations)
        self._mappings = EventSourceMappings(clients, permit, definition, self._run_event)

    def invoke(self, function_arn: str, payload: bytes, wait_seconds: float | None = None) -> InvocationResult:
        """Run a function and wait for it.

        Raises ServiceError if it does not exist or cannot run now, StillRunningError if it has not ended in the time
        that the caller waits; then it runs on.
        """
        outcome = self._run(parse_reference(function_arn), payload, str(uuid.uuid4()), wait_seconds)
        return InvocationResult(outcome.payload, outcome.function_error)

    def accept(self, function_arn: str, payload: bytes) -> None:
        """Invoke a function asynchronously. Raises ServiceError if there is none, or the payload is too large."""
        self._asynchronous.accept(parse_reference(function_arn), payload, str(uuid.uuid4()))

    def allows(self, function_arn: str, principal: str, source_arn: str) -> bool:
        """Whether a function's policy lets a service invoke it on behalf of a resource.

        Raises ServiceError if the function does not exist.
        """
        reference = parse_reference(function_arn)
        self._functions.definition(reference)
        policy = self._functions.policy(reference)
        return permissions.allows(policy, "lambda:InvokeFunction", principal, source_arn, ACCOUNT_ID)

    def ship_logs(self) -> None:
        """Store all log lines so far in CloudWatch Logs now, rather than within half a second."""
        self._shipper.ship()

    def stop(self) -> None:
        """End all execution environments."""
        self._mappings.stop()
        self._asynchronous.stop()
        self._runner.stop()
        self._shipper.stop()
        self._code.remove()

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the Lambda API."""
        if request.method == "POST" and (invoked := _INVOKE.fullmatch(request.path)):
            return self._invoke(unquote(invoked["function"]), request)
        if mapping := event_source_mappings.PATH.fullmatch(request.path):
            return self._mappings.handle(request, mapping)
        if config := event_invoke_config.PATH.fullmatch(request.path):
            return self._invoke_configs.handle(request, config)
        if request.method == "GET":
            response = forward()
        else:
            request_check.check(request)
            self._check_against_account(request)
            self._keep_code(request)
            response = forward()
            if response.status_code < 300:
                self._written(request)
        return self._settings.complete(response) if response.status_code < 300 else response

    def _invoke(self, function: str, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        reference = parse_reference(function, request.args.get("Qualifier"))
        payload = request.get_data() or b"{}"
        _check_json(payload)
        if "X-Amz-Client-Context" in request.headers:
            raise ServiceError(
                "InvalidParameterValueException", "The local cloud's Lambda does not support ClientContext"
            )
        invocation_type = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        one_of("invocationType", invocation_type, ("Event", "RequestResponse", "DryRun"))
        match invocation_type:
            case "Event":
                self._asynchronous.accept(reference, payload, request_id)
                return Response(b"", 202, {"x-amzn-RequestId": request_id})
            case "DryRun":
                self._functions.definition(reference)
                return Response(status=204, headers={"x-amzn-RequestId": request_id})
        outcome = self._run(reference, payload, request_id)
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

    def _run_event(self, function: FunctionDefinition, payload: bytes, request_id: str | None = None) -> Outcome:
        return self._runner.run(Invocation(function, function.arn, payload, request_id or str(uuid.uuid4())))

    def _check_against_account(self, request: Request) -> None:
        """Raises ServiceError for what other functions, policies or roles stand against."""
        body = json.loads(request.get_data() or b"{}") if request.method in ("POST", "PUT") else {}
        if request.method == "PUT" and (reserved := request_check.CONCURRENCY.fullmatch(request.path)):
            name = parse_reference(unquote(reserved["function"])).name
            configuration_limits.check_concurrency(self._clients, name, body["ReservedConcurrentExecutions"])
        if request.method == "POST" and (permitted := request_check.POLICY.fullmatch(request.path)):
            reference = parse_reference(unquote(permitted["function"]), request.args.get("Qualifier"))
            configuration_limits.check_statement_id(self._functions.policy(reference), body["StatementId"])
        if target := (body.get("DeadLetterConfig") or {}).get("TargetArn"):
            changed = request_check.changed_configuration(request)
            role = body.get("Role") or self._functions.definition(parse_reference(unquote(str(changed)))).role_arn
            self._destinations.check_dead_letters(role, target)

    def _written(self, request: Request) -> None:
        """The control plane has accepted something."""
        self._settings.keep(request)
        self._functions.forget()
        if deleted := request_check.deleted_function(request):
            self._invoke_configs.forget(parse_reference(unquote(deleted)).name)
        if request.method == "POST" and (permitted := request_check.POLICY.fullmatch(request.path)):
            self._check_policy(unquote(permitted["function"]), request)

    def _check_policy(self, function: str, request: Request) -> None:
        """Take a permission back that makes a policy too large. Raises ServiceError then."""
        reference = parse_reference(function, request.args.get("Qualifier"))
        try:
            configuration_limits.check_policy(self._functions.policy(reference))
        except ServiceError:
            self._clients.client("lambda").remove_permission(
                FunctionName=function, StatementId=json.loads(request.get_data())["StatementId"]
            )
            raise

    def _keep_code(self, request: Request) -> None:
        """Unpack the code of CreateFunction and UpdateFunctionCode; refuse what does not hold it in a zip."""
        if request_check.is_creation(request):
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


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise ServiceError("InvalidRequestContentException", message, 400, {"Type": "User"}) from None
