"""The limits of a function's configuration, crossed as AWS answers it.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

import json
import re
from typing import Any

from ..clients import Clients
from ..service_error import ServiceError
from .constraints import at_least, at_most, no_longer_than

MAX_REQUEST_BYTES = 70_167_211
"""A zip of 50 MB in base64, and what stands around it."""
MAX_ENVIRONMENT_BYTES = 4096
MAX_POLICY_BYTES = 20_480
ACCOUNT_CONCURRENCY = 1000
MIN_UNRESERVED_CONCURRENCY = 100
_RANGES = {"MemorySize": (128, 10_240), "Timeout": (1, 900)}
_STORAGE_MB = (512, 10_240)
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


def check_request_size(size_bytes: int, operation: str) -> None:
    """Raises ServiceError if a request that carries code is too large."""
    if size_bytes >= MAX_REQUEST_BYTES:
        message = f"Request must be smaller than {MAX_REQUEST_BYTES} bytes for the {operation} operation"
        raise ServiceError("RequestEntityTooLargeException", message, 413, {"Type": "User"})


def check_configuration(body: dict[str, Any]) -> None:
    """Raises ServiceError for the first limit that CreateFunction or UpdateFunctionConfiguration crosses."""
    for name, longest in _LENGTHS.items():
        # A function may also be called by its ARN.
        no_longer_than(_member(name), str(body.get(name) or "").rpartition(":function:")[2], longest)
    for name, (smallest, largest) in _RANGES.items():
        if body.get(name) is not None:
            at_least(_member(name), body[name], smallest)
            at_most(_member(name), body[name], largest)
    storage = (body.get("EphemeralStorage") or {}).get("Size")
    if storage is not None:
        at_least("ephemeralStorage.size", storage, _STORAGE_MB[0])
        at_most("ephemeralStorage.size", storage, _STORAGE_MB[1])
    _check_environment((body.get("Environment") or {}).get("Variables") or {})


def check_concurrency(clients: Clients, function_name: str, reserved: int) -> None:
    """Raises ServiceError if a reservation leaves too little to the account's other functions."""
    client = clients.client("lambda")
    names = [
        function["FunctionName"]
        for page in client.get_paginator("list_functions").paginate()
        for function in page["Functions"]
        if function["FunctionName"] != function_name
    ]
    others = [client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions") for name in names]
    if ACCOUNT_CONCURRENCY - reserved - sum(filter(None, others)) < MIN_UNRESERVED_CONCURRENCY:
        message = (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{MIN_UNRESERVED_CONCURRENCY}]."
        )
        raise ServiceError("InvalidParameterValueException", message, members={"Type": "User"})


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


def _member(name: str) -> str:
    return name[0].lower() + name[1:]
