"""Runs functions: an environment for each invocation, its outcome, its log."""

import json
import tempfile
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ..billing.meter import METER
from ..clients import Clients
from ..cloudwatch.log_shipper import LogShipper, LogStream
from ..service_error import ServiceError
from ..vpc import Network
from . import records
from .connections import Connections
from .environment import (
    Answer,
    ExecutionEnvironment,
    ExitedError,
    OutOfMemoryError,
    TimedOutError,
    variables_of,
)
from .function_metrics import FunctionMetrics
from .functions import LATEST, FunctionDefinition
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
class Invocation:
    """One event for one function."""

    function: FunctionDefinition
    event: bytes
    request_id: str


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

    def __init__(
        self,
        clients: Clients,
        shipper: LogShipper,
        network: Network,
        connections: Connections,
        metrics: FunctionMetrics,
    ) -> None:
        self._clients = clients
        self._network = network
        self._connections = connections
        self._shipper = shipper
        self._metrics = metrics
        self._pools: dict[str, tuple[FunctionDefinition, Pool]] = {}
        self._busy: set[ExecutionEnvironment] = set()
        self._is_stopped = False
        self._lock = threading.Lock()

    def run(self, invocation: Invocation, wait_seconds: float | None = None) -> Outcome:
        """Run one invocation, and wait for it to the end or only so long.

        Raises ServiceError (413, 429), and StillRunningError.
        """
        if len(invocation.event) > MAX_PAYLOAD_BYTES:
            message = f"{len(invocation.event)} byte payload is too large for the RequestResponse invocation type"
            limit = f" (limit {MAX_PAYLOAD_BYTES} bytes)"
            raise ServiceError("RequestEntityTooLargeException", message + limit, 413, {"Type": "User"})
        pool = self._pool(invocation.function)
        try:
            environment = pool.take(_POOL_WAIT_SECONDS)
        except ServiceError:
            self._metrics.throttled(invocation.function.name)
            raise
        self._metrics.started(invocation.function.name)
        if wait_seconds is None or (environment.is_warm and invocation.function.timeout_seconds <= wait_seconds):
            return self._attend(invocation, pool, environment)
        # The function may take longer than the caller waits: something else must stay with it.
        future: Future[Outcome] = Future()

        def complete() -> None:
            try:
                future.set_result(self._attend(invocation, pool, environment))
            except Exception as error:
                future.set_exception(error)

        threading.Thread(target=complete, name="invocation", daemon=True).start()
        try:
            return future.result(wait_seconds)
        except TimeoutError:
            raise StillRunningError from None

    def _attend(self, invocation: Invocation, pool: Pool, environment: ExecutionEnvironment) -> Outcome:
        """Stay with an invocation until it ends, and write its log."""
        function = invocation.function
        started, status, before, answer = time.monotonic(), "error", b"", Answer(UNHANDLED, b"")
        is_usable, error_type = False, None
        try:
            self._watch(environment)
            if not environment.is_warm:
                answer = environment.start(max(_INIT_SECONDS, function.timeout_seconds))
                before, started = answer.output, time.monotonic()
            if environment.is_warm:
                answer = environment.invoke(_about(invocation), invocation.event, function.timeout_seconds)
                is_usable, status = True, "error" if answer.error else "success"
            else:
                before = b""
        except TimedOutError:
            status = "timeout"
            message = f"Task timed out after {function.timeout_seconds:.2f} seconds"
            answer = _failed(invocation, records.TIMED_OUT, message, environment)
        except ExitedError as error:
            answer = _failed(invocation, "Runtime.ExitError", str(error), environment)
            error_type = "Runtime.ExitError"
            if isinstance(error, OutOfMemoryError):
                error_type, answer.max_memory_used_mb = "Runtime.OutOfMemory", function.memory_mb
        finally:
            self._busy.discard(environment)
            init_seconds, environment.init_seconds = environment.init_seconds, None
            (pool.give_back if is_usable else pool.discard)(environment)
            self._metrics.ended(function.name, time.monotonic() - started, status != "success")
        report = records.Report(
            invocation.request_id,
            time.monotonic() - started,
            answer.max_memory_used_mb,
            init_seconds,
            status,
            error_type,
        )
        METER.count_invocation(function.name, report.seconds, function.memory_mb)
        lines = [
            *_lines(before),
            records.start(function, invocation.request_id),
            *_lines(answer.output),
            *records.end(function, report),
        ]
        self._shipper.add(LogStream(function.logging.group, environment.log_stream, function.role_arn), lines)
        return _outcome(answer, lines)

    def stop(self) -> None:
        """End all environments, those of invocations that run too; those that come later end at once."""
        with self._lock:
            self._is_stopped = True
            pools, self._pools = self._pools, {}
            busy = list(self._busy)
        for _, pool in pools.values():
            pool.retire()
        for environment in busy:
            environment.kill()

    def _watch(self, environment: ExecutionEnvironment) -> None:
        """Have an environment that is about to run end with the others."""
        with self._lock:
            self._busy.add(environment)
            if self._is_stopped:
                environment.kill()

    def _pool(self, function: FunctionDefinition) -> Pool:
        found = self._pools.get(function.name)
        if found and found[0] is function:
            return found[1]
        with self._lock:
            found = self._pools.get(function.name)
            if found and found[0] == function:
                self._pools[function.name] = (function, found[1])
                return found[1]
            pool = Pool(lambda: self._environment(function))
            self._pools[function.name] = (function, pool)
        if found:
            found[1].retire()
        return pool

    def _environment(self, function: FunctionDefinition) -> ExecutionEnvironment:
        # A session's name has two characters at least, a function's one.
        session = function.name.ljust(2, "-")
        mounted = self._connections.mounted(function.place, function.role_arn, function.file_systems)
        credentials = self._clients.assume(function.role_arn, session)
        if function.place:
            self._network.enter(credentials["AccessKeyId"], function.place)
        lifetime = credentials["Expiration"].timestamp() - time.time()
        temporary = Path(tempfile.mkdtemp(prefix="tmp-", dir=function.code.parent))
        log_stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{LATEST}]{uuid.uuid4().hex}"
        return ExecutionEnvironment(
            log_stream,
            variables_of(function, log_stream, temporary, credentials, self._clients, mounted),
            function.code,
            temporary,
            function.memory_mb,
            time.monotonic() + lifetime - _CREDENTIALS_MARGIN_SECONDS,
            tuple(mount.directory for mount in mounted if mount.is_writable),
            self._network.open_ports(function.place) if function.place else None,
        )


