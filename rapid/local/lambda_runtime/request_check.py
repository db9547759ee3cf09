"""Refuses what the local cloud's Lambda would not act on, by name.

Members: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

import json
import re
from typing import Any

from werkzeug import Request

from ..service_error import ServiceError
from . import configuration_limits

FUNCTIONS = re.compile(r"/2015-03-31/functions/?")
CODE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/code/?")
CONFIGURATION = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/configuration/?")
FUNCTION = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/?")
CONCURRENCY = re.compile(r"/20\d\d-\d\d-\d\d/functions/(?P<function>[^/]+)/concurrency/?")
POLICY = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/policy/?")
_SUPPORTED = (
    FUNCTIONS,
    CODE,
    CONFIGURATION,
    FUNCTION,
    CONCURRENCY,
    re.compile(r"/2015-03-31/functions/[^/]+/(aliases|versions|policy)(/.*)?"),
    re.compile(r"/20\d\d-\d\d-\d\d/tags/.*"),
)
_MEMBERS = {
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FunctionName",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Publish",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
}
_SETTLED = {"PackageType": "Zip", "TracingConfig": {"Mode": "PassThrough"}}
"""Members that may have this value alone."""


def check(request: Request) -> None:
    """Raises ServiceError that names the operation or the setting."""
    if not any(pattern.fullmatch(request.path) for pattern in _SUPPORTED):
        raise _unsupported(f"{request.method} {request.path}")
    if is_creation(request):
        configuration_limits.check_request_size(len(request.get_data()), "CreateFunction")
    elif request.method == "PUT" and CODE.fullmatch(request.path):
        configuration_limits.check_request_size(len(request.get_data()), "UpdateFunctionCode")
    if is_creation(request) or changed_configuration(request):
        body = json.loads(request.get_data())
        configuration_limits.check_configuration(body)
        _check_configuration(body)


def is_creation(request: Request) -> bool:
    """Whether a request creates a function."""
    return request.method == "POST" and FUNCTIONS.fullmatch(request.path) is not None


def changed_configuration(request: Request) -> str | None:
    """The function whose configuration a request changes, as the path names it."""
    return _function(CONFIGURATION, request) if request.method == "PUT" else None


def deleted_function(request: Request) -> str | None:
    """The function that a request deletes with all of its versions, as the path names it."""
    return _function(FUNCTION, request) if request.method == "DELETE" and "Qualifier" not in request.args else None


def _function(pattern: re.Pattern[str], request: Request) -> str | None:
    found = pattern.fullmatch(request.path)
    return found["function"] if found else None


def _check_configuration(body: dict[str, Any]) -> None:
    for name, value in body.items():
        is_empty = not any(value.values()) if isinstance(value, dict) else not value
        if is_empty or _SETTLED.get(name) == value:
            continue
        if name in _SETTLED or name not in _MEMBERS:
            raise _unsupported(f"{name} {json.dumps(value)}")
    runtime = body.get("Runtime", "python3.13")
    if not re.fullmatch(r"python3\.\d+", str(runtime)):
        raise _unsupported(f"Runtime {runtime!r}; it runs python3.* alone")


def _unsupported(what: str) -> ServiceError:
    return ServiceError("InvalidParameterValueException", f"The local cloud's Lambda does not support {what}")
