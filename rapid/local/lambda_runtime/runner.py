"""Runs functions: an environment for each invocation, its outcome, its log."""

import json
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass

from ..clients import Clients
from ..service_error import ServiceError
from . import environment_variables, records
from .definition import FunctionDefinition
from .environment import Answer, ExecutionEnvironment, ExitedError, TimedOutError
from .log_shipper import LogShipper, LogStream
from .pool import Pool

MAX_PAYLOAD_BYTES = 6_291_456
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB each for request and response."""
MAX_RESPONSE_BYTES = MAX_PAYLOAD_BYTES + 100
LOG_TAIL_BYTES = 4096
_INIT_SECONDS = 10
_POOL_WAIT_SECONDS = 29
# Before the role's credentials end, so that no invocation starts with what is about to expire.
_CREDENTIALS_MARGIN_SECONDS = 15 * 60
UNHANDLED = "Unhandled"


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: the payload, the kind of function error if it failed, and the end of its log."""

    payload: bytes
    function_error: str | None
    log_tail: bytes


class StillRunningError(Exception):
    """The function has not ended in the time that the caller waits; it runs on."""


class Runner:
    """Keeps a pool of environments for each function."""

    def __init__(self, clients: Clients, shipper: LogShipper) -> None:
        self._clients = clients
        self._shipper = shipper
        self._pools: dict[tuple[str, str], tuple[FunctionDefinition, Pool]] = {}
        self._lock = threading.Lock()

    def run(self, function: FunctionDefinition, arn: str, event: bytes, request_id: str) -> Outcome:
        """Run one invocation; `arn` is the ARN it was invoked by. Raises ServiceError (413, 429)."""
        if len(event) > MAX_PAYLOAD_BYTES:
            message = f"{len(event)} byte payload is too large for the RequestResponse invocation type"
            raise ServiceError(
                "RequestEntityTooLargeException",
                f"{message} (limit {MAX_PAYLOAD_BYTES} bytes)",
                413,
                {"Type": "User"},
            )
        pool = self._pool(function)
        environment, is_new = pool.take(_POOL_WAIT_SECONDS)
        lines = [records.start(function, request_id)]
        started = time.monotonic()
        is_usable, status = False, "error"
        answer = Answer(UNHANDLED, b"")
        try:
            if is_new:
                answer = environment.start(max(_INIT_SECONDS, function.timeout_seconds))
                started = time.monotonic()
            if not is_new or answer.error is None:
                if answer.output:
                    lines[:0] = _lines(answer.output)
                answer = environment.invoke(_about(function, arn, request_id), event, function.timeout_seconds)
                is_usable = True
                status = "error" if answer.error else "success"
        except TimedOutError:
            message = f"Task timed out after {function.timeout_seconds:.2f} seconds"
            answer = Answer(UNHANDLED, _failure("Sandbox.Timedout", request_id, message), output=environment.output())
            status = "timeout"
        except ExitedError as error:
            answer = Answer(
                UNHANDLED, _failure("Runtime.ExitError", request_id, str(error)), output=environment.output()
            )
        finally:
            (pool.give_back if is_usable else pool.discard)(environment)
        init_seconds, environment.init_seconds = environment.init_seconds, None
        report = records.Report(request_id, time.monotonic() - started, answer.max_memory_used_mb, init_seconds, status)
        lines += [*_lines(answer.output), *records.end(function, report)]
        stream = LogStream(function.logging.group, environment.log_stream, function.role_arn)
        self._shipper.add(stream, lines)
        return _outcome(answer, lines)

    def run_within(
        self, wait_seconds: float, function: FunctionDefinition, arn: str, event: bytes, request_id: str
    ) -> Outcome:
        """Run one invocation, but wait for it only so long. Raises StillRunningError, else as `run` does."""
        if function.timeout_seconds <= wait_seconds and self._pool(function).has_idle():
            return self.run(function, arn, event, request_id)
        # Loading and queueing come on top of the function's own timeout, so that something else must watch the clock.
        future: Future[Outcome] = Future()

        def complete() -> None:
            try:
                future.set_result(self.run(function, arn, event, request_id))
            except Exception as error:
                future.set_exception(error)

        threading.Thread(target=complete, name="invocation", daemon=True).start()
        try:
            return future.result(wait_seconds)
        except TimeoutError:
            raise StillRunningError from None

    def stop(self) -> None:
        """End all environments."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for _, pool in pools.values():
            pool.retire()

    def _pool(self, function: FunctionDefinition) -> Pool:
        key = (function.name, function.version)
        found = self._pools.get(key)
        if found and found[0] is function:
            return found[1]
        with self._lock:
            found = self._pools.get(key)
            if found and found[0] == function:
                self._pools[key] = (function, found[1])
                return found[1]
            pool = Pool(lambda: self._environment(function), function.reserved_concurrency)
            self._pools[key] = (function, pool)
        if found:
            found[1].retire()
        return pool

    def _environment(self, function: FunctionDefinition) -> ExecutionEnvironment:
        # A session's name has two characters at least, a function's one.
        session = function.name.ljust(2, "-")
        granted = self._clients.client("sts").assume_role(RoleArn=function.role_arn, RoleSessionName=session)
        credentials = granted["Credentials"]
        lifetime = credentials["Expiration"].timestamp() - time.time()
        log_stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{function.version}]{uuid.uuid4().hex}"
        return ExecutionEnvironment(
            log_stream,
            environment_variables.of(function, log_stream, credentials, self._clients),
            function.code,
            time.monotonic() + lifetime - _CREDENTIALS_MARGIN_SECONDS,
        )


def _about(function: FunctionDefinition, arn: str, request_id: str) -> dict[str, object]:
    return {
        "arn": arn,
        "request_id": request_id,
        "deadline_epoch_seconds": time.time() + function.timeout_seconds,
        "trace_id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
    }


def _outcome(answer: Answer, lines: list[str]) -> Outcome:
    tail = "\n".join(lines).encode()[-LOG_TAIL_BYTES:]
    if len(answer.payload) > MAX_RESPONSE_BYTES:
        message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        payload = json.dumps({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}).encode()
        return Outcome(payload, UNHANDLED, tail)
    return Outcome(answer.payload, answer.error, tail)


def _failure(error_type: str, request_id: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}).encode()


def _lines(output: bytes) -> list[str]:
    """The events in what a process wrote; a carriage return stands for an inner end of line of one event."""
    text = output.decode(errors="replace").removesuffix("\n")
    return [line.replace("\r", "\n") for line in text.split("\n")] if text else []
