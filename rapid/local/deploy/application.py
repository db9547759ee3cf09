"""Making, changing and ending one resource by its row, so that whatever goes wrong, what exists is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.events import Status
from rapid.local.deploy.resource_type import ResourceType
from rapid.local.deploy.update import Update
from rapid.local.deploy.wire import recordable


class HalfMade(DeployError):
    """A creation failed when the resource existed already."""

    def __init__(self, message: str, created: Created) -> None:
        super().__init__(message)
        self.created = created


class HalfUpdated(DeployError):
    """An update failed; `record` says what the resource is now, as far as it is known."""

    def __init__(self, message: str, record: ResourceRecord) -> None:
        super().__init__(message)
        self.record = record


def create(row: ResourceType, logical_name: str, properties: Mapping[str, Any], cloud: Cloud) -> Created:
    """Make one resource; raises DeployError, PropertyError before any call where a property does not fit, HalfMade."""
    creation = Creation(row.service, logical_name, properties, cloud)
    try:
        created = row.create(creation)
        creation.begin(created)
        if creation.left_over():
            raise DeployError(f"properties left unused: {', '.join(sorted(creation.left_over()))}")
    except DeployError as error:
        if creation.begun:
            raise HalfMade(str(error), creation.begun) from error
        raise
    return created


def update(
    row: ResourceType,
    before: ResourceRecord,
    properties: Mapping[str, Any],
    inputs: Mapping[str, Any],
    changed: set[str],
    cloud: Cloud,
) -> dict[str, Any]:
    """Change one resource to its new properties, recorded as `inputs`; return the outputs that changed.

    Raises HalfUpdated.
    """
    outputs: dict[str, Any] = {}
    settled = changed & set(row.end_only)
    for rule in row.updates:
        touched = changed & set(rule.properties)
        if not touched:
            continue
        try:
            outputs.update(rule.apply(Update(row.service, properties, before, changed, cloud)) or {})
        except DeployError as error:
            record = replace(
                before,
                inputs=_with(before.inputs, inputs, settled),
                outputs={**before.outputs, **recordable(outputs)},
                unsettled=tuple(sorted({*before.unsettled, *touched} - settled)),
            )
            raise HalfUpdated(str(error), record) from error
        settled |= touched
    return outputs


def delete(row: ResourceType, record: ResourceRecord, cloud: Cloud) -> Status:
    """End one resource, or leave it where it was said to be retained; raises DeployError."""
    if record.retain_on_delete:
        return Status.RETAINED
    row.delete(Deletion(row.service, record, cloud))
    return Status.DELETED


def _with(before: Mapping[str, Any], after: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    kept = {name: value for name, value in before.items() if name not in names}
    return {**kept, **{name: after[name] for name in names if name in after}}
