"""How QuickSight refuses: https://docs.aws.amazon.com/quicksight/latest/APIReference/CommonErrors.html."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..service_error import ServiceError, unsupported


def invalid(message: str) -> ServiceError:
    """One or more parameters has a value that is not valid."""
    return ServiceError("InvalidParameterValueException", message)


def not_found(kind: str, id_: str) -> ServiceError:
    """One or more resources can't be found."""
    return ServiceError("ResourceNotFoundException", f"{kind} {id_} not found", 404)


def exists(kind: str, id_: str) -> ServiceError:
    """The resource specified already exists."""
    return ServiceError("ResourceExistsException", f"{kind} {id_} already exists", 409)


def conflict(message: str) -> ServiceError:
    """Updating or deleting a resource can cause an inconsistent state."""
    return ServiceError("ConflictException", message, 409)


def precondition(message: str) -> ServiceError:
    """One or more preconditions aren't met."""
    return ServiceError("PreconditionNotMetException", message)


def limit_exceeded(message: str) -> ServiceError:
    """A limit is exceeded."""
    return ServiceError("LimitExceededException", message, 409)


def access_denied(message: str) -> ServiceError:
    """You don't have access to this item."""
    return ServiceError("AccessDeniedException", message, 401)


def only(given: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    """Refuse by name what is given and not known; `what` is what has it."""
    unknown = sorted(name for name in given.keys() - set(known) if given[name] not in (None, [], {}))
    if unknown:
        raise unsupported(f"{what} with {', '.join(unknown)}")
