"""The cloud that is deployed onto, which may still be starting while the program loads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from rapid.local.clients import Clients

_PROBE_INTERVAL_SECONDS = 0.05


class CloudError(Exception):
    """Nothing can be deployed onto the cloud: it does not answer, or it has the stack already."""


class Cloud:
    """One local cloud, by its clients; `region` is where it should be."""

    def __init__(self, clients: Clients, region: str, start_timeout_seconds: float = 30) -> None:
        self.endpoint_url = clients.endpoint_url
        self.region = region
        self._clients = clients
        self._start_timeout_seconds = start_timeout_seconds
        self._prepared = False
        self._error: CloudError | None = None
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        return self._clients.client(service)

    def prepare(self, services: Iterable[str], check: Callable[[], None]) -> None:
        """Make the clients of some services, wait until the cloud is up, then run a check; all of it once.

        Raises CloudError, each time, where nothing answers in time or the check raises it.
        """
        with self._lock:
            if not self._prepared:
                self._prepared = True
                for service in services:
                    self.client(service)
                try:
                    self._wait()
                    check()
                except CloudError as error:
                    self._error = error
            if self._error:
                raise self._error

    def _wait(self) -> None:
        address = urlsplit(self.endpoint_url)
        deadline = time.monotonic() + self._start_timeout_seconds
        while True:
            try:
                socket.create_connection((address.hostname or "", address.port or 80), timeout=1).close()
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise CloudError(
                        f"nothing answers at {self.endpoint_url} ({error.strerror or error}); "
                        "start a local cloud with `rapid local up`, or give its address with --endpoint"
                    ) from error
            time.sleep(_PROBE_INTERVAL_SECONDS)
