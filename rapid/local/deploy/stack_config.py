"""A stack's configuration: what its file says, checked against and completed by what the project declares.

The rules are the CLI's (sdk/go/common/workspace/config.go): a declared key without default must be set, a value must be
of its declared type, defaults fill in. Beyond it, a key in the project's namespace that nobody declared is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rapid.local.deploy.errors import ConfigurationError, suggestion

_TYPES = ("string", "integer", "boolean", "array", "object")
_EXAMPLES = {"string": "text", "integer": "60", "boolean": "true", "array": "[a, b]", "object": "{a: b}"}


def resolve_config(
    project: str, declared: Mapping[str, Any], stack_file: str, settings: Mapping[str, Any]
) -> dict[str, str]:
    """Merge a stack's settings with the project's declarations into what the program reads: full key to text.

    Raises ConfigurationError naming file, key and fix.
    """
    declarations = {_full_key(project, key): declaration for key, declaration in declared.items()}
    config = {
        key: (_value(declaration), "Pulumi.yaml")
        for key, declaration in declarations.items()
        if _has_value(declaration)
    }
    for given_key, value in settings.items():
        key = _full_key(project, given_key)
        if key.startswith(f"{project}:") and key not in declarations:
            raise ConfigurationError(stack_file, _undeclared(project, stack_file, key, declarations))
        if isinstance(value, Mapping) and "secure" in value:
            raise ConfigurationError(
                stack_file,
                f"{stack_file}: config key {key} is encrypted, and the local cloud has no key to open it; "
                f"set a plain value for this stack",
            )
        config[key] = (value, stack_file)
    for key, declaration in declarations.items():
        _check(key, declaration, config, stack_file)
    return {key: _text(value) for key, (value, _file) in config.items()}


def _full_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _has_value(declaration: Any) -> bool:
    return not isinstance(declaration, Mapping) or "default" in declaration or "value" in declaration


def _value(declaration: Any) -> Any:
    if not isinstance(declaration, Mapping):
        return declaration
    return declaration.get("default", declaration.get("value"))


def _undeclared(project: str, stack_file: str, key: str, declarations: Mapping[str, Any]) -> str:
    known = suggestion(key, [name for name in declarations if name.startswith(f"{project}:")])
    return (
        f"{stack_file}: config key {key} is not declared in Pulumi.yaml ({known}); "
        f"correct its name, or declare it under `config:` in Pulumi.yaml"
    )


def _check(key: str, declaration: Any, config: Mapping[str, tuple[Any, str]], stack_file: str) -> None:
    if not isinstance(declaration, Mapping):
        return
    declared_type = declaration.get("type")
    if declared_type is not None and declared_type not in _TYPES:
        raise ConfigurationError(
            "Pulumi.yaml",
            f"Pulumi.yaml: config key {key} has the unknown type {declared_type!r}; use one of {', '.join(_TYPES)}",
        )
    if key not in config:
        example = _EXAMPLES.get(str(declared_type), "value")
        raise ConfigurationError(
            stack_file, f"{stack_file}: config key {key} is missing and has no default; add `{key}: {example}`"
        )
    value, file = config[key]
    if declared_type and not _is_of_type(value, declared_type, declaration.get("items")):
        example = _EXAMPLES[declared_type]
        raise ConfigurationError(
            file,
            f"{file}: config key {key} must be of type {_type_name(declaration)}, but is {value!r}; "
            f"write for instance `{key}: {example}`",
        )


def _type_name(declaration: Mapping[str, Any]) -> str:
    name = str(declaration.get("type"))
    items = declaration.get("items")
    return f"{name} of {_type_name(items)}" if name == "array" and isinstance(items, Mapping) else name


def _is_of_type(value: Any, declared_type: str, items: Any) -> bool:
    if declared_type == "array":
        inner = items if isinstance(items, Mapping) else {}
        return isinstance(value, list) and all(
            _is_of_type(item, inner.get("type", "string"), inner.get("items")) for item in value
        )
    if declared_type == "object":
        return isinstance(value, Mapping)
    # The CLI keeps plain values as text, so that "60" is an integer and 60 is text.
    if isinstance(value, list | Mapping) or value is None:
        return False
    text = _text(value)
    if declared_type == "integer":
        return text.removeprefix("-").isdecimal()
    return text in ("true", "false") if declared_type == "boolean" else True


def _text(value: Any) -> str:
    if isinstance(value, bool | list | Mapping):
        return json.dumps(value)
    return str(value)
