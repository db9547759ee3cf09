"""Keeps code that runs in a VPC to the ports that its security groups let out.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html. Runs inside of the process of a function or
of a job. It sees what goes through Python's sockets; what a C library opens by itself it does not. The local cloud,
which stands for all services, is checked at its own door.
"""

from __future__ import annotations

import errno
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def install(open_ports: Sequence[Sequence[int]], endpoint_url: str) -> None:
    """Guard this process from now on. `open_ports` are first and last ports."""
    sys.addaudithook(NetworkGuard(open_ports, endpoint_url))


class NetworkGuard:
    """An audit hook that refuses connections to other ports, as a time-out, which is what AWS's silence comes to."""

    def __init__(self, open_ports: Sequence[Sequence[int]], endpoint_url: str) -> None:
        self._open_ports = open_ports
        self._cloud_port = int(endpoint_url.rstrip("/").rpartition(":")[2])

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at one audit event. Raises TimeoutError."""
        if event != "socket.connect" or not isinstance(arguments[1], tuple):
            return
        port = arguments[1][1]
        if port == self._cloud_port or any(first <= port <= last for first, last in self._open_ports):
            return
        raise TimeoutError(errno.ETIMEDOUT, f"The security groups let nothing out to port {port}")
