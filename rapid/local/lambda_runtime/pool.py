"""The execution environments of one function: kept warm, and as many as may run at a time."""

import os
import threading
import time
from collections.abc import Callable

from ..service_error import ServiceError
from .environment import ExecutionEnvironment

MAX_ENVIRONMENTS = max(4, 2 * (os.cpu_count() or 1))
"""More processes than this would not make a function faster on this machine; further invocations wait for one."""


def too_many_requests(reason: str) -> ServiceError:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors."""
    return ServiceError("TooManyRequestsException", "Rate Exceeded.", 429, {"Reason": reason, "Type": "User"})


class Pool:
    """Hands out environments, the most recently used first."""

    def __init__(self, create: Callable[[], ExecutionEnvironment]) -> None:
        self._create = create
        self._idle: list[ExecutionEnvironment] = []
        self._environments = 0
        self._retired = False
        self._changed = threading.Condition()

    def take(self, timeout_seconds: float) -> ExecutionEnvironment:
        """An environment for one invocation, warm or yet to be started.

        Raises ServiceError (429) when none is free in time.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while not self._idle and self._environments >= MAX_ENVIRONMENTS:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise too_many_requests("ConcurrentInvocationLimitExceeded")
            while self._idle:
                environment = self._idle.pop()
                if environment.expires_at > time.monotonic():
                    return environment
                environment.stop()
                self._environments -= 1
            self._environments += 1
        try:
            return self._create()
        except BaseException:
            self._ended()
            raise

    def give_back(self, environment: ExecutionEnvironment) -> None:
        """The invocation is over, and the environment can serve another."""
        with self._changed:
            if not self._retired:
                self._idle.append(environment)
                self._changed.notify()
                return
        environment.stop()
        self._ended()

    def discard(self, environment: ExecutionEnvironment) -> None:
        """The invocation is over, and the environment with it."""
        try:
            environment.stop()
        finally:
            self._ended()

    def retire(self) -> None:
        """End the idle environments now, and the busy ones when their invocations are over."""
        with self._changed:
            self._retired = True
            idle, self._idle = self._idle, []
            self._environments -= len(idle)
        for environment in idle:
            environment.stop()

    def _ended(self) -> None:
        with self._changed:
            self._environments -= 1
            self._changed.notify()
