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

from werkzeug import Request, Response

from ..clients import ACCOUNT_ID, Clients
from ..cloudwatch.log_shipper import LogShipper
from ..cloudwatch.metrics import Metrics
from ..iam import resource_policy
from ..input_constraints import violation
from ..server.planes import Forward
from ..service_error import ServiceError
from ..vpc import Network
from . import configuration
from .asynchronous import AsynchronousInvoker
from .code_store import CodeStore
from .connections import Connections
from .function_metrics import FunctionMetrics
from .functions import LATEST, FunctionDefinition, Functions, name_of
from .runner import Invocation, Outcome, Runner

_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>.+)/invocations/?")
_INVOCATION_TYPES = ("Event", "RequestResponse", "DryRun")


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended; `function_error` is None unless the function failed."""

    payload: bytes
    function_error: str | None


class LambdaPlane:
    """Runs functions as they were deployed, each with the credentials of its role."""

    def __init__(self, clients: Clients, network: Network, metrics: Metrics) -> None:
        self._clients = clients
        self._connections = Connections(network, clients)
        self._code = CodeStore()
        self._functions = Functions(clients, self._code)
        self._shipper = LogShipper(clients)
        function_metrics = FunctionMetrics(metrics)
        self._runner = Runner(clients, self._shipper, network, self._connections, function_metrics)
        self._asynchronous = AsynchronousInvoker(self._run, self._functions.definition, function_metrics)

    def invoke(self, function_arn: str, payload: bytes, wait_seconds: float | None = None) -> InvocationResult:
        """Run a function and wait for it.

        Raises ServiceError if it does not exist or cannot run now, StillRunningError if it has not ended in the time
        that the caller waits; then it runs on.
        """
        function = self._functions.definition(name_of(function_arn))
        outcome = self._run(function, payload, str(uuid.uuid4()), wait_seconds)
        return InvocationResult(outcome.payload, outcome.function_error)

    def accept(self, function_arn: str, payload: bytes) -> None:
        """Invoke a function asynchronously. Raises ServiceError if there is none, or the payload is too large."""
        self._asynchronous.accept(name_of(function_arn), payload, str(uuid.uuid4()))

    def allows(self, function_arn: str, principal: str, source_arn: str) -> bool:
        """Whether a function's policy lets a service invoke it on behalf of a resource.

        Raises ServiceError if the function does not exist.
        """
        name = name_of(function_arn)
        self._functions.definition(name)
        policy = self._functions.policy(name)
        return resource_policy.allows(policy, "lambda:InvokeFunction", principal, source_arn, ACCOUNT_ID)

    def settle(self, timeout_seconds: float) -> None:
        """Wait until the functions that were invoked asynchronously have ended, or for so long."""
        self._asynchronous.settle(timeout_seconds)

    def ship_logs(self) -> None:
        """Store all log lines so far in CloudWatch Logs now, rather than within half a second."""
        self._shipper.ship()

    def stop(self) -> None:
        """End all execution environments."""
        self._asynchronous.stop()
        self._runner.stop()
        self._shipper.stop()
        self._code.remove()
        self._connections.remove()

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request to the Lambda API."""
        if request.method == "POST" and (invoked := _INVOKE.fullmatch(request.path)):
            return self._invoke(unquote(invoked["function"]), request)
        if request.method == "GET":
            return forward()
        configuration.check(request)
        self._check_connections(request)
        if request.method == "POST" and (permitted := configuration.POLICY.fullmatch(request.path)):
            return self._add_permission(name_of(unquote(permitted["function"])), request, forward)
        self._keep_code(request)
        return self._written(forward())

    def _written(self, response: Response) -> Response:
        if response.status_code < 300:
            self._functions.forget()
        return response

    def _invoke(self, function: str, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        name = name_of(function, request.args.get("Qualifier"))
        payload = request.get_data() or b"{}"
        _check_json(payload)
        if "X-Amz-Client-Context" in request.headers:
            raise ServiceError(
                "InvalidParameterValueException", "The local cloud's Lambda does not support ClientContext"
            )
        invocation_type = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if invocation_type not in _INVOCATION_TYPES:
            constraint = f"Member must satisfy enum value set: [{', '.join(_INVOCATION_TYPES)}]"
            raise ServiceError("ValidationException", violation(invocation_type, "invocationType", constraint))
        match invocation_type:
            case "Event":
                self._asynchronous.accept(name, payload, request_id)
                return Response(b"", 202, {"x-amzn-RequestId": request_id})
            case "DryRun":
                self._functions.definition(name)
                return Response(status=204, headers={"x-amzn-RequestId": request_id})
        outcome = self._run(self._functions.definition(name), payload, request_id)
        headers = {"x-amzn-RequestId": request_id, "X-Amz-Executed-Version": LATEST}
        if outcome.function_error:
            headers["X-Amz-Function-Error"] = outcome.function_error
        if request.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(outcome.log_tail).decode()
        return Response(outcome.payload, 200, headers, content_type="application/json")

    def _run(
        self, function: FunctionDefinition, payload: bytes, request_id: str, wait_seconds: float | None = None
    ) -> Outcome:
        return self._runner.run(Invocation(function, payload, request_id), wait_seconds)

    def _add_permission(self, name: str, request: Request, forward: Forward) -> Response:
        """Let moto add a statement, and take it back if it makes the policy too large. Raises ServiceError then."""
        statement_id = json.loads(request.get_data())["StatementId"]
        configuration.check_statement_id(self._functions.policy(name), statement_id)
        response = self._written(forward())
        try:
            configuration.check_policy(self._functions.policy(name))
        except ServiceError:
            self._clients.client("lambda").remove_permission(FunctionName=name, StatementId=statement_id)
            raise
        return response

    def _check_connections(self, request: Request) -> None:
        """Refuse what Lambda would not connect to a network or a file system. Raises ServiceError."""
        changed = configuration.CONFIGURATION.fullmatch(request.path) if request.method == "PUT" else None
        if not changed and not configuration.is_creation(request):
            return
        body = json.loads(request.get_data())
        if not body.get("VpcConfig") and not body.get("FileSystemConfigs"):
            return
        found: dict[str, Any] = {}
        if changed:
            found = self._clients.client("lambda").get_function_configuration(
                FunctionName=name_of(unquote(changed["function"]))
            )
        wanted = {**found, **body}
        self._connections.check(wanted["Role"], wanted.get("VpcConfig") or {}, wanted.get("FileSystemConfigs") or [])

    def _keep_code(self, request: Request) -> None:
        """Unpack the code of CreateFunction and UpdateFunctionCode; refuse what does not hold it in a zip."""
        if configuration.is_creation(request):
            self._code.put(_zip(json.loads(request.get_data()).get("Code", {})))
        elif request.method == "PUT" and configuration.CODE.fullmatch(request.path):
            self._code.put(_zip(json.loads(request.get_data())))


def _zip(code: dict[str, Any]) -> bytes:
    if "ZipFile" not in code:
        message = f"The local cloud's Lambda takes code as ZipFile alone, not as {', '.join(sorted(code))}"
        raise ServiceError("InvalidParameterValueException", message)
    return base64.b64decode(code["ZipFile"])


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise ServiceError("InvalidRequestContentException", message, 400, {"Type": "User"}) from None
