"""API Gateway's patch operations: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.nearness import suggestion


def replacements(within: str, values: Mapping[str, Any], paths: Mapping[str, str]) -> list[dict[str, str]]:
    """Turn properties into patch operations by the paths that each has; raises PropertyError for one that has none."""
    patches = []
    for name, value in values.items():
        if name not in paths:
            raise PropertyError(f"{within}.{name}".lstrip("."), f"is not known here; {suggestion(name, paths)}")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        patches.append({"op": "replace", "path": f"/{paths[name]}", "value": text})
    return patches
