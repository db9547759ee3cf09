"""The only reader of pulumi.Config: a key's text, checked; errors that name key, value and fix."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

_Value = TypeVar("_Value")


class SettingsError(pulumi.RunError):
    """A configuration value that cannot be used. The message names the key, the value and the fix."""


def refuse_unknown(known: Collection[str], removed: Mapping[str, str]) -> None:
    """Raise SettingsError for a key that is not known: Pulumi would ignore it, and its default be used unnoticed.

    `removed` are keys of earlier releases, with what to write instead.
    """
    for full_key in sorted({*get_config_env(), *CONFIG.get()}):
        namespace, _, key = full_key.partition(":")
        if namespace == pulumi.get_project() and key in removed:
            raise SettingsError(
                f"config {full_key}: no longer a key; {removed[key]}; remove it with: pulumi config rm {full_key}"
            )
        if namespace == pulumi.get_project() and key not in known:
            raise SettingsError(f"config {full_key}: not a known key; known are {', '.join(known)}")


def read(key: str, default: _Value, parse: Callable[[str], _Value]) -> _Value:
    """The value of a key; its default where it is not set, or empty.

    `parse` raises ValueError with what the value must be; that becomes a SettingsError.
    """
    text = pulumi.Config().get(key)
    if text is None or text == "":
        return default
    try:
        return parse(text)
    except ValueError as error:
        full_key = _full(key)
        raise SettingsError(
            f"config {full_key}: {text!r} {error}; set it with: pulumi config set {full_key} <value>"
        ) from None


def read_object(key: str, default: _Value, parse: Callable[[object], _Value], example: str) -> _Value:
    """The value of a key that is an object; its default where it is not set.

    `parse` raises ValueError with the place inside of it, and what must be there; that becomes a SettingsError.
    """
    text = pulumi.Config().get(key)
    if text is None or text == "":
        return default
    try:
        try:
            given = json.loads(text)
        except json.JSONDecodeError:
            raise ValueError(f"must be an object, which {text!r} is not") from None
        return parse(given)
    except ValueError as error:
        raise SettingsError(
            f"config {_full(key)}: {error}; write it in Pulumi.{pulumi.get_stack()}.yaml, for instance "
            f"`{_full(key)}: {{{example}}}`"
        ) from None


def aws_endpoints() -> Mapping[str, str]:
    """Where AWS services are that are not at AWS's own addresses, as on a local cloud: URL by service.

    They stand in `aws:endpoints`, a list of objects
    (https://www.pulumi.com/registry/packages/aws/api-docs/provider/#endpoints_python).
    """
    given = pulumi.Config("aws").get_object("endpoints") or []
    return {service: url for endpoints in given for service, url in endpoints.items()}


def unusable(key: str, why: str) -> SettingsError:
    """The error for a key that does not go with others."""
    return SettingsError(f"config {_full(key)}: {why}; or remove it with: pulumi config rm {_full(key)}")


def missing(key: str, needs: str) -> SettingsError:
    """The error for a key that is not set, and that something needs."""
    return SettingsError(
        f"config {_full(key)}: is not set, and {needs} needs it; set it with: pulumi config set {_full(key)} <value>"
    )


def _full(key: str) -> str:
    return f"{pulumi.get_project()}:{key}"
