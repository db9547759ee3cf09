"""The throttles of a deployed API: what they are, and lower ones for a while."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from components.ingest.rest_api import method_path
from rapid.cli import api_document
from rapid.cli.target import LocalStack


def stage_of(stack: LocalStack) -> dict[str, str]:
    _, api, name = stack.outputs["ingest_url"].rsplit("/", 2)
    return {"restApiId": api, "stageName": name}


def deployed_settings(stack: LocalStack) -> dict[str, Any]:
    found = stack.client("apigateway").get_stage(**stage_of(stack))["methodSettings"]
    return {f"/{name.replace('~1', '/').lstrip('/')}": value for name, value in found.items()}


@contextlib.contextmanager
def slowed_down(stack: LocalStack, *, rate_per_second: int, burst: int) -> Iterator[None]:
    """Every method with a low limit, and its own again."""
    before = deployed_settings(stack)
    document = api_document.read(stack)
    low = {"throttlingRateLimit": rate_per_second, "throttlingBurstLimit": burst}
    try:
        _limit(stack, dict.fromkeys(document["paths"], low))
        yield
    finally:
        _limit(stack, {path: before[f"{path}/POST"] for path in document["paths"]})


def _limit(stack: LocalStack, limits: Mapping[str, Mapping[str, Any]]) -> None:
    names = {"rateLimit": "throttlingRateLimit", "burstLimit": "throttlingBurstLimit"}
    patches = [
        {"op": "replace", "path": f"/{method_path(path)}/throttling/{name}", "value": str(limit[setting])}
        for path, limit in limits.items()
        for name, setting in names.items()
    ]
    stack.client("apigateway").update_stage(**stage_of(stack), patchOperations=patches)
