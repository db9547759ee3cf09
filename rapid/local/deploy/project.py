"""The Pulumi project: Pulumi.yaml, and the stack's settings file beside it.

Read as the CLI reads them: https://www.pulumi.com/docs/iac/concepts/projects/project-file/ and
https://www.pulumi.com/docs/iac/concepts/config/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from rapid.local.deploy.errors import ConfigurationError, suggestion
from rapid.local.deploy.stack_config import resolve_config

PROJECT_FILE = "Pulumi.yaml"


@dataclass(frozen=True)
class Project:
    """A project and one of its stacks, ready to run."""

    name: str
    stack: str
    directory: Path
    program: Path
    config: Mapping[str, str]

    @property
    def region(self) -> str:
        """The AWS region the stack is for."""
        return self.config["aws:region"]

    def at(self, endpoint_url: str, services: Iterable[str]) -> Project:
        """The project with the address of services in `aws:endpoints`, as whoever runs `pulumi up` there sets it.

        Left as it is where the stack says something else.
        https://www.pulumi.com/registry/packages/aws/installation-configuration/#configuration-options
        """
        # The provider's names are those of AWS's clients without hyphens: `cognitoidentity`.
        endpoints = json.dumps([{service.replace("-", ""): endpoint_url for service in services}])
        return replace(self, config={"aws:endpoints": endpoints, **self.config})


def read_project(directory: Path, stack: str) -> Project:
    """Read the project in a folder for one stack; raises ConfigurationError naming file, key and fix."""
    definition = _read_yaml(directory / PROJECT_FILE, "give the project's folder with --project")
    name = definition.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(PROJECT_FILE, f"{PROJECT_FILE} has no `name`; add one, such as `name: my-project`")
    _require_python(definition.get("runtime"))
    stack_file = f"Pulumi.{stack}.yaml"
    settings = _read_yaml(directory / stack_file, _stack_file_fix(directory, stack))
    config = resolve_config(name, definition.get("config") or {}, stack_file, settings.get("config") or {})
    if not config.get("aws:region"):
        raise ConfigurationError(stack_file, f"{stack_file} has no region; add `aws:region: us-east-1` under `config:`")
    if "aws:defaultTags" in config:
        raise ConfigurationError(
            stack_file,
            f"{stack_file}: config key aws:defaultTags is not supported by the local cloud, which would put no such "
            "tags on anything; leave it out of this stack",
        )
    return Project(name, stack, directory, directory / (definition.get("main") or "."), config)


def _require_python(runtime: Any) -> None:
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise ConfigurationError(PROJECT_FILE, f"{PROJECT_FILE} has runtime {language!r}; only `python` runs here")


def _stack_file_fix(directory: Path, stack: str) -> str:
    stacks = [file.name.split(".")[1] for file in directory.glob("Pulumi.*.yaml")]
    return f"name a stack that exists ({suggestion(stack, stacks)}), or make one with `pulumi stack init {stack}`"


def _read_yaml(file: Path, fix_when_missing: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise ConfigurationError(file.name, f"{file} does not exist; {fix_when_missing}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(file.name, f"{file} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(file.name, f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(file.name, f"{file} holds no settings; it must be a mapping such as `config: {{}}`")
    return content
