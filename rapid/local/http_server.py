"""The HTTP server: waitress on a loopback port, with as many threads as there are requests under way."""

import errno
import logging
import socket
import threading
from collections.abc import Iterable
from typing import Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel

from .moto_services import WsgiApplication

HOST = "127.0.0.1"
_FIRST_THREADS = 16
_THREADS_STEP = 16
_MAX_THREADS = 512
_MAX_CONNECTIONS = 1024
# Longer than any client keeps an idle connection, so that the server is not the one to close it under a request.
_IDLE_CONNECTION_SECONDS = 24 * 60 * 60
# Below this a body stays in memory.
_BODY_IN_MEMORY_BYTES = 16 * 1024 * 1024
_JOIN_SECONDS = 5


class PortInUseError(OSError):
    """The port is taken. The message names it and what to do."""


class HttpServer:
    """Serves a WSGI application in threads of its own.

    A request may wait for a function that sends requests itself, so a fixed number of threads could all end up waiting.
    """

    def __init__(self, port: int) -> None:
        """Take the port (0: any free one). Raises PortInUseError."""
        self._socket = _listen(port)
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        self._map: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._under_way = 0
        self._threads = _FIRST_THREADS

    def start(self, application: WsgiApplication) -> None:
        """Begin to serve."""
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._application = application
        self._server = waitress.create_server(
            self._count,
            map=self._map,
            sockets=[self._socket],
            threads=self._threads,
            ident=None,
            connection_limit=_MAX_CONNECTIONS,
            channel_timeout=_IDLE_CONNECTION_SECONDS,
            inbuf_overflow=_BODY_IN_MEMORY_BYTES,
            clear_untrusted_proxy_headers=False,
            asyncore_use_poll=True,
        )
        self._server.channel_class = _Channel
        self._loop = threading.Thread(target=self._server.run, name="http-server", daemon=True)
        self._loop.start()

    def stop(self) -> None:
        """Close the port and all connections."""
        # Within the loop's own thread: closing under its feet would make it poll dead file descriptors.
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._map, ignore_all=True))
        self._loop.join(_JOIN_SECONDS)
        self._server.task_dispatcher.shutdown()

    def _count(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._lock:
            self._under_way += 1
            if self._under_way == self._threads and self._threads < _MAX_THREADS:
                self._threads += _THREADS_STEP
                self._server.task_dispatcher.set_thread_count(self._threads)
        try:
            return self._application(environ, start_response)
        finally:
            with self._lock:
                self._under_way -= 1


class _Channel(HTTPChannel):
    """A connection. waitress would wait for ever for the body of a request with `Expect: 100-continue` and no body."""

    def send_continue(self) -> None:
        """Tell the client to go on; a request that has been read whole stays so."""
        is_complete = self.request.completed
        super().send_continue()
        self.request.completed = is_complete


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
