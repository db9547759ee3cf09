"""What of a stack its running costs depend on, read from its contracts and from what its program makes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts import Authentication, Contract, Delivery
from contracts.storefront import SOURCES

from .copies import Copy, copies
from .program import Resource

_STREAM = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
_DATA_STREAM = "aws:kinesis/stream:Stream"
_STREAMING = "streaming-"
"""What the resources of the streaming lake are called by before their names (components/migration/)."""
_STARTER = "curation-starter-function"
_INGEST = "ingest-handler-function"
_FUNCTION = "aws:lambda/function:Function"
_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_WEB_ACL = "aws:wafv2/webAcl:WebAcl"
_AUTHORIZER = "authorizer"


@dataclass(frozen=True)
class Source:
    """A source that has a path."""

    name: str
    is_direct: bool
    """Whether API Gateway puts its events onto the stream by itself."""
    delivery_seconds: float
    """Longest time that events wait before they are written."""
    raw_days: int
    """Days that events are kept as they came."""
    processed_days: int
    """Days that processed events are kept."""
    is_of_guests: bool = False
    """Whether the storefront's pages put its events onto the stream, past the API."""


@dataclass(frozen=True)
class Stack:
    """A stack, as far as its costs depend on it."""

    sources: tuple[Source, ...]
    curate_seconds: float
    """Least time between the starts of two runs of the curate job."""
    log_days: int
    """Days that log lines are kept."""
    ingest_memory_gb: float
    transform_memory_gb: float
    starter_memory_gb: float
    has_quicksight: bool
    endpoint_count: int
    """Interface endpoints of the VPC, each in each of its subnets."""
    has_nat_gateway: bool
    """Whether what functions send leaves through one; S3 is reached past it."""
    has_file_system: bool
    has_storefront: bool = False
    has_web_acl: bool = False
    """Whether a web ACL looks at what comes to the API."""
    lakes: int = 1
    """Lakes that events are delivered to; two in a migration."""
    has_data_streams: bool = False
    """Whether each source has a Kinesis data stream."""
    is_mirrored: bool = False
    """Whether what is put onto delivery streams is put onto the data streams too, and comes from there once more."""
    copies: tuple[Copy, ...] = ()
    """What QuickSight keeps in SPICE."""


def describe(contracts: Sequence[Contract], resources: Sequence[Resource]) -> Stack:
    """The stack that these resources are of, with these contracts."""
    streams = {resource.name: resource for resource in resources if resource.type == _STREAM}
    functions = {resource.name: resource for resource in resources if resource.type == _FUNCTION}
    has_directory = any(_AUTHORIZER in name for name in functions)
    has_storefront = any(resource.type == _DISTRIBUTION for resource in resources)
    has_web_acl = any(resource.type == _WEB_ACL for resource in resources)
    # There is a web ACL where pages send to the API.
    of_guests = SOURCES if has_storefront and not has_web_acl else ()
    sources = tuple(
        _source(contract, stream, of_guests)
        for contract in contracts
        if (stream := _of_a_lake(streams, f"{contract.source}-stream"))
        and (has_directory or contract.authentication is not Authentication.LDAP)
    )
    starter = _of_a_lake(functions, _STARTER)
    if starter is None:
        raise KeyError(_STARTER)
    lakes = sum(name in functions for name in (_STARTER, f"{_STREAMING}{_STARTER}"))
    ingest = functions.get(_INGEST)
    has_data_streams = any(resource.type == _DATA_STREAM for resource in resources)
    puts_onto_data_streams = ingest is not None and _environment(ingest).get("STREAM_SERVICE") == "kinesis"
    transforms = [function for name, function in functions.items() if name.endswith("-transform-function")]
    return Stack(
        sources=sources,
        curate_seconds=float(_environment(starter)["INTERVAL_SECONDS"]),
        log_days=max(
            resource.inputs.get("retentionInDays", 0) for resource in resources if resource.type == _LOG_GROUP
        ),
        ingest_memory_gb=_memory_gb(ingest),
        transform_memory_gb=_memory_gb(next(iter(transforms), None)),
        starter_memory_gb=_memory_gb(starter),
        has_quicksight=any(resource.type.startswith("aws:quicksight/") for resource in resources),
        endpoint_count=sum(interface_endpoints(resource) for resource in resources),
        has_nat_gateway=any(resource.type == "aws:ec2/natGateway:NatGateway" for resource in resources),
        has_file_system=any(resource.type == "aws:efs/fileSystem:FileSystem" for resource in resources),
        has_storefront=has_storefront,
        has_web_acl=has_web_acl,
        lakes=lakes,
        has_data_streams=has_data_streams,
        is_mirrored=has_data_streams and _STARTER in functions and not puts_onto_data_streams,
        copies=copies(resources),
    )


def interface_endpoints(resource: Resource) -> int:
    """Endpoints that AWS bills of a resource: one in each subnet of an interface endpoint."""
    if resource.type != "aws:ec2/vpcEndpoint:VpcEndpoint" or resource.inputs.get("vpcEndpointType") != "Interface":
        return 0
    return max(1, len(resource.inputs.get("subnetIds") or ()))


def _of_a_lake(resources: Mapping[str, Resource], name: str) -> Resource | None:
    """A resource of the first lake or, once that has none any more, of the streaming one."""
    return resources.get(name) or resources.get(f"{_STREAMING}{name}")


def _environment(function: Resource) -> Mapping[str, Any]:
    variables: Mapping[str, Any] = function.inputs["environment"]["variables"]
    return variables


def _source(contract: Contract, stream: Resource, of_guests: Collection[str]) -> Source:
    destination: dict[str, Any] = stream.inputs["extendedS3Configuration"]
    return Source(
        name=contract.source,
        is_direct=contract.delivery is Delivery.DIRECT,
        delivery_seconds=float(destination["bufferingInterval"]),
        raw_days=contract.retention_days,
        processed_days=contract.processed_retention_days,
        is_of_guests=contract.source in of_guests,
    )


def _memory_gb(function: Resource | None) -> float:
    """0 for a function that no source of the stack needs."""
    return float(function.inputs["memorySize"]) / 1024 if function else 0
