"""How a function's asynchronous invocations are retried, and where records of them go.

https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from ..service_error import ServiceError
from .constraints import at_least, at_most
from .definition import LATEST, FunctionDefinition, Reference, parse_reference
from .destinations import Destinations
from .retries import RetryPolicy

PATH = re.compile(r"/2019-09-25/functions/(?P<function>[^/]+)/event-invoke-config(?P<list>/list)?/?")
_MEMBERS = {"DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"}
_MAX_RETRIES = 2
_MIN_AGE_SECONDS = 60
_MAX_AGE_SECONDS = 21_600


class EventInvokeConfigs:
    """The configurations for asynchronous invocation; each belongs to one version or alias of a function."""

    def __init__(self, definition: Callable[[Reference], FunctionDefinition], destinations: Destinations) -> None:
        self._definition = definition
        self._destinations = destinations
        self._configs: dict[Reference, dict[str, Any]] = {}

    def policy(self, function: Reference) -> RetryPolicy:
        """How events for a function are retried."""
        config = self._configs.get(_qualified(function), {})
        default = RetryPolicy()
        return RetryPolicy(
            config.get("MaximumRetryAttempts", default.max_retries),
            config.get("MaximumEventAgeInSeconds", default.max_age_seconds),
        )

    def destination(self, function: Reference, outcome: str) -> str | None:
        """The ARN that records of an outcome (OnSuccess, OnFailure) go to."""
        config = self._configs.get(_qualified(function), {})
        arn: str | None = config.get("DestinationConfig", {}).get(outcome, {}).get("Destination")
        return arn

    def forget(self, name: str) -> None:
        """A function was deleted, and what was configured for it goes with it."""
        self._configs = {reference: config for reference, config in self._configs.items() if reference.name != name}

    def handle(self, request: Request, path: re.Match[str]) -> Response:
        """Answer a request to the configurations."""
        function = parse_reference(unquote(path["function"]), request.args.get("Qualifier"))
        if path["list"]:
            found = [self._answer(known) for known in list(self._configs) if known.name == function.name]
            return _json({"FunctionEventInvokeConfigs": found})
        match request.method:
            case "PUT":
                return _json(self._put(function, {}, json.loads(request.get_data())))
            case "POST":
                return _json(self._put(function, self._existing(function), json.loads(request.get_data())))
            case "GET":
                self._existing(function)
                return _json(self._answer(_qualified(function)))
        self._existing(function)
        del self._configs[_qualified(function)]
        return Response(status=204)

    def _put(self, function: Reference, known: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in body.items() if value is not None}
        if not given:
            message = "You must specify at least one of error handling or destination setting."
            raise ServiceError("InvalidParameterValueException", message, members={"Type": "User"})
        for name in given.keys() - _MEMBERS:
            raise ServiceError("InvalidParameterValueException", f"The local cloud's Lambda does not support {name}")
        if (retries := given.get("MaximumRetryAttempts")) is not None:
            at_least("maximumRetryAttempts", retries, 0)
            at_most("maximumRetryAttempts", retries, _MAX_RETRIES)
        if (age := given.get("MaximumEventAgeInSeconds")) is not None:
            at_least("maximumEventAgeInSeconds", age, _MIN_AGE_SECONDS)
            at_most("maximumEventAgeInSeconds", age, _MAX_AGE_SECONDS)
        definition = self._definition(function)
        for destination in given.get("DestinationConfig", {}).values():
            if destination.get("Destination"):
                self._destinations.check(definition.role_arn, destination["Destination"])
        self._configs[_qualified(function)] = {**known, **given, "LastModified": time.time()}
        return self._answer(_qualified(function))

    def _existing(self, function: Reference) -> dict[str, Any]:
        config = self._configs.get(_qualified(function))
        if config is None:
            message = f"The function {self._arn(_qualified(function))} doesn't have an EventInvokeConfig"
            raise ServiceError("ResourceNotFoundException", message, 404, {"Type": "User"})
        return config

    def _answer(self, function: Reference) -> dict[str, Any]:
        config = self._configs[function]
        destinations = {"OnSuccess": {}, "OnFailure": {}, **config.get("DestinationConfig", {})}
        return {**config, "FunctionArn": self._arn(function), "DestinationConfig": destinations}

    def _arn(self, function: Reference) -> str:
        unqualified = self._definition(Reference(function.name)).arn
        return f"{unqualified}:{function.qualifier}"


def _qualified(function: Reference) -> Reference:
    return Reference(function.name, function.qualifier or LATEST)


def _json(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content), 200, content_type="application/json")
