"""Which model a body of a media type is validated by.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-request-validators.requestValidator.html
"""

from collections.abc import Mapping
from typing import Any

from .body_model import BodyModel
from .openapi_faults import bad_document

_VALIDATOR = "x-amazon-apigateway-request-validator"


def body_models(operation: Mapping[str, Any], document: Mapping[str, Any], place: str) -> dict[str, BodyModel]:
    """The models of an operation by media type; empty unless its validator validates bodies. Raises ServiceError."""
    name = operation.get(_VALIDATOR, document.get(_VALIDATOR))
    if name is None:
        return {}
    validators = document.get(f"{_VALIDATOR}s", {})
    if name not in validators:
        raise bad_document(f"{place}.{_VALIDATOR}: there is no request validator {name!r}")
    if validators[name].get("validateRequestParameters"):
        raise bad_document(f"{_VALIDATOR}s.{name}: the local cloud does not support validateRequestParameters")
    if not validators[name].get("validateRequestBody"):
        return {}
    content = operation.get("requestBody", {}).get("content", {})
    return {media_type: BodyModel(media["schema"], document) for media_type, media in content.items()}
