"""What Firehose needs of the other services."""

from typing import Any, Protocol


class Clients(Protocol):
    """Gives boto3 clients."""

    def client(self, service: str, role_arn: str | None = None) -> Any:
        """A client of a service, with the credentials of a role where one is named."""
