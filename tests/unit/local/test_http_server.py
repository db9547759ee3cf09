"""The HTTP server, where clients speak HTTP in their own ways."""

import io
import socket
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from rapid.local.server.http_server import HttpServer

from .signing import link

FILE_BYTES = 3_000_000


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers with its path; /file with a file, /parts in parts of no stated length, /fault not at all."""
    path = environ["PATH_INFO"]
    if path == "/fault":
        raise RuntimeError("a fault of the application")
    if path == "/file":
        start_response("200 OK", [("Content-Length", str(FILE_BYTES))])
        return environ["wsgi.file_wrapper"](io.BytesIO(b"f" * FILE_BYTES))
    start_response("200 OK", [])
    return iter((b"one", b"two")) if path == "/parts" else [path.encode()]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A server of the application above."""
    found = HttpServer(0)
    found.start(application)
    yield found
    found.stop()


def exchange(server: HttpServer, sent: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.effective_port), timeout=60) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_requests_sent_together_are_answered_in_their_order(server: HttpServer) -> None:
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    received = exchange(server, b"POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" + last)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b"/first") < received.index(b"/last")


def test_what_is_no_http_is_a_400(server: HttpServer) -> None:
    assert exchange(server, b"GET / HTTP/1.1\r\nno header\r\n\r\n").startswith(b"HTTP/1.0 400 Bad Request")


def test_a_fault_of_the_application_is_a_500_and_the_next_request_is_served(server: HttpServer) -> None:
    assert urllib3.request("GET", f"{server.url}/fault", retries=False).status == 500
    assert urllib3.request("GET", f"{server.url}/next", retries=False).data == b"/next"


def test_an_answer_may_be_a_file_or_come_in_parts(server: HttpServer) -> None:
    assert len(urllib3.request("GET", f"{server.url}/file", retries=False).data) == FILE_BYTES
    assert urllib3.request("GET", f"{server.url}/parts", retries=False).data == b"onetwo"


def test_a_client_that_leaves_in_the_middle_of_a_request_or_an_answer_harms_nobody(server: HttpServer) -> None:
    for sent in (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
        b"GET /file HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.effective_port), timeout=60) as connection:
            connection.sendall(sent)
    assert urllib3.request("GET", f"{server.url}/next", retries=False).data == b"/next"


def test_a_stopped_server_ends_the_connections_that_clients_keep(server: HttpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.effective_port), timeout=60) as connection:
        connection.sendall(b"GET /kept HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(65536)
        server.stop()
        assert connection.recv(65536) == b""


def test_an_empty_object_is_stored_for_a_client_that_waits_to_be_told_to_send_it(rig):
    rig.aws("s3").create_bucket(Bucket="empty")
    address = urlsplit(link("s3", "PUT", f"{rig.url}/empty/nothing"))
    request = (
        f"PUT {address.path}?{address.query} HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\n"
        "Content-Length: 0\r\n"
        "Expect: 100-continue\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(request.encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert b"HTTP/1.1 200 OK" in received
    assert rig.aws("s3").head_object(Bucket="empty", Key="nothing")["ContentLength"] == 0
