"""A REST API as its OpenAPI document defines it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .body_model import BodyModel
from .mapping_template import MappingTemplate


class IntegrationType(Enum):
    """The types of integration that the local cloud has."""

    AWS = "AWS"
    AWS_PROXY = "AWS_PROXY"
    MOCK = "MOCK"


class ApiKeyRequirement(Enum):
    """Whether a method wants an API key."""

    NONE = "none"
    REQUIRED = "required"


class Authorization(Enum):
    """Who may call a method."""

    NONE = "NONE"
    AWS_IAM = "AWS_IAM"
    CUSTOM = "CUSTOM"
    """Whom a Lambda authorizer lets through."""


@dataclass(frozen=True)
class LambdaAuthorizer:
    """A function that is given the request, and answers what its caller may do.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """

    id: str
    function_arn: str
    identity_headers: tuple[str, ...]
    """Where the caller's identity stands."""
    ttl_seconds: int
    """How long an answer is kept for the same identity; 0: it is asked each time."""


@dataclass(frozen=True)
class LambdaProxy:
    """AWS_PROXY to a function."""

    function_arn: str
    timeout_seconds: float


@dataclass(frozen=True)
class IntegrationResponse:
    """What a client is answered for some answers of an integration; header values are plain text."""

    status: int
    headers: Mapping[str, str]
    template: MappingTemplate


@dataclass(frozen=True)
class Mock:
    """MOCK: the request's template says the status, and that the response."""

    request_templates: Mapping[str, MappingTemplate]
    """By media type; other media types are refused."""
    responses: Mapping[str, IntegrationResponse]
    """By a pattern of the status; `default` for the rest."""


@dataclass(frozen=True)
class AwsAction:
    """AWS to an action of a service, such as firehose:PutRecord."""

    service: str
    action: str
    role_arn: str
    timeout_seconds: float
    request_templates: Mapping[str, MappingTemplate]
    """By media type; other media types are refused."""
    responses: Mapping[str, IntegrationResponse]
    """By a pattern of the service's status; `default` for the rest."""


Integration = LambdaProxy | AwsAction | Mock


@dataclass(frozen=True)
class Method:
    """One HTTP method of one resource."""

    http_method: str
    resource_path: str
    resource_id: str
    authorization: Authorization
    authorizer: LambdaAuthorizer | None
    """Of CUSTOM authorization."""
    api_key: ApiKeyRequirement
    integration: Integration
    body_models: Mapping[str, BodyModel]
    """By media type, or `$default`; empty where bodies are not validated."""


@dataclass(frozen=True)
class GatewayResponse:
    """What a document says about an answer of the gateway itself; None and empty where it says nothing."""

    status: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None


@dataclass(frozen=True)
class RestApi:
    """Methods, and what holds for the whole API."""

    methods: Mapping[tuple[str, str], Method]
    """By resource path and HTTP method."""
    gateway_responses: Mapping[str, GatewayResponse]
    binary_media_types: tuple[str, ...]
