"""The servers under test, each a process of its own on a loopback port, and what it takes from the machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3

from . import environments
from .environments import ROOT

HOST = "127.0.0.1"
MINISTACK_VERSION = "1.5.33"
MINISTACK_PACKAGE = f"ministack=={MINISTACK_VERSION}"
START_SECONDS = 120
STOP_SECONDS = 20
STACK_RECORD = "/_rapid/stacks/dev"
_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    process: subprocess.Popen[bytes]
    start_seconds: float
    """From the start of the process to its first answer."""

    def resident_mb(self) -> float:
        """Resident memory of the server's own process, in units of 10^6 bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kib) * 1024 / 1e6


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: Sequence[str], port: int, probe: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """A server's process, from its first answer of 200 on the path `probe` to the end of the context."""
    url = f"http://{HOST}:{port}"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {**environment}
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(f"{url}{probe}"):
            if process.poll() is not None or time.monotonic() - started > START_SECONDS:
                raise SystemExit(f"{' '.join(command)} does not answer on {url}{probe}")
            time.sleep(_POLL_SECONDS)
        yield Server(url, process, time.monotonic() - started)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def deployed_stack() -> Iterator[Server]:
    """The local cloud with the stack `dev` deployed, as `rapid local up` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "rapid", "local", "up", "--no-sample", "--port", str(port)]
    with running(command, port, STACK_RECORD, {}) as server:
        # The record is there from the first resource on, its outputs when the deployment is over.
        while not urllib3.request("GET", server.url + STACK_RECORD, timeout=START_SECONDS).json()["outputs"]:
            time.sleep(_POLL_SECONDS)
        yield server


def local_cloud() -> contextlib.AbstractContextManager[Server]:
    """The local cloud with nothing deployed."""
    port = free_port()
    program = f"import signal; from rapid.local import LocalCloud; LocalCloud({port}).start(); signal.pause()"
    return running([sys.executable, "-c", program], port, "/_rapid/health", {})


@contextlib.contextmanager
def near_and_far_cloud(wait_ms: int) -> Iterator[tuple[str, str]]:
    """Two addresses of one local cloud with nothing deployed; at the second every answer waits (`far_cloud.py`)."""
    port, far_port = free_port(), free_port()
    command = [sys.executable, "-m", "bench.far_cloud", str(port), str(far_port), str(wait_ms)]
    with running(command, far_port, "/_rapid/health", {}) as server:
        yield f"http://{HOST}:{port}", server.url


def ministack(*packages: str) -> contextlib.AbstractContextManager[Server]:
    """MiniStack, with some packages beside it, from a virtual environment that is made when it is not there."""
    port = free_port()
    program = environments.bin_directory(MINISTACK_PACKAGE, *packages) / "ministack"
    # By default it listens on all interfaces, and its IoT broker on a port of its own.
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": HOST, "IOT_MTLS_ENABLED": "0", "LOG_LEVEL": "WARNING"}
    return running([str(program)], port, "/_ministack/health", settings)


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, retries=False, timeout=START_SECONDS).status == 200
    except urllib3.exceptions.HTTPError:
        return False
