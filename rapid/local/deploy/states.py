"""What a resource is to the program and to the record: its inputs, and what was computed beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import resource_pb2

from rapid.local.deploy.cloud import Cloud
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Deletion
from rapid.local.deploy.resource_type import ResourceType
from rapid.local.deploy.wire import (
    SECRET_MASK,
    holds_secret,
    plain,
    plain_properties,
    recordable,
    to_secret,
    to_value,
)


def name_given(row: ResourceType, logical_name: str, properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the physical name made for a resource that was given none; raises DeployError."""
    if row.auto_name is None or row.auto_name.property in properties:
        return {}
    return {row.auto_name.property: row.auto_name.physical_name(logical_name)}


def name_kept(row: ResourceType, before: ResourceRecord, properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the physical name that was made for a resource when it was made itself."""
    if row.auto_name is None or row.auto_name.property in properties:
        return {}
    return {row.auto_name.property: before.outputs[row.auto_name.property]}


def state_of(
    request: resource_pb2.RegisterResourceRequest, computed: Mapping[str, Any], region: str
) -> struct_pb2.Struct:
    """Return a resource's outputs: its inputs as they came, what was computed, secrets marked."""
    state = struct_pb2.Struct()
    state.CopyFrom(request.object)
    tags_all = plain_properties(request.object).get("tags", {})
    for name, value in {"tagsAll": tags_all, "region": region, **computed}.items():
        if value is not None:
            state.fields[name].CopyFrom(to_value(value))
    for name in request.additionalSecretOutputs:
        if name in state.fields:
            state.fields[name].CopyFrom(to_secret(state.fields[name]))
    return state


def computed_before(
    row: ResourceType, before: ResourceRecord, inputs: Mapping[str, Any], cloud: Cloud
) -> dict[str, Any]:
    """Return what a recorded resource has beside its inputs, with the secrets, which are read again.

    Raises DeployError for a secret that cannot be read again.
    """
    given = {*before.inputs, *inputs, "tagsAll"}
    computed = {name: value for name, value in before.outputs.items() if name not in given}
    masked = {name for name, value in computed.items() if value == SECRET_MASK}
    if masked:
        computed |= row.read_secrets(Deletion(row.service, before, cloud)) if row.read_secrets else {}
        lost = sorted(name for name in masked if computed[name] == SECRET_MASK)
        if lost:
            raise DeployError(f"the secret output {lost[0]} is not kept, and the local cloud cannot read it again")
    return computed


def record_of(
    request: resource_pb2.RegisterResourceRequest,
    urn: str,
    id_: str,
    inputs: Mapping[str, Any],
    state: Mapping[str, struct_pb2.Value],
) -> ResourceRecord:
    """Return what the local cloud keeps of a resource."""
    outputs = {name: _recorded_output(name, value, request.object, inputs) for name, value in state.items()}
    return ResourceRecord(
        request.type,
        request.name,
        urn,
        id_,
        request.parent,
        tuple(sorted(request.dependencies)),
        outputs,
        inputs,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
    )


def _recorded_output(name: str, value: struct_pb2.Value, given: struct_pb2.Struct, inputs: Mapping[str, Any]) -> Any:
    if holds_secret(value):
        return SECRET_MASK
    # Digests of archives take time: those of the inputs are there already.
    is_input = name in inputs and name in given.fields and given.fields[name] == value
    return inputs[name] if is_input else recordable(plain(value))
