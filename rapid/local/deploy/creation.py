"""The making of one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.conversion import Renames, to_parameters
from rapid.local.deploy.errors import DeployError, PropertyError


@dataclass(frozen=True)
class Created:
    """What came of a resource: its provider id and the outputs that its inputs do not hold yet."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Creation:
    """One resource in the making: hands out its properties, converts them, calls AWS."""

    def __init__(self, service: str, logical_name: str, properties: Mapping[str, Any], cloud: Cloud) -> None:
        self.logical_name = logical_name
        self.cloud = cloud
        self.client = cloud.client(service)
        self._rest = dict(properties)
        self._taken: set[str] = set()
        self.begun: Created | None = None

    def begin(self, created: Created) -> None:
        """Note that the resource exists though its making goes on, so that it is not forgotten should that fail."""
        self.begun = created

    def take(self, name: str, default: Any = None) -> Any:
        """Hand out a property that has a call of its own, or none; what nobody takes must convert."""
        self._taken.add(name)
        return self._rest.pop(name, default)

    def need(self, name: str) -> Any:
        """Hand out a property without which the resource cannot be made; raises PropertyError where it is missing."""
        value = self.take(name)
        if value is None:
            raise PropertyError(name, "is missing")
        return value

    def take_object(self, name: str) -> dict[str, Any]:
        """Hand out a property that holds properties of its own, empty where it is missing; raises PropertyError."""
        value = self.take(name, {})
        if not isinstance(value, Mapping):
            raise PropertyError(name, f"takes an object, not {value!r}")
        return dict(value)

    def take_list(self, name: str) -> list[Any]:
        """Hand out a property that holds a list, empty where it is missing; raises PropertyError."""
        value = self.take(name, [])
        if not isinstance(value, list):
            raise PropertyError(name, f"takes a list, not {value!r}")
        return value

    def take_keyed(self, name: str, key: str) -> dict[str, Any]:
        """Hand out a list of objects as the API has it, an object by one of their properties; see `keyed`."""
        return keyed(self.take(name, []), name, key)

    def rest(self) -> dict[str, Any]:
        """Hand out all properties that were not taken."""
        rest, self._rest = self._rest, {}
        return rest

    def left_over(self) -> set[str]:
        """Name the properties that nobody took."""
        return set(self._rest)

    def convert(self, member: str, properties: Any, renames: Renames | None = None, within: str = "") -> dict[str, Any]:
        """Convert properties to a structure of the API.

        `member` is `<Operation>` or `<Operation>.<Member>...`; `within` is the property that holds `properties`, where
        they are not the resource's own.
        """
        operation, *path = member.split(".")
        shape: Shape = self.client.meta.service_model.operation_model(operation).input_shape
        for name in path:
            shape = shape.members[name]
        # What was taken stays known, so that a slip of the pen in its name is answered with it.
        known = {} if within else {name: name for name in self._taken if name not in properties}
        return to_parameters(shape, properties, {**known, **(renames or {})}, within)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation by its API name, for instance `CreateBucket`; raises DeployError with AWS's answer."""
        try:
            answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**parameters)
        except ClientError as error:
            raise DeployError(f"{operation} was refused: {answer_of(error)}") from error
        except BotoCoreError as error:
            raise DeployError(f"{operation} could not be sent: {error}") from error
        return answer


def keyed(items: Any, path: str, key: str) -> dict[str, Any]:
    """Turn the provider's list of objects into the API's object keyed by one of their properties.

    Raises PropertyError where it is no list of objects that all have the key.
    """
    if not isinstance(items, list):
        raise PropertyError(path, f"takes a list, not {items!r}")
    by_key = {}
    for index, item in enumerate(items):
        if not isinstance(item, Mapping) or not isinstance(item.get(key), str):
            raise PropertyError(f"{path}[{index}]", f"takes an object with {key}")
        by_key[item[key]] = {name: value for name, value in item.items() if name != key}
    return by_key


def answer_of(error: ClientError) -> str:
    """Return AWS's own words: code and message."""
    details = error.response.get("Error", {})
    return f"{details.get('Code', 'error')}: {details.get('Message', error)}"
