"""Refuses what the local cloud's Lambda would not act on, by name.

Members: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

import json
import re
from typing import Any

from werkzeug import Request

from ..service_error import ServiceError

FUNCTIONS = re.compile(r"/2015-03-31/functions/?")
CODE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/code/?")
CONFIGURATION = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/configuration/?")
_SUPPORTED = (
    FUNCTIONS,
    CODE,
    CONFIGURATION,
    re.compile(r"/2015-03-31/functions/[^/]+/?"),
    re.compile(r"/2015-03-31/functions/[^/]+/(aliases|versions|policy)(/.*)?"),
    re.compile(r"/20\d\d-\d\d-\d\d/functions/[^/]+/concurrency/?"),
    re.compile(r"/20\d\d-\d\d-\d\d/tags/.*"),
)
_MEMBERS = {
    "Architectures",
    "Code",
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
    is_creation = request.method == "POST" and FUNCTIONS.fullmatch(request.path)
    if is_creation or (request.method == "PUT" and CONFIGURATION.fullmatch(request.path)):
        _check_configuration(json.loads(request.get_data()))


def _check_configuration(body: dict[str, Any]) -> None:
    for name, value in body.items():
        if not value or _SETTLED.get(name) == value:
            continue
        if name in _SETTLED or name not in _MEMBERS:
            raise _unsupported(f"{name} {json.dumps(value)}")
    runtime = body.get("Runtime", "python3.13")
    if not re.fullmatch(r"python3\.\d+", str(runtime)):
        raise _unsupported(f"Runtime {runtime!r}; it runs python3.* alone")


def _unsupported(what: str) -> ServiceError:
    return ServiceError("InvalidParameterValueException", f"The local cloud's Lambda does not support {what}")
