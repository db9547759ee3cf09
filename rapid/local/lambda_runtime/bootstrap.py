"""The program of an execution environment: loads a function and answers invocations until its parent goes away.

It runs in a Python of its own that sees the standard library, boto3 with what boto3 needs, and the function's code:
`python -I -S bootstrap.py <socket's file descriptor> <JSON of packages and their directories> <JSON of storage>
<JSON of open ports>`.

Each message on the socket is a 4-byte big-endian length and that many bytes. An invocation is two messages, a JSON
object about the invocation and the event; its answer is two messages, a JSON object about the outcome and the payload.

Errors as in https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html, context as in
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html, logs as in
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import datetime
import decimal
import importlib
import importlib.machinery
import io
import json
import logging
import os
import resource
import select
import socket
import struct
import sys
import threading
import time
import traceback
import types

_HERE = os.path.dirname(__file__)
_LENGTH = struct.Struct(">I")
_KIB_PER_MIB = 1024

TYPE_CHECKING = False
if TYPE_CHECKING:
    # The module typing takes time at every start of an environment.
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    Handler = Callable[[Any, "Context"], Any]


class RuntimePackages:
    """Finds boto3 and what it needs, and nothing else, after the function's own modules."""

    def __init__(self, directories: Mapping[str, str]) -> None:
        self._directories = directories

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a top-level module among the runtime's packages."""
        if path is None and name in self._directories:
            return importlib.machinery.PathFinder.find_spec(name, [self._directories[name]])
        return None


class Context:
    """What a handler is told about its invocation and its function."""

    def __init__(self, invocation: Mapping[str, Any]) -> None:
        environment = os.environ
        self.function_name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = invocation["arn"]
        self.aws_request_id = invocation["request_id"]
        self.client_context = None
        self.identity = types.SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._deadline: float = invocation["deadline_epoch_seconds"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))


class LogHandler(logging.Handler):
    """Writes log records as the Lambda runtime does, in its text or its JSON format."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self.request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line."""
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        milliseconds = f"{moment:%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03d}Z"
        if self._as_json:
            content: dict[str, Any] = {
                "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}Z",
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
                "requestId": self.request_id,
            }
            if record.exc_info:
                content["stackTrace"] = traceback.format_exception(*record.exc_info)
            line = json.dumps(content, default=str)
        else:
            line = _one_line(f"[{record.levelname}]\t{milliseconds}\t{self.request_id}\t{self.format(record)}")
        sys.stdout.write(line + "\n")


