"""The URI by which API Gateway invokes a function."""

import re
from typing import Any

from .openapi_faults import bad_document

_URI = re.compile(r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/(?P<arn>.+)/invocations")


def function_arn(uri: Any, place: str) -> str:
    """The function that a URI invokes. Raises ServiceError if it is not one."""
    found = _URI.fullmatch(str(uri or ""))
    if not found:
        raise bad_document(f"{place}: {uri!r} is not the invoke ARN of a function")
    return found["arn"]
