"""What an import says of a document that it refuses."""

from collections.abc import Collection, Mapping
from typing import Any

from ..service_error import ServiceError

_EXTENSION = "x-amazon-apigateway-"


def bad_document(message: str) -> ServiceError:
    """The document is not one that can be imported."""
    return ServiceError("BadRequestException", message)


def refuse_extensions(node: Mapping[str, Any], known: Collection[str], place: str) -> None:
    """Raises ServiceError that names the extensions of API Gateway which are not known."""
    unknown = sorted(key for key in node if key.startswith(_EXTENSION) and key not in known)
    if unknown:
        raise bad_document(f"{place}: the local cloud does not support {', '.join(unknown)}")
