"""An execution environment: one process that runs one function, one invocation at a time."""

import json
import os
import resource
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..clients import Clients
from .connections import Mount
from .functions import LATEST, FunctionDefinition, LogFormat

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# What AWS's Python runtime has besides the standard library: boto3 and what boto3 needs.
_RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
_LENGTH = struct.Struct(">I")
_READ_BYTES = 65536
_EXIT_SECONDS = 5
_MEMORY_LOOK_SECONDS = 0.05
_BYTES_PER_MB = 1024**2
_STORAGE_MB = 512
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""


class TimedOutError(Exception):
    """The function did not answer in time; its process was killed."""


class ExitedError(Exception):
    """The function's process ended by itself. The message says how, as AWS does."""


class OutOfMemoryError(ExitedError):
    """The function's process had more memory than the function's; it was killed."""

    def __init__(self) -> None:
        super().__init__("Runtime exited with error: signal: killed")


@dataclass
class Answer:
    """What a process answered: the kind of function error or None, the payload, and what it wrote meanwhile."""

    error: str | None
    payload: bytes
    max_memory_used_mb: int = 0
    output: bytes = b""


@dataclass(eq=False)
class ExecutionEnvironment:
    """A process that has loaded a function."""

    log_stream: str
    variables: dict[str, str]
    directory: Path
    """The function's code."""
    temporary: Path
    """What the function may write to; it goes with the process."""
    memory_mb: int
    expires_at: float
    """When its credentials end, on the monotonic clock."""
    mounted: tuple[Path, ...] = ()
    """Directories that it may write to as well: they stand for file systems."""
    open_ports: tuple[tuple[int, int], ...] | None = None
    """First and last of the TCP ports that it may connect to beside the local cloud's; None: to all."""
    init_seconds: float | None = None
    """How long loading took; None once an invocation has reported it."""
    is_warm: bool = False
    """Whether the function is loaded."""
    _output: bytearray = field(default_factory=bytearray)
    _is_killed: bool = False

    def start(self, timeout_seconds: float) -> Answer:
        """Start the process and wait until it has loaded the function.

        Raises TimedOutError or ExitedError; an error of the function's own code is in the answer.
        """
        started = time.monotonic()
        ours, theirs = socket.socketpair()
        log_read, log_write = os.pipe()
        command = [
            sys.executable,
            "-I",
            "-S",
            "-X",
            "utf8",
            str(_BOOTSTRAP),
            str(theirs.fileno()),
            _packages(),
            json.dumps({"max_bytes": _STORAGE_MB * _BYTES_PER_MB, "directories": [*map(str, self.mounted)]}),
            json.dumps(self.open_ports),
        ]
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log_write,
                stderr=log_write,
                pass_fds=[theirs.fileno()],
                cwd=self.directory,
                env=self.variables,
            )
        if self._is_killed:
            self._process.kill()
        os.close(log_write)
        os.set_blocking(log_read, False)
        self._socket, self._log = ours, log_read
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._log, selectors.EVENT_READ)
        answer = self._answer(time.monotonic() + timeout_seconds)
        self.init_seconds = time.monotonic() - started
        self.is_warm = answer.error is None
        return answer

    def invoke(self, invocation: dict[str, Any], event: bytes, timeout_seconds: float) -> Answer:
        """Run one invocation. Raises TimedOutError or ExitedError; then the environment is of no more use."""
        head = json.dumps(invocation).encode()
        try:
            self._socket.sendall(_LENGTH.pack(len(head)) + head + _LENGTH.pack(len(event)) + event)
        except OSError:
            raise self._exited() from None
        return self._answer(time.monotonic() + timeout_seconds)

    def output(self) -> bytes:
        """What the process has written since the last answer."""
        self._read_log()
        written, self._output = bytes(self._output), bytearray()
        return written

    def kill(self) -> None:
        """End the process under whoever waits for its answer, or before it has begun; `stop` clears up behind it."""
        self._is_killed = True
        if hasattr(self, "_process"):
            self._process.kill()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(_EXIT_SECONDS)
        self._selector.close()
        self._socket.close()
        os.close(self._log)
        shutil.rmtree(self.temporary, ignore_errors=True)

    def _answer(self, deadline: float) -> Answer:
        self._await_answer(deadline)
        about, payload = json.loads(self._message()), self._message()
        used_mb = about.get("max_memory_used_mb", 0)
        if used_mb > self.memory_mb:
            raise OutOfMemoryError
        return Answer(about["error"], payload, used_mb, self.output())

    def _await_answer(self, deadline: float) -> None:
        while True:
            left_seconds = deadline - time.monotonic()
            ready = self._selector.select(max(0.0, min(left_seconds, _MEMORY_LOOK_SECONDS)))
            if not ready and left_seconds <= 0:
                self._process.kill()
                raise TimedOutError
            if not ready and self._resident_mb() > self.memory_mb:
                self._process.kill()
                raise OutOfMemoryError
            for key, _ in ready:
                if key.fileobj is self._socket:
                    return
                if not self._read_log():
                    # The process has closed its output, yet may still answer.
                    self._selector.unregister(self._log)

    def _resident_mb(self) -> int:
        """How much memory the process has; 0 where the system does not tell, and it tells itself when it answers."""
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except OSError:
            return 0
        return pages * resource.getpagesize() // _BYTES_PER_MB

    def _read_log(self) -> bool:
        """Take what has been written; False at the end of it."""
        while True:
            try:
                chunk = os.read(self._log, _READ_BYTES)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._output += chunk

    def _message(self) -> bytes:
        return self._exactly(_LENGTH.unpack(self._exactly(_LENGTH.size))[0])

    def _exactly(self, size: int) -> bytes:
        received = bytearray(size)
        view = memoryview(received)
        while len(view):
            try:
                count = self._socket.recv_into(view)
            except OSError:
                count = 0
            if count == 0:
                raise self._exited()
            view = view[count:]
        return bytes(received)

    def _exited(self) -> ExitedError:
        status = self._process.wait(_EXIT_SECONDS)
        how = "signal: killed" if status < 0 else f"exit status {status}"
        return ExitedError(
            f"Runtime exited with error: {how}" if status else "Runtime exited without providing a reason"
        )


