"""The functions as deployed: moto keeps their configuration, the code store their code."""

import json
import re
import threading
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ..clients import Clients
from ..service_error import ServiceError
from ..vpc import Place
from .code_store import CodeStore
from .connections import place_of

LATEST = "$LATEST"
"""The one version of a function that the local cloud has."""
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
    arn: str
    handler: str
    runtime: str
    role_arn: str
    memory_mb: int
    timeout_seconds: int
    variables: tuple[tuple[str, str], ...]
    code: Path
    logging: Logging
    place: Place | None = None
    """Where in a VPC it runs; None for one that runs in AWS's own network."""
    file_systems: tuple[tuple[str, str], ...] = ()
    """ARNs of access points, each with the path where the function finds it."""


class Functions:
    """Looks functions up by name, and remembers them until the control plane is written to."""

    def __init__(self, clients: Clients, code: CodeStore) -> None:
        self._clients = clients
        self._code = code
        self._definitions: dict[str, FunctionDefinition] = {}
        self._policies: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def definition(self, name: str) -> FunctionDefinition:
        """A function as it is deployed now. Raises ServiceError if there is none, or it cannot be run here."""
        found = self._definitions.get(name)
        if found is None:
            with self._lock:
                found = self._definitions[name] = self._read(name)
        return found

    def policy(self, name: str) -> dict[str, Any]:
        """A function's resource-based policy; empty where it has none."""
        found = self._policies.get(name)
        if found is None:
            with self._lock:
                found = self._policies[name] = self._read_policy(name)
        return found

    def forget(self) -> None:
        """Look everything up again: something was deployed."""
        with self._lock:
            self._definitions.clear()
            self._policies.clear()

    def _read(self, name: str) -> FunctionDefinition:
        try:
            configuration = self._clients.client("lambda").get_function_configuration(FunctionName=name)
        except ClientError as error:
            detail = error.response["Error"]
            raise ServiceError(detail["Code"], detail["Message"], 404, {"Type": "User"}) from None
        code = self._code.directory(configuration["CodeSha256"])
        if code is None:
            raise ServiceError("ResourceNotFoundException", f"The local cloud has no code of function {name}", 404)
        return _from_configuration(configuration, code)

    def _read_policy(self, name: str) -> dict[str, Any]:
        try:
            policy: dict[str, Any] = json.loads(self._clients.client("lambda").get_policy(FunctionName=name)["Policy"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return {}
        return policy


def name_of(text: str, qualifier: str | None = None) -> str:
    """The name in a function's name, partial ARN or ARN, which may end in `:$LATEST`. Raises ServiceError.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
    """
    match = _REFERENCE.fullmatch(text)
    if not match:
        raise ServiceError("InvalidParameterValueException", f"{text!r} is not the name or the ARN of a function")
    for given in (match["qualifier"], qualifier):
        if given and given != LATEST:
            message = f"The local cloud's Lambda does not support versions and aliases, such as {given!r} of {text}"
            raise ServiceError("InvalidParameterValueException", message)
    return match["name"]


def _from_configuration(configuration: dict[str, Any], code: Path) -> FunctionDefinition:
    """The definition in an answer of GetFunctionConfiguration. Raises ServiceError for what cannot be run here."""
    name = configuration["FunctionName"]
    runtime = configuration.get("Runtime") or "(none)"
    if not _RUNTIME.fullmatch(runtime):
        message = f"The local cloud does not run {runtime!r}, the runtime of function {name}; it runs python3.* alone"
        raise ServiceError("InvalidRuntimeException", message, 502)
    logging = configuration["LoggingConfig"]
    return FunctionDefinition(
        name=name,
        arn=configuration["FunctionArn"],
        handler=configuration["Handler"],
        runtime=runtime,
        role_arn=configuration["Role"],
        memory_mb=configuration["MemorySize"],
        timeout_seconds=configuration["Timeout"],
        variables=tuple(configuration.get("Environment", {}).get("Variables", {}).items()),
        code=code,
        logging=Logging(logging["LogGroup"], LogFormat(logging["LogFormat"]), logging.get("ApplicationLogLevel")),
        place=place_of(name, configuration.get("VpcConfig") or {}),
        file_systems=tuple(
            (item["Arn"], item["LocalMountPath"]) for item in configuration.get("FileSystemConfigs") or ()
        ),
    )
