"""What becomes of functions when the local cloud is stopped and its process goes on, as in tests."""

import time

import pytest

from rapid.local.cloud import LocalCloud
from rapid.local.lambda_runtime.environment import ExecutionEnvironment

from .cloud_rig import WAIT_SECONDS, Rig

ENDLESS = "import time\ndef handler(event, context):\n    time.sleep(600)"


def test_a_function_that_runs_ends_with_the_local_cloud_and_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[ExecutionEnvironment] = []
    start = ExecutionEnvironment.start

    def start_and_tell(environment: ExecutionEnvironment, timeout_seconds: float) -> object:
        started.append(environment)
        return start(environment, timeout_seconds)

    monkeypatch.setattr(ExecutionEnvironment, "start", start_and_tell)
    with LocalCloud(0) as cloud:
        function = Rig(cloud).function(ENDLESS, Timeout=900)
        cloud.clients.client("lambda").invoke(FunctionName=function, InvocationType="Event")
        while not (started and started[0].is_warm):
            time.sleep(0.01)
    started[0]._process.wait(WAIT_SECONDS)
    assert len(started) == 1