def variables_of(
    function: FunctionDefinition,
    log_stream: str,
    temporary: Path,
    credentials: dict[str, Any],
    clients: Clients,
    mounted: Sequence[Mount],
) -> dict[str, str]:
    """What a function finds in its environment; `credentials` are the role's, as STS gives them.

    A variable that is the path of a mounted file system is the path of the directory that stands for it here.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    variables = {
        **{name: _here(value, mounted) for name, value in function.variables},
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "AWS_REGION": clients.region,
        "AWS_DEFAULT_REGION": clients.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": LATEST,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(function.code),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "TZ": ":UTC",
        # Ours: a directory that no other environment has, the local cloud, nothing of the user's own configuration.
        "TMPDIR": str(temporary),
        "AWS_ENDPOINT_URL": clients.endpoint_url,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    if function.logging.format is LogFormat.JSON:
        variables["AWS_LAMBDA_LOG_FORMAT"] = LogFormat.JSON.value
        variables["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level or "INFO"
    return variables


def _here(value: str, mounted: Sequence[Mount]) -> str:
    """A variable's value with the directory of this machine in the place of a mounted file system's path."""
    for mount in mounted:
        if value == mount.path or value.startswith(f"{mount.path}/"):
            return str(mount.directory) + value.removeprefix(mount.path)
    return value


@cache
def _packages() -> str:
    """The directory of each of the runtime's packages, as JSON."""
    found = {name: find_spec(name) for name in _RUNTIME_PACKAGES}
    return json.dumps(
        {
            name: str(Path(spec.origin).parent.parent if spec.submodule_search_locations else Path(spec.origin).parent)
            for name, spec in found.items()
            if spec and spec.origin
        }
    )
