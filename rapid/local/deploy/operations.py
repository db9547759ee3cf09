"""One resource being made, changed or ended: its properties are handed out, converted, and sent to AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.conversion import Renames, to_parameters
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.errors import DeployError, PropertyError

# The codes by which services say that a thing is not there: NoSuchBucket, ResourceNotFoundException,
# EntityNotFoundException, AWS.SimpleQueueService.NonExistentQueue, WAFNonexistentItemException.
_GONE = re.compile(r"NoSuch|NotFound|Non[Ee]xistent|DoesNotExist")


@dataclass(frozen=True)
class Created:
    """What came of a resource: its provider id and the outputs that its inputs do not hold yet."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


class _Operations:
    """The operations of one service on one cloud."""

    def __init__(self, service: str, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.client(service)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation by its API name, for instance `CreateBucket`; raises DeployError with AWS's answer."""
        try:
            answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**parameters)
        except ClientError as error:
            return self._refused(operation, error)
        except BotoCoreError as error:
            raise DeployError(f"{operation} could not be sent: {error}") from error
        return answer

    def _refused(self, operation: str, error: ClientError) -> dict[str, Any]:
        details = error.response.get("Error", {})
        said = f"{details.get('Code', 'error')}: {details.get('Message', error)}"
        raise DeployError(f"{operation} was refused: {said}") from error


class Creation(_Operations):
    """One resource in the making; `begun` is its id once it exists though its making goes on."""

    def __init__(self, service: str, properties: Mapping[str, Any], cloud: Cloud) -> None:
        super().__init__(service, cloud)
        self._rest = dict(properties)
        self.begun = ""

    def take(self, name: str) -> Any:
        """Hand out a property that has a call of its own, or None; what nobody takes must convert."""
        return self._rest.pop(name, None)

    def need(self, name: str) -> Any:
        """Hand out a property without which the resource cannot be made; raises PropertyError where it is missing."""
        value = self.take(name)
        if value is None:
            raise PropertyError(name, "is missing")
        return value

    def take_object(self, name: str) -> dict[str, Any]:
        """Hand out a property that holds properties of its own, empty where it is missing; raises PropertyError."""
        value = self.take(name) or {}
        if not isinstance(value, Mapping):
            raise PropertyError(name, f"takes an object, not {value!r}")
        return dict(value)

    def give(self, name: str, value: Any) -> None:
        """Put a property among those that nobody has taken: one that the provider makes of others."""
        self._rest[name] = value

    def rest(self) -> dict[str, Any]:
        """Hand out all properties that were not taken."""
        rest, self._rest = self._rest, {}
        return rest

    def convert(self, member: str, properties: Any, renames: Renames | None = None, within: str = "") -> dict[str, Any]:
        """Convert properties to a structure of the API.

        `member` is `<Operation>` or `<Operation>.<Member>...`; `within` is the property that holds `properties`, where
        they are not the resource's own.
        """
        operation, *path = member.split(".")
        shape: Shape = self.client.meta.service_model.operation_model(operation).input_shape
        for name in path:
            shape = shape.members[name]
        return to_parameters(shape, properties, renames or {}, within)


class Update(Creation):
    """One resource being changed: all of its properties as a creation has them, and what they were before."""

    def __init__(
        self, service: str, properties: Mapping[str, Any], before: ResourceRecord, changed: Iterable[str], cloud: Cloud
    ) -> None:
        super().__init__(service, properties, cloud)
        self.id = before.id
        self.inputs_before = before.inputs
        self._outputs_before = before.outputs
        self.changed = frozenset(changed)

    def before(self, name: str) -> Any:
        """What a property was, given or computed."""
        return self.id if name == "id" else self.inputs_before.get(name, self._outputs_before.get(name))

    def pick(self, names: Iterable[str], when_removed: Mapping[str, Any]) -> dict[str, Any]:
        """Hand out those of some properties that differ; one that was removed gets the value that stands for that.

        Raises PropertyError for a removed property that has no such value.
        """
        picked = {}
        for name in names:
            if name in self.changed:
                value = self.take(name)
                if value is None and name not in when_removed:
                    raise PropertyError(name, "cannot be taken from a deployed resource by the local cloud; set it")
                picked[name] = when_removed[name] if value is None else value
        return picked


class Deletion(_Operations):
    """The end of one recorded resource, or a look for it. What is gone already is no error, and answers nothing."""

    def __init__(self, service: str, record: ResourceRecord, cloud: Cloud) -> None:
        super().__init__(service, cloud)
        self.id = record.id
        self._values = {**record.outputs, **record.inputs}

    def value(self, name: str) -> Any:
        """A property that was given or, where none was, computed, or `id`; None where there is neither."""
        return self.id if name == "id" else self._values.get(name)

    def _refused(self, operation: str, error: ClientError) -> dict[str, Any]:
        if _GONE.search(error.response.get("Error", {}).get("Code", "")):
            return {}
        return super()._refused(operation, error)
