"""Who asks Athena for something: Glue and S3 are read and written with their credentials.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html.
"""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug import Request

from ..clients import Clients
from ..iam.callers import ACCESS_KEY, RoleSession


@dataclass(frozen=True)
class Asker:
    """The clients that act with an asker's credentials, and whether policies limit what those may do."""

    clients: Clients
    is_limited: bool = False


def asker_of(request: Request, clients: Clients) -> Asker:
    """Return who sent a request: a role's session, or the account that ``clients`` act as."""
    key = request.environ.get(ACCESS_KEY)
    if key is None or not isinstance(key.caller, RoleSession):
        return Asker(clients)
    return Asker(clients.of_caller(key.credentials), is_limited=True)
