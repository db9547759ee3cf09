"""What moto does not keep of a function's configuration, or not when it changes."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response

from . import request_check
from .definition import LogFormat, parse_reference

_KEPT = ("DeadLetterConfig", "EphemeralStorage", "LoggingConfig")


class FunctionSettings:
    """Keeps settings by the function's name, and puts them into the answers of the API."""

    def __init__(self) -> None:
        self._settings: dict[str, dict[str, Any]] = {}

    def of(self, name: str) -> dict[str, Any]:
        """The settings that are kept of a function."""
        return self._settings.get(name, {})

    def keep(self, request: Request) -> None:
        """Keep what a request sets, once it was accepted; forget what belongs to a function that it deletes."""
        if request_check.is_creation(request):
            body = json.loads(request.get_data())
            self._settings[body["FunctionName"]] = _kept(body)
        elif changed := request_check.changed_configuration(request):
            name = parse_reference(unquote(changed)).name
            self._settings[name] = {**self.of(name), **_kept(json.loads(request.get_data()))}
        elif deleted := request_check.deleted_function(request):
            self._settings.pop(parse_reference(unquote(deleted)).name, None)

    def complete(self, response: Response) -> Response:
        """An answer with the settings in each function's configuration."""
        content = json.loads(response.get_data() or b"{}")
        configurations = list(_configurations(content))
        if not configurations:
            return response
        for configuration in configurations:
            # moto writes null for what is not set.
            for name in [name for name, value in configuration.items() if value is None]:
                del configuration[name]
            kept = self.of(configuration["FunctionName"])
            configuration.update({name: value for name, value in kept.items() if any(value.values())})
            configuration["LoggingConfig"] = _logging(configuration["FunctionName"], kept.get("LoggingConfig", {}))
        response.set_data(json.dumps(content))
        response.content_type = "application/json"
        return response


def _kept(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _KEPT if body.get(name) is not None}


def _configurations(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Configuration" in content:
        yield content["Configuration"]
    elif "Functions" in content:
        yield from content["Functions"]
    elif "CodeSha256" in content:
        yield content


def _logging(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html."""
    found = {"LogFormat": LogFormat.TEXT.value, "LogGroup": f"/aws/lambda/{name}", **given}
    if found["LogFormat"] == LogFormat.JSON.value:
        found = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **found}
    return found
