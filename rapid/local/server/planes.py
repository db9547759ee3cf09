"""What the server asks of a service."""

from collections.abc import Mapping
from typing import Protocol

from werkzeug import Request, Response


class Forward(Protocol):
    """Gives moto's answer to a request."""

    def __call__(self, body: bytes | None = None, query: Mapping[str, str] | None = None) -> Response:
        """The answer to the request as it is, or with another body or query string."""


class DataPlane(Protocol):
    """A service that answers all of its requests by itself."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""


class ServicePlane(Protocol):
    """A service that lets some of its requests through to moto."""

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; `forward` gives moto's answer, and may be called after the body was read."""
