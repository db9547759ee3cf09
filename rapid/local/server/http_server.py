"""The HTTP server: a loopback port, and a thread for each connection."""

import contextlib
import errno
import logging
import socket
import threading
import time

from waitress.adjustments import Adjustments

from ..moto.services import WsgiApplication
from .http_connection import Connection

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_MAX_CONNECTIONS = 1024
# Below this a body stays in memory.
_BODY_IN_MEMORY_BYTES = 16 * 1024 * 1024
_RECEIVE_BYTES = 64 * 1024
_JOIN_SECONDS = 5
# Such as when the process may open no more files.
_PAUSE_AFTER_FAULT_SECONDS = 0.1


class PortInUseError(OSError):
    """The port is taken. The message names it and what to do."""


class HttpServer:
    """Serves a WSGI application.

    A request may wait for a function that sends requests itself, so a fixed number of threads could all end up waiting.
    """

    server_name = HOST

    def __init__(self, port: int) -> None:
        """Take the port (0: any free one). Raises PortInUseError."""
        self._socket = _listen(port)
        self.effective_port = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.effective_port}"
        self.adj = Adjustments(
            ident=None,
            recv_bytes=_RECEIVE_BYTES,
            inbuf_overflow=_BODY_IN_MEMORY_BYTES,
            clear_untrusted_proxy_headers=False,
        )
        self._connections: dict[Connection, threading.Thread] = {}
        self._lock = threading.Lock()
        self._places = threading.Semaphore(_MAX_CONNECTIONS)
        self._is_stopped = False

    def start(self, application: WsgiApplication) -> None:
        """Begin to serve."""
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self.application = application
        self._acceptor = threading.Thread(target=self._accept, name="http-server", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Close the port and all connections."""
        with self._lock:
            self._is_stopped = True
            connections = dict(self._connections)
        # Wakes the thread that waits in accept; where that is an error, closing does.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in connections:
            connection.end()
        deadline = time.monotonic() + _JOIN_SECONDS
        for thread in (self._acceptor, *connections.values()):
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        while True:
            self._places.acquire()
            try:
                client, address = self._socket.accept()
            except OSError as error:
                self._places.release()
                if self._is_stopped:
                    return
                _log.error("No connection could be accepted: %s", error)
                time.sleep(_PAUSE_AFTER_FAULT_SECONDS)
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, client, address)
            thread = threading.Thread(target=self._serve, args=[connection], name="http-connection", daemon=True)
            with self._lock:
                if self._is_stopped:
                    client.close()
                    return
                self._connections[connection] = thread
                # Within the lock, so that nobody joins a thread that has not begun.
                thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                del self._connections[connection]
            self._places.release()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(_MAX_CONNECTIONS)
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUseError(
            errno.EADDRINUSE, f"port {port} of {HOST} is in use; end the program that has it or choose another port"
        ) from None
    return listener
