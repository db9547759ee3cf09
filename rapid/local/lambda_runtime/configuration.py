"""What a function's configuration may be: AWS's limits, and what the local cloud's Lambda would not act on.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import json
import re
from typing import Any

from werkzeug import Request

from ..input_constraints import violation
from ..service_error import ServiceError
from .functions import LATEST

CODE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/code/?")
POLICY = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/policy/?")
_FUNCTIONS = re.compile(r"/2015-03-31/functions/?")
CONFIGURATION = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/configuration/?")
_SUPPORTED = (
    CODE,
    POLICY,
    _FUNCTIONS,
    CONFIGURATION,
    re.compile(r"/2015-03-31/functions/[^/]+/?"),
    re.compile(r"/2015-03-31/functions/[^/]+/policy/[^/]+/?"),
    re.compile(r"/20\d\d-\d\d-\d\d/tags/.*"),
)
_MEMBERS = {
    "Architectures",
    "Code",
    "Description",
    "Environment",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "VpcConfig",
}
_SETTLED = {"EphemeralStorage": {"Size": 512}, "PackageType": "Zip", "TracingConfig": {"Mode": "PassThrough"}}
"""Members that may have this value alone."""
MAX_REQUEST_BYTES = 70_167_211
"""A zip of 50 MB in base64, and what stands around it."""
MAX_ENVIRONMENT_BYTES = 4096
MAX_POLICY_BYTES = 20_480
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_RANGES = {"MemorySize": (128, 10_240), "Timeout": (1, 900)}
_LENGTHS = {"FunctionName": 64, "Handler": 128, "Description": 256}
# https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
_VARIABLE = re.compile("[a-zA-Z]([a-zA-Z0-9_])+")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
_RESERVED_VARIABLES = {
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
}


def check(request: Request) -> None:
    """Look at a request that writes. Raises ServiceError that names the operation, the setting or the limit."""
    if not any(pattern.fullmatch(request.path) for pattern in _SUPPORTED):
        raise _unsupported(f"{request.method} {request.path}")
    if request.args.get("Qualifier", LATEST) != LATEST:
        raise _unsupported(f"versions and aliases, such as {request.args['Qualifier']!r}")
    updates_code = request.method == "PUT" and CODE.fullmatch(request.path)
    if is_creation(request):
        _check_request_size(len(request.get_data()), "CreateFunction")
    elif updates_code:
        _check_request_size(len(request.get_data()), "UpdateFunctionCode")
    if is_creation(request) or updates_code or (request.method == "PUT" and CONFIGURATION.fullmatch(request.path)):
        body = json.loads(request.get_data())
        if body.get("Publish"):
            raise _unsupported("Publish: a function has the version $LATEST alone")
        if not updates_code:
            _check_limits(body)
            _check_supported(body)


def is_creation(request: Request) -> bool:
    """Whether a request creates a function."""
    return request.method == "POST" and _FUNCTIONS.fullmatch(request.path) is not None


def check_statement_id(policy: dict[str, Any], statement_id: str) -> None:
    """Raises ServiceError if a function's resource-based policy has a statement of this id."""
    if any(statement.get("Sid") == statement_id for statement in policy.get("Statement", [])):
        message = (
            f"The statement id ({statement_id}) provided already exists. Please provide a new statement id, or "
            "remove the existing statement."
        )
        raise ServiceError("ResourceConflictException", message, 409, {"Type": "User"})


def check_policy(policy: dict[str, Any]) -> None:
    """Raises ServiceError if a function's resource-based policy is too large."""
    size = len(json.dumps(policy, separators=(",", ":")))
    if size > MAX_POLICY_BYTES:
        message = f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY_BYTES})."
        raise ServiceError("PolicyLengthExceededException", message, members={"Type": "User"})


def _check_request_size(size_bytes: int, operation: str) -> None:
    if size_bytes >= MAX_REQUEST_BYTES:
        message = f"Request must be smaller than {MAX_REQUEST_BYTES} bytes for the {operation} operation"
        raise ServiceError("RequestEntityTooLargeException", message, 413, {"Type": "User"})


def _check_limits(body: dict[str, Any]) -> None:
    for name, longest in _LENGTHS.items():
        # A function may also be called by its ARN.
        text = str(body.get(name) or "").rpartition(":function:")[2]
        if len(text) > longest:
            raise _violated(name, text, f"Member must have length less than or equal to {longest}")
    for name, (smallest, largest) in _RANGES.items():
        value = body.get(name)
        if value is not None and value < smallest:
            raise _violated(name, value, f"Member must have value greater than or equal to {smallest}")
        if value is not None and value > largest:
            raise _violated(name, value, f"Member must have value less than or equal to {largest}")
    _check_environment((body.get("Environment") or {}).get("Variables") or {})


def _check_environment(variables: dict[str, str]) -> None:
    if not all(_VARIABLE.fullmatch(name) for name in variables):
        message = (
            "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must "
            f"satisfy constraint: [Member must satisfy regular expression pattern: {_VARIABLE.pattern}]"
        )
        raise ServiceError("ValidationException", message)
    reason = "Lambda was unable to configure your environment variables because the environment variables you have"
    reserved = sorted(variables.keys() & _RESERVED_VARIABLES)
    if reserved:
        message = (
            f"{reason} provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
        raise ServiceError("InvalidParameterValueException", message, members={"Type": "User"})
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > MAX_ENVIRONMENT_BYTES:
        message = f"{reason} provided exceeded the 4KB limit. String measured: {measured}"
        raise ServiceError("InvalidParameterValueException", message, members={"Type": "User"})


def _check_supported(body: dict[str, Any]) -> None:
    for name, value in body.items():
        is_empty = not any(value.values()) if isinstance(value, dict) else not value
        if is_empty or _SETTLED.get(name) == value:
            continue
        if name in _SETTLED or name not in _MEMBERS:
            raise _unsupported(f"{name} {json.dumps(value)}")
    runtime = body.get("Runtime", "python3.13")
    if not re.fullmatch(r"python3\.\d+", str(runtime)):
        raise _unsupported(f"Runtime {runtime!r}; it runs python3.* alone")


def _violated(name: str, value: Any, constraint: str) -> ServiceError:
    return ServiceError("ValidationException", violation(value, name[0].lower() + name[1:], constraint))


def _unsupported(what: str) -> ServiceError:
    return ServiceError("InvalidParameterValueException", f"The local cloud's Lambda does not support {what}")
