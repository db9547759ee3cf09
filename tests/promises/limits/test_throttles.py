"""The throttle of each door of the deployed API: as the contract says, reached, and recovered."""

import time

from contracts import Contract
from rapid.cli import project
from rapid.cli.target import LocalStack
from tests.deployed.doors import doors, opening, post
from tests.deployed.throttles import deployed_settings, slowed_down


def test_the_throttle_of_each_door_is_the_contract_s(stack: LocalStack) -> None:
    settings = deployed_settings(stack)
    for contract in streamed(stack):
        found = settings[f"{contract.path}/POST"]
        limits = (found["throttlingRateLimit"], found["throttlingBurstLimit"])
        assert limits == (contract.throttle.rate_per_second, contract.throttle.burst), contract.source


def test_a_throttle_that_is_reached_answers_429_and_lets_in_again_afterwards(own_stack: LocalStack) -> None:
    with slowed_down(own_stack, rate_per_second=1, burst=1):
        for url, operation, schemes in doors(own_stack):
            right = opening(own_stack, schemes[0])[0] if schemes else None
            if schemes and right is None:
                continue
            answers = [post(url, operation, right) for _ in range(60)]
            refused = [answer for answer in answers if answer.status == 429]
            # How many get through is best effort on AWS, and a matter of this machine's speed here.
            assert refused, f"{url}: no request of 60 met a limit of one a second"
            assert all(set(answer.json()) == {"message", "errors", "requestId"} for answer in refused)
            assert {answer.status for answer in answers} - {429} <= {200, 202}, url
            deadline = time.monotonic() + 60
            while post(url, operation, right).status == 429:
                assert time.monotonic() < deadline, f"{url} did not recover"
                time.sleep(0.3)


def streamed(stack: LocalStack) -> list[Contract]:
    return [project.contract_of(source) for source in stack.outputs["paths"]]
