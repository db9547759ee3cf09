"""The functions as deployed: moto keeps their configuration, we keep what moto does not."""

import json
import threading
from typing import Any

from botocore.exceptions import ClientError

from ..clients import Clients
from ..service_error import ServiceError
from .code_store import CodeStore
from .definition import FunctionDefinition, Reference, from_configuration
from .function_settings import FunctionSettings


class Functions:
    """Looks functions up, and remembers them until the control plane is written to."""

    def __init__(self, clients: Clients, code: CodeStore, settings: FunctionSettings) -> None:
        self._clients = clients
        self._code = code
        self._settings = settings
        self._definitions: dict[Reference, FunctionDefinition] = {}
        self._policies: dict[Reference, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def definition(self, reference: Reference) -> FunctionDefinition:
        """A function as it is deployed now. Raises ServiceError if there is none, or it cannot be run here."""
        found = self._definitions.get(reference)
        if found is None:
            with self._lock:
                found = self._definitions[reference] = self._read(reference)
        return found

    def policy(self, reference: Reference) -> dict[str, Any]:
        """A function's resource-based policy; empty where it has none."""
        found = self._policies.get(reference)
        if found is None:
            with self._lock:
                found = self._policies[reference] = self._read_policy(reference)
        return found

    def forget(self) -> None:
        """Look everything up again: something was deployed."""
        with self._lock:
            self._definitions.clear()
            self._policies.clear()

    def _read(self, reference: Reference) -> FunctionDefinition:
        client = self._clients.client("lambda")
        try:
            configuration = client.get_function_configuration(**_parameters(reference))
            concurrency = client.get_function_concurrency(FunctionName=reference.name)
        except ClientError as error:
            detail = error.response["Error"]
            raise ServiceError(detail["Code"], detail["Message"], 404, {"Type": "User"}) from None
        code = self._code.directory(configuration["CodeSha256"])
        if code is None:
            message = f"The local cloud has no code of function {reference.name}"
            raise ServiceError("ResourceNotFoundException", message, 404)
        configuration |= self._settings.of(reference.name)
        return from_configuration(configuration, code, concurrency.get("ReservedConcurrentExecutions"))

    def _read_policy(self, reference: Reference) -> dict[str, Any]:
        try:
            policy: dict[str, Any] = json.loads(
                self._clients.client("lambda").get_policy(**_parameters(reference))["Policy"]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return {}
        return policy


def _parameters(reference: Reference) -> dict[str, str]:
    parameters = {"FunctionName": reference.name}
    return {**parameters, "Qualifier": reference.qualifier} if reference.qualifier else parameters
