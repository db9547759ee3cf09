"""The configuration of the repository's own stacks, as Pulumi gives it to the program."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_NAMESPACE = "rapid-analytics:"


def stack_config(stack: str) -> dict[str, str]:
    """What Pulumi.<stack>.yaml says for the program, by key."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix(_NAMESPACE): as_text(value) for key, value in config.items() if _NAMESPACE in key}


def as_text(value: Any) -> str:
    """A value as the program reads it: an object is JSON."""
    return json.dumps(value) if isinstance(value, dict) else str(value)