class Channel:
    """Messages to and from the local cloud."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        # A handler that never ends must still end when the local cloud does, however that was.
        threading.Thread(target=_end_with_peer, args=(descriptor,), daemon=True).start()

    def receive(self) -> bytes | None:
        """The next message; None when the local cloud has gone."""
        size = self._exactly(_LENGTH.size)
        return None if size is None else self._exactly(_LENGTH.unpack(size)[0])

    def send(self, about: Mapping[str, Any], payload: bytes = b"") -> None:
        """An outcome: what there is to say about it, and its payload."""
        head = json.dumps(about).encode()
        self._socket.sendall(_LENGTH.pack(len(head)) + head + _LENGTH.pack(len(payload)) + payload)

    def _exactly(self, size: int) -> bytes | None:
        received = bytearray(size)
        view = memoryview(received)
        while len(view):
            count = self._socket.recv_into(view)
            if count == 0:
                return None
            view = view[count:]
        return bytes(received)


def _end_with_peer(descriptor: int) -> None:
    hang_up = select.poll()
    hang_up.register(descriptor, 0)
    # A descriptor that this process has closed says that it is about to end by itself.
    if any(events & select.POLLHUP for _, events in hang_up.poll()):
        os._exit(0)


class FunctionError(Exception):
    """An error of the function, in the form that Lambda answers it."""

    def __init__(self, error_type: str, message: str, stack_trace: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.content = {"errorMessage": message, "errorType": error_type}
        self.stack_trace = list(stack_trace)

    def answer(self, request_id: str) -> dict[str, Any]:
        """The payload of the answer."""
        return {**self.content, "requestId": request_id, "stackTrace": self.stack_trace}


def load_handler(name: str) -> Handler:
    """The function's handler. Raises FunctionError as AWS words it."""
    module_name, dot, function = name.rpartition(".")
    if not dot:
        message = f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        raise FunctionError("Runtime.MalformedHandlerName", message)
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise FunctionError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise FunctionError(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {error}",
            [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'],
        ) from error
    except Exception as error:
        raise _of_exception(error) from error
    try:
        handler: Handler = getattr(module, function)
    except AttributeError as error:
        message = f"Handler '{function}' missing on module '{module_name}'"
        raise FunctionError("Runtime.HandlerNotFound", message) from error
    return handler


def _of_exception(error: Exception) -> FunctionError:
    """The error of an exception that the function's code raised; its stack begins in that code."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    return FunctionError(type(error).__name__, str(error), traceback.format_list(frames))


def _is_ours(filename: str) -> bool:
    return (
        os.path.dirname(filename) == _HERE or filename.startswith("<frozen importlib") or filename == importlib.__file__
    )


def _answer(handler: Handler, event: bytes, context: Context) -> bytes:
    """The payload that the handler's answer makes. Raises FunctionError."""
    try:
        result = handler(json.loads(event), context)
    except Exception as error:
        raise _of_exception(error) from error
    try:
        return json.dumps(result, default=_plain, ensure_ascii=False).encode()
    except Exception as error:
        raise FunctionError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def _plain(value: object) -> float:
    if isinstance(value, decimal.Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _log_error(error: FunctionError, request_id: str, as_json: bool) -> None:
    content = error.answer(request_id)
    if as_json:
        moment = datetime.datetime.now(datetime.UTC)
        line = json.dumps({"timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "log_level": "ERROR", **content})
    else:
        trace = f"\nTraceback (most recent call last):\n{''.join(error.stack_trace)}" if error.stack_trace else ""
        line = _one_line(f"[ERROR] {content['errorType']}: {content['errorMessage']}{trace}".rstrip("\n"))
    print(line, flush=True)


def _one_line(text: str) -> str:
    """A record of several lines as one log event: its inner ends of line become carriage returns, as on AWS."""
    return text.replace("\n", "\r")


def _max_memory_used_mb() -> int:
    try:
        with open("/proc/self/status") as status:
            kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        # Not Linux. (On Linux this figure begins with the parent's.)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB_PER_MIB**2
    return kib // _KIB_PER_MIB


def _log_to_stdout(as_json: bool) -> LogHandler:
    handler = LogHandler(as_json)
    root = logging.getLogger()
    root.addHandler(handler)
    if as_json:
        root.setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL") or logging.INFO)
    return handler


def _guard() -> None:
    """Keep the function to what it may write, and to the ports that it may connect to."""
    _ours(_HERE, "write_guard").install(**json.loads(sys.argv[3]))
    open_ports = json.loads(sys.argv[4])
    if open_ports is not None:
        vpc = os.path.join(os.path.dirname(_HERE), "vpc")
        _ours(vpc, "network_guard").install(open_ports, os.environ["AWS_ENDPOINT_URL"])


def _ours(directory: str, name: str) -> types.ModuleType:
    """Import a module of the local cloud without making it visible to the function."""
    sys.path.insert(0, directory)
    module = importlib.import_module(name)
    sys.path.remove(directory)
    del sys.modules[name]
    return module


def main() -> None:
    """Load the function, say so, answer invocations."""
    channel = Channel(int(sys.argv[1]))
    sys.meta_path.append(RuntimePackages(json.loads(sys.argv[2])))
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    log_handler = _log_to_stdout(as_json)
    _guard()
    try:
        handler = load_handler(os.environ["_HANDLER"])
        channel.send({"error": None})
    except FunctionError as error:
        _log_error(error, "", as_json)
        channel.send({"error": "Unhandled"}, json.dumps(error.answer("")).encode())
        return
    while (head := channel.receive()) is not None:
        event = channel.receive()
        if event is None:
            return
        invocation = json.loads(head)
        request_id = log_handler.request_id = invocation["request_id"]
        os.environ["_X_AMZN_TRACE_ID"] = invocation["trace_id"]
        try:
            error_kind, payload = None, _answer(handler, event, Context(invocation))
        except FunctionError as error:
            _log_error(error, request_id, as_json)
            error_kind, payload = "Unhandled", json.dumps(error.answer(request_id)).encode()
        sys.stdout.flush()
        channel.send({"error": error_kind, "max_memory_used_mb": _max_memory_used_mb()}, payload)


if __name__ == "__main__":
    main()
