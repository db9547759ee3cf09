"""The local cloud: the AWS services that the stack uses, in one process, on one loopback port, in memory."""

from typing import Any

__all__ = ["LocalCloud"]


def __getattr__(name: str) -> Any:
    # Loaded on demand: the deployer lives in this package too, and must not wait for the services' implementations.
    if name == "LocalCloud":
        from .cloud import LocalCloud

        return LocalCloud
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
