"""Whoever calls while something is deployed is answered, by what was there before or by what is there now.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html: while a function is updated, invocations run as it
was before. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-deployments.html: a stage serves a
deployment, which is a snapshot, until it is pointed to another.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from .cloud_rig import STAGE, Api, Rig, document, proxy

CALLERS = 4
TELLS = """
    import json, os
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps([os.environ["STREAM"], os.environ["SERVICE"]])}
"""


def variables(to: str) -> dict[str, dict[str, str]]:
    return {"Variables": {"STREAM": to, "SERVICE": to}}


class Callers:
    """They call a path again and again, until they have seen what they were to see."""

    def __init__(self, api: Api, path: str) -> None:
        self._api, self._path = api, path
        self.answers: set[tuple[int, str]] = set()
        self._seen = threading.Condition()
        self._ended = False

    def _call(self) -> None:
        while not self._ended:
            answer = self._api.request("POST", self._path)
            with self._seen:
                self.answers.add((answer.status, answer.data.decode()))
                self._ended |= answer.status != 200
                self._seen.notify_all()

    def wait_for(self, text: str) -> None:
        """Wait for an answer with this text. Fails for an answer that is none."""
        with self._seen:
            self._seen.wait_for(lambda: self._ended or any(text in body for _, body in self.answers), 60)
            assert any(text in body for _, body in self.answers), self.answers

    def __enter__(self) -> "Callers":
        self._pool = ThreadPoolExecutor(CALLERS)
        self._running = [self._pool.submit(self._call) for _ in range(CALLERS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._pool.shutdown()
        for running in self._running:
            running.result()


@pytest.mark.aws("Lambda", "Updates", "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html")
def test_no_call_fails_while_a_functions_environment_changes_and_none_sees_half_of_it(rig: Rig) -> None:
    function = rig.function(TELLS, Environment=variables("old"))
    api = rig.api(document({"/": {"post": proxy(function)}}))
    rig.permit(function, api)
    with Callers(api, "/") as callers:
        callers.wait_for("old")
        for to in ("new", "back", "forth"):
            rig.aws("lambda").update_function_configuration(FunctionName=function, Environment=variables(to))
            callers.wait_for(to)
    assert callers.answers == {(200, f'["{to}", "{to}"]') for to in ("old", "new", "back", "forth")}


@pytest.mark.aws(
    "API Gateway",
    "Deployments",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-deployments.html",
)
def test_no_request_fails_while_a_stage_goes_over_to_another_deployment(rig: Rig) -> None:
    functions = {to: rig.function(TELLS, Environment=variables(to)) for to in ("old", "new")}
    api = rig.api(document({"/": {"post": proxy(functions["old"])}}))
    for function in functions.values():
        rig.permit(function, api)
    gateway = rig.aws("apigateway")
    with Callers(api, "/") as callers:
        callers.wait_for("old")
        for to in ("new", "old", "new"):
            before = gateway.get_stage(restApiId=api.id, stageName=STAGE)["deploymentId"]
            api.put(document({"/": {"post": proxy(functions[to])}}))
            callers.answers.clear()
            api.deploy()
            gateway.delete_deployment(restApiId=api.id, deploymentId=before)
            callers.wait_for(to)
    assert {status for status, _ in callers.answers} == {200}
