"""One connection of the HTTP server: its requests one after the other, each answered in the connection's own thread.

waitress parses the requests and runs the application; its loop, which hands each request from one thread to another,
is left out.
"""

import contextlib
import logging
import re
import socket
from typing import Any, Protocol

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import InternalServerError

from ..moto.services import WsgiApplication

_log = logging.getLogger(__name__)

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SEND_AT_BYTES = 64 * 1024
_METADATA = re.compile(rb"(?m)^X-Amz-Meta-[^:]+")


class Listener(Protocol):
    """What waitress's tasks ask of their server."""

    adj: Adjustments
    application: WsgiApplication
    effective_port: int
    server_name: str


class _Task(WSGITask):  # type: ignore[misc]
    """Answers a request. Names of metadata are in small letters, as S3 keeps them and its clients show them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    """

    def build_response_header(self) -> bytes:
        """What goes before the body."""
        header: bytes = super().build_response_header()
        return _METADATA.sub(lambda found: found[0].lower(), header) if b"X-Amz-Meta-" in header else header


class Connection:
    """Serves a client until either side ends it. Also what waitress's tasks call their channel."""

    def __init__(self, server: Listener, client: socket.socket, address: tuple[str, int]) -> None:
        self.server = server
        self.adj = server.adj
        self.addr = address
        self._client = client
        self._received = b""
        self._unsent = bytearray()

    def serve(self) -> None:
        """Answer requests until the connection ends, then close it."""
        with self._client:
            try:
                while (request := self._request()) is not None:
                    if not self._answer(request):
                        return
            except OSError:
                # The client has gone, or the server is being stopped.
                return

    def end(self) -> None:
        """Let no more bytes through, in whichever thread `serve` is."""
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def write_soon(self, data: Any) -> int:
        """Send bytes, or a file of waitress's, by and by; small parts go out together."""
        if isinstance(data, bytes | bytearray):
            self._unsent += data
            if len(self._unsent) >= _SEND_AT_BYTES:
                self._flush()
            return len(data)
        size = 0
        with contextlib.closing(data):
            while chunk := data.get(_SEND_AT_BYTES, True):
                size += self.write_soon(chunk)
        return size

    def check_client_disconnected(self) -> bool:
        """Applications may ask; only a connection that is read meanwhile would know."""
        return False

    def _request(self) -> HTTPRequestParser | None:
        """The next request, its body read whole; None when the client has sent its last."""
        request = HTTPRequestParser(self.adj)
        while True:
            if not self._received:
                self._received = self._client.recv(self.adj.recv_bytes)
                if not self._received:
                    request.close()
                    return None
            taken = request.received(self._received)
            self._received = self._received[taken:]
            if request.completed:
                if not request.empty:
                    return request
                request = HTTPRequestParser(self.adj)
            elif request.expect_continue and request.headers_finished:
                request.expect_continue = False
                self._client.sendall(_CONTINUE)

    def _answer(self, request: HTTPRequestParser) -> bool:
        """Answer a request; whether the connection goes on."""
        task = (ErrorTask if request.error else _Task)(self, request)
        try:
            task.service()
        except ConnectionError:
            return False
        except Exception:
            _log.exception("%s failed", request.path)
            if task.wrote_header:
                return False
            request.error = InternalServerError("The server encountered an unexpected internal server error")
            task = ErrorTask(self, request)
            task.service()
        finally:
            request.close()
        self._flush()
        return not task.close_on_finish

    def _flush(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, bytearray()
            self._client.sendall(unsent)
