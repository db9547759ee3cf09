"""The throttle of each door of the deployed API: as the contract says, reached, and recovered."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from components.ingest.rest_api import method_path
from contracts import Contract
from rapid.cli import api_document, project
from rapid.cli.target import LocalStack
from tests.deployed.doors import doors, opening, post


def test_the_throttle_of_each_door_is_the_contract_s(stack: LocalStack) -> None:
    settings = deployed_settings(stack)
    for contract in streamed(stack):
        found = settings[f"{contract.path}/POST"]
        limits = (found["throttlingRateLimit"], found["throttlingBurstLimit"])
        assert limits == (contract.throttle.rate_per_second, contract.throttle.burst), contract.source


def test_a_throttle_that_is_reached_answers_429_and_lets_in_again_afterwards(own_stack: LocalStack) -> None:
    with slowed_down(own_stack, rate_per_second=4, burst=4):
        for url, operation, schemes in doors(own_stack):
            right = opening(own_stack, schemes[0])[0] if schemes else None
            if schemes and right is None:
                continue
            answers = [post(url, operation, right) for _ in range(60)]
            refused = [answer for answer in answers if answer.status == 429]
            # How many get through is best effort on AWS, and a matter of this machine's speed here.
            assert refused, f"{url}: no request of 60 met a limit of 4 a second"
            assert all(set(answer.json()) == {"message", "errors", "requestId"} for answer in refused)
            assert {answer.status for answer in answers} - {429} <= {200, 202}, url
            deadline = time.monotonic() + 30
            while post(url, operation, right).status == 429:
                assert time.monotonic() < deadline, f"{url} did not recover"
                time.sleep(0.3)


def streamed(stack: LocalStack) -> list[Contract]:
    return [project.contract_of(source) for source in stack.outputs["paths"]]


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
