"""A signed request of every operation of every service that the local cloud answers, from botocore's models of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.credentials import Credentials
from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel, Shape
from botocore.serialize import create_serializer

_VALUES: Mapping[str, Any] = {
    "blob": b"example",
    "boolean": False,
    "double": 1.0,
    "float": 1.0,
    "integer": 1,
    "long": 1,
    "timestamp": "2026-03-14T18:30:00Z",
}
_DEPTH = 6
"""Shapes that hold themselves end here."""


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent."""

    service: str
    operation: str
    request: Any

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


def calls(services: list[str], credentials: Credentials, endpoint_url: str, region: str) -> Iterator[Call]:
    """A request of each operation of some services, by the names of their clients."""
    session = botocore.session.get_session()
    for service in services:
        try:
            model = session.get_service_model(service)
        except UnknownServiceError:
            raise AssertionError(f"botocore knows no service {service}") from None
        serializer = create_serializer(model.resolved_protocol, include_validation=False)
        for name in model.operation_names:
            yield Call(service, name, _signed(model, serializer, name, credentials, endpoint_url, region))


def _signed(
    model: ServiceModel, serializer: Any, name: str, credentials: Credentials, endpoint_url: str, region: str
) -> Any:
    operation = model.operation_model(name)
    members = _example(operation.input_shape, model.signing_name) if operation.input_shape else {}
    made = serializer.serialize_to_request(members, operation)
    made.pop("host_prefix", None)
    prepare_request_dict(made, endpoint_url)
    request = create_request_object(made)
    signer = S3SigV4Auth if model.signing_name == "s3" else SigV4Auth
    signer(credentials, model.signing_name, region).add_auth(request)
    return request.prepare()


def _example(shape: Shape, service: str, name: str = "", depth: int = 0) -> Any:
    """The least that the shape takes, and of texts what may name a resource."""
    if depth > _DEPTH:
        return {} if shape.type_name in ("structure", "map") else [] if shape.type_name == "list" else "example"
    match shape.type_name:
        case "structure":
            names = [one for one, member in shape.members.items() if one in shape.required_members or _names(member)]
            if getattr(shape, "is_tagged_union", False):
                names = list(shape.members)[:1]
            return {one: _example(shape.members[one], service, one, depth + 1) for one in names}
        case "list":
            return [_example(shape.member, service, name, depth + 1)]
        case "map":
            return {}
        case "string" | "character":
            if shape.enum:
                return shape.enum[0]
            if name.lower().endswith("arn"):
                return f"arn:aws:{service}:us-east-1:123456789012:example/example"
            return "example"
        case _:
            return _VALUES[shape.type_name]


def _names(member: Shape) -> bool:
    """Whether it may name a resource: a text that is in no list of what there is to choose from."""
    return bool(member.type_name == "string" and not member.enum)
