"""Ports for servers that cannot choose one themselves."""

import random
import socket

# Below those that Linux gives to connections: one of them may come between the look at a port and its use.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens at."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