def _about(invocation: Invocation) -> dict[str, object]:
    return {
        "arn": invocation.function.arn,
        "request_id": invocation.request_id,
        "deadline_epoch_seconds": time.time() + invocation.function.timeout_seconds,
        "trace_id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
    }


def _outcome(answer: Answer, lines: list[str]) -> Outcome:
    tail = "\n".join(lines).encode()[-LOG_TAIL_BYTES:]
    if len(answer.payload) > MAX_RESPONSE_BYTES:
        message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
        payload = json.dumps({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}).encode()
        return Outcome(payload, UNHANDLED, tail)
    return Outcome(answer.payload, answer.error, tail)


def _failed(invocation: Invocation, error_type: str, message: str, environment: ExecutionEnvironment) -> Answer:
    content = {"errorType": error_type, "errorMessage": f"RequestId: {invocation.request_id} Error: {message}"}
    line = records.ending(invocation.function, invocation.request_id, error_type, message)
    return Answer(UNHANDLED, json.dumps(content).encode(), output=_ended(environment.output()) + line.encode())


def _ended(output: bytes) -> bytes:
    """What a process wrote, with an end to its last line."""
    return output if output.endswith(b"\n") or not output else output + b"\n"


def _lines(output: bytes) -> list[str]:
    """The events in what a process wrote; a carriage return stands for an inner end of line of one event."""
    text = output.decode(errors="replace").removesuffix("\n")
    return [line.replace("\r", "\n") for line in text.split("\n")] if text else []
