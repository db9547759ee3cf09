"""How a service writes its errors, by its model in botocore."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

# Where the name that a service signs with is not that of its model.
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions"}


@dataclass(frozen=True)
class ErrorForm:
    """What services differ in."""

    json_version: str = "1.1"
    xml_namespace: str = ""
    is_query_compatible: bool = False
    """Whether an error in JSON is accompanied by its code in the query protocol, which the service spoke before."""
    message_members: Mapping[str, str] = field(default_factory=dict)
    """By code, where it is not `message`."""


@cache
def error_form(service: str | None) -> ErrorForm:
    """How the service with this signing name writes its errors; as most do where there is no such service."""
    if service is None:
        return ErrorForm()
    try:
        model = Loader().load_service_model(_MODELS.get(service, service), "service-2")
    except UnknownServiceError:
        return ErrorForm()
    metadata = model["metadata"]
    return ErrorForm(
        metadata.get("jsonVersion", "1.1"),
        metadata.get("xmlNamespace", ""),
        "awsQueryCompatible" in metadata,
        {name: "Message" for name, shape in model["shapes"].items() if "Message" in shape.get("members", {})},
    )
