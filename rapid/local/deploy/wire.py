"""Values as the Pulumi SDK sends them (protobuf structs with marked dictionaries), to and from plain Python.

The markers are Pulumi's: sdk/python/lib/pulumi/runtime/rpc.py names them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from rapid.local.deploy.assets import Archive, Asset
from rapid.local.deploy.errors import DeployError

_SIGNATURE = rpc._special_sig_key
_ASSET = rpc._special_asset_sig
_ARCHIVE = rpc._special_archive_sig
_SECRET = rpc._special_secret_sig

SECRET_MASK = "[secret]"
_SECRET_DIGEST, _CONTENT_DIGEST = "secret_sha256", "sha256"


def plain_properties(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Unwrap a resource's properties: secrets in clear, assets as Asset and Archive, whole numbers as int."""
    return {key: plain(value) for key, value in properties.fields.items() if not _is_null(value)}


def plain(value: struct_pb2.Value) -> Any:
    """Unwrap one value as `plain_properties` does."""
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        return _plain_struct(value.struct_value)
    if kind == "list_value":
        return [plain(item) for item in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind or "string_value")


def _plain_struct(value: struct_pb2.Struct) -> Any:
    fields = value.fields
    if _SIGNATURE not in fields:
        return plain_properties(value)
    marker = fields[_SIGNATURE].string_value
    if marker == _SECRET:
        return plain(fields["value"])
    if marker in (_ASSET, _ARCHIVE) and "uri" in fields:
        raise DeployError(f"the remote asset {fields['uri'].string_value!r} is not fetched; give a file or a folder")
    if marker == _ASSET:
        return Asset(**{key: fields[key].string_value for key in ("path", "text") if key in fields})
    if marker == _ARCHIVE:
        return Archive(
            assets=plain_properties(fields["assets"].struct_value) if "assets" in fields else None,
            path=fields["path"].string_value if "path" in fields else None,
        )
    raise DeployError(f"a value of a kind that is not supported came from the program (marker {marker})")


def _is_null(value: struct_pb2.Value) -> bool:
    return value.WhichOneof("kind") in (None, "null_value")


def holds_secret(value: struct_pb2.Value) -> bool:
    """Tell whether the value is a secret, or has one anywhere inside."""
    if value.WhichOneof("kind") == "list_value":
        return any(holds_secret(item) for item in value.list_value.values)
    fields = value.struct_value.fields
    if _SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET:
        return True
    return any(holds_secret(item) for item in fields.values())


def unknown_paths(value: struct_pb2.Value, path: str) -> Iterator[str]:
    """Yield the paths of all values the program could not know because an output they come from was never computed."""
    kind = value.WhichOneof("kind")
    if kind == "string_value" and value.string_value == rpc.UNKNOWN:
        yield path
    elif kind == "list_value":
        for index, item in enumerate(value.list_value.values):
            yield from unknown_paths(item, f"{path}[{index}]")
    elif kind == "struct_value":
        fields = value.struct_value.fields
        is_marked = _SIGNATURE in fields
        for key, item in fields.items():
            yield from unknown_paths(item, path if is_marked else f"{path}.{key}")


def to_value(value: Any) -> struct_pb2.Value:
    """Wrap a plain value (text, number, boolean, None, list, dictionary) for the wire."""
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        fields = {key: to_value(item) for key, item in value.items()}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[to_value(item) for item in value]))


def to_secret(value: struct_pb2.Value) -> struct_pb2.Value:
    """Mark a value as a secret, once."""
    if holds_secret(value):
        return value
    marked = struct_pb2.Struct(fields={_SIGNATURE: struct_pb2.Value(string_value=_SECRET), "value": value})
    return struct_pb2.Value(struct_value=marked)


def recordable(value: Any) -> Any:
    """Return a plain value as JSON can hold it: assets and archives by their digest."""
    if isinstance(value, Asset | Archive):
        return {_CONTENT_DIGEST: value.sha256}
    if isinstance(value, Mapping):
        return {key: recordable(item) for key, item in value.items()}
    return [recordable(item) for item in value] if isinstance(value, list) else value


def is_digest(value: Mapping[str, Any]) -> bool:
    """Whether a recorded object stands for a secret, or for the content of an asset."""
    return value.keys() in ({_SECRET_DIGEST}, {_CONTENT_DIGEST})


def without_secrets(text: str, properties: struct_pb2.Struct) -> str:
    """Return a text, such as an error, with the secrets among some properties masked."""
    for secret in sorted(_secret_texts(properties, is_secret=False), key=len, reverse=True):
        text = text.replace(secret, SECRET_MASK)
    return text


def _secret_texts(value: struct_pb2.Struct | struct_pb2.Value, is_secret: bool) -> Iterator[str]:
    if isinstance(value, struct_pb2.Struct):
        marker = value.fields[_SIGNATURE].string_value if _SIGNATURE in value.fields else ""
        for key, item in value.fields.items():
            if key != _SIGNATURE:
                yield from _secret_texts(item, is_secret or marker == _SECRET)
        return
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        yield from _secret_texts(value.struct_value, is_secret)
    elif kind == "list_value":
        for item in value.list_value.values:
            yield from _secret_texts(item, is_secret)
    elif is_secret and kind == "string_value" and value.string_value:
        yield value.string_value


def recordable_inputs(inputs: struct_pb2.Struct, salt: str) -> dict[str, Any]:
    """Return a resource's inputs as a record holds them: comparable, with digests in place of secrets and assets."""
    return {key: _recordable_input(value, salt) for key, value in inputs.fields.items() if not _is_null(value)}


def _recordable_input(value: struct_pb2.Value, salt: str) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return [_recordable_input(item, salt) for item in value.list_value.values]
    if kind != "struct_value":
        return plain(value)
    fields = value.struct_value.fields
    if _SIGNATURE not in fields:
        return recordable_inputs(value.struct_value, salt)
    if fields[_SIGNATURE].string_value == _SECRET:
        content = json.dumps(recordable(plain(value)), sort_keys=True)
        return {_SECRET_DIGEST: hashlib.sha256(f"{salt}\0{content}".encode()).hexdigest()}
    return recordable(plain(value))
