"""The cloud that is deployed onto, which may still be starting while the program loads."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import urlsplit

_PROBE_INTERVAL_SECONDS = 0.05


class CloudUnreachableError(Exception):
    """Nothing answers at the endpoint, so that no resource can be made."""


class ClientSource(Protocol):
    """Where boto3 clients come from; one a service, cached."""

    def client(self, service: str) -> Any:
        """Return the client of a service, for instance `s3`."""


class Cloud:
    """One local cloud: its endpoint, its account, its region and its clients."""

    def __init__(
        self, clients: ClientSource, endpoint_url: str, region: str, account_id: str, start_timeout_seconds: float = 30
    ) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self.account_id = account_id
        self._clients = clients
        self._start_timeout_seconds = start_timeout_seconds
        self._prepared = False
        self._unreachable: CloudUnreachableError | None = None
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        return self._clients.client(service)

    def prepare(self, services: Iterable[str]) -> None:
        """Make the clients of some services, then wait until the cloud is up; the work is done once.

        Raises CloudUnreachableError where nothing answers in time.
        """
        with self._lock:
            if not self._prepared:
                self._prepared = True
                for service in services:
                    self.client(service)
                self._wait()
            if self._unreachable:
                raise self._unreachable

    def _wait(self) -> None:
        address = urlsplit(self.endpoint_url)
        deadline = time.monotonic() + self._start_timeout_seconds
        while True:
            try:
                socket.create_connection((address.hostname or "", address.port or 80), timeout=1).close()
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    self._unreachable = CloudUnreachableError(
                        f"nothing answers at {self.endpoint_url} ({error.strerror or error}); "
                        "start a local cloud with `rapid local up`, or give its address with --endpoint"
                    )
                    return
            time.sleep(_PROBE_INTERVAL_SECONDS)
