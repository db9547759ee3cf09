"""The load: keep-alive clients in a process of their own, which share neither interpreter nor lock with a server.

As a program it reads a Job as JSON from its standard input and prints the Outcome as JSON.
"""

import base64
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

CLIENTS = 8
MAX_ANSWERS_A_CLIENT = 20_000
_ANSWER_SECONDS = 30
_READ_BYTES = 65536
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Job:
    """Each client sends one request over and over, for some seconds."""

    host: str
    port: int
    requests: Sequence[str]
    """The bytes on the wire, in base64; the clients take them in turns."""
    clients: int
    seconds: float


@dataclass
class Outcome:
    """What came back: how many answers by status, in what time, and the time of one answer."""

    seconds: float
    statuses: dict[str, int]
    median_milliseconds: float
    example: str = ""
    """The beginning of a body that came with the status that came most often."""

    @property
    def per_second(self) -> float:
        """Answers a second. Raises SystemExit if one of them was no success."""
        if any(not status.startswith("2") for status in self.statuses):
            raise SystemExit(f"not every answer was a success: {self.statuses} {self.example}")
        return sum(self.statuses.values()) / self.seconds


def request(url: str, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> str:
    """A request as a Job takes it."""
    host = urlsplit(url).netloc
    sent = {"host": host, "content-length": str(len(body)), **{name.lower(): value for name, value in headers.items()}}
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
    return base64.b64encode(head.encode() + body).decode()


def run(url: str, wires: Sequence[str], seconds: float, clients: int = CLIENTS) -> Outcome:
    """Do a job in a process of its own."""
    address = urlsplit(url)
    job = Job(str(address.hostname), int(address.port or 0), wires, clients, seconds)
    command = [sys.executable, "-I", __file__]
    done = subprocess.run(command, input=json.dumps(asdict(job)), capture_output=True, text=True, check=True)
    return Outcome(**json.loads(done.stdout))


@dataclass
class _Client:
    job: Job
    number: int
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    bodies: dict[str, str] = field(default_factory=dict)

    def work(self, start: threading.Barrier) -> None:
        wire = base64.b64decode(self.job.requests[self.number % len(self.job.requests)])
        with socket.create_connection((self.job.host, self.job.port), _ANSWER_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            start.wait()
            now = time.perf_counter()
            end = now + self.job.seconds
            while now < end and len(self.seconds) < MAX_ANSWERS_A_CLIENT:
                connection.sendall(wire)
                status, body = _answer(connection)
                before, now = now, time.perf_counter()
                self.seconds.append(now - before)
                self.statuses[status] += 1
                self.bodies.setdefault(status, body[:200].decode(errors="replace"))


def _answer(connection: socket.socket) -> tuple[str, bytes]:
    received = b""
    while _END_OF_HEAD not in received:
        received += _read(connection)
    head, _, body = received.partition(_END_OF_HEAD)
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "content-length" not in headers:
        raise ValueError(f"an answer without a length: {first} {headers}")
    while len(body) < int(headers["content-length"]):
        body += _read(connection)
    return first.split(" ", 2)[1], body


def _read(connection: socket.socket) -> bytes:
    chunk = connection.recv(_READ_BYTES)
    if not chunk:
        raise ConnectionError("the server closed the connection")
    return chunk


def _work(job: Job) -> Outcome:
    clients = [_Client(job, number) for number in range(job.clients)]
    start = threading.Barrier(job.clients + 1)
    threads = [threading.Thread(target=client.work, args=[start]) for client in clients]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    statuses: Counter[str] = sum((client.statuses for client in clients), Counter())
    bodies: dict[str, Any] = {status: body for client in clients for status, body in client.bodies.items()}
    milliseconds = statistics.median(second * 1000 for client in clients for second in client.seconds)
    return Outcome(took, dict(statuses), milliseconds, bodies[statuses.most_common(1)[0][0]])


if __name__ == "__main__":
    print(json.dumps(asdict(_work(Job(**json.load(sys.stdin))))))
