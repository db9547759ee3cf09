"""What an import says of a document that it refuses."""

from ..service_error import ServiceError


def bad_document(message: str) -> ServiceError:
    """The document is not one that can be imported."""
    return ServiceError("BadRequestException", message)
