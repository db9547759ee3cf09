"""A function as deployed."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from ..service_error import ServiceError

LATEST = "$LATEST"
_RUNTIME = re.compile(r"python3\.\d+")
_REFERENCE = re.compile(
    r"(?:(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[A-Za-z0-9_-]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?"
)


class LogFormat(Enum):
    """How the runtime writes logs."""

    TEXT = "Text"
    JSON = "JSON"


@dataclass(frozen=True)
class Reference:
    """Which function, and which version or alias of it."""

    name: str
    qualifier: str | None = None


@dataclass(frozen=True)
class Logging:
    """Where a function's logs go, and in which form.

    https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
    """

    group: str
    format: LogFormat = LogFormat.TEXT
    application_level: str | None = None


@dataclass(frozen=True)
class FunctionDefinition:
    """All that running a function needs to know."""

    name: str
    version: str
    arn: str
    handler: str
    runtime: str
    role_arn: str
    memory_mb: int
    storage_mb: int
    timeout_seconds: int
    variables: tuple[tuple[str, str], ...]
    code: Path
    logging: Logging
    reserved_concurrency: int | None
    dead_letter_arn: str | None


def parse_reference(text: str, qualifier: str | None = None) -> Reference:
    """A function's name, partial ARN or ARN, with or without a qualifier. Raises ServiceError.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
    """
    match = _REFERENCE.fullmatch(text)
    if not match:
        raise ServiceError("InvalidParameterValueException", f"{text!r} is not the name or the ARN of a function")
    if qualifier and match["qualifier"] and qualifier != match["qualifier"]:
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise ServiceError("InvalidParameterValueException", message)
    return Reference(match["name"], qualifier or match["qualifier"])


def from_configuration(
    configuration: dict[str, Any], code: Path, reserved_concurrency: int | None
) -> FunctionDefinition:
    """The definition in an answer of GetFunctionConfiguration. Raises ServiceError for what cannot be run here."""
    name = configuration["FunctionName"]
    logging_config = configuration.get("LoggingConfig", {})
    runtime = configuration.get("Runtime") or "(none)"
    if not _RUNTIME.fullmatch(runtime):
        message = f"The local cloud does not run {runtime!r}, the runtime of function {name}; it runs python3.* alone"
        raise ServiceError("InvalidRuntimeException", message, 502)
    return FunctionDefinition(
        name=name,
        version=configuration["Version"],
        arn=configuration["FunctionArn"],
        handler=configuration["Handler"],
        runtime=runtime,
        role_arn=configuration["Role"],
        memory_mb=configuration["MemorySize"],
        storage_mb=configuration["EphemeralStorage"]["Size"],
        timeout_seconds=configuration["Timeout"],
        variables=tuple(configuration.get("Environment", {}).get("Variables", {}).items()),
        code=code,
        logging=Logging(
            logging_config.get("LogGroup") or f"/aws/lambda/{name}",
            LogFormat(logging_config.get("LogFormat", LogFormat.TEXT.value)),
            logging_config.get("ApplicationLogLevel"),
        ),
        reserved_concurrency=reserved_concurrency,
        dead_letter_arn=configuration.get("DeadLetterConfig", {}).get("TargetArn") or None,
    )
