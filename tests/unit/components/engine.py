"""Runs a piece of a Pulumi program against a recording engine; no cloud, no CLI."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import mocks, rpc, set_all_config
from pulumi.runtime.settings import get_root_resource, set_root_resource

ACCOUNT, REGION = "123456789012", "eu-central-1"


LAKEHOUSE: Any = {
    **{f"{zone}_bucket": f"arn:aws:s3:::{zone}" for zone in ("raw", "processed", "curated", "quarantine", "results")},
    "database": f"arn:aws:glue:{REGION}:{ACCOUNT}:database/lake",
    "tables": {"orders": f"arn:aws:glue:{REGION}:{ACCOUNT}:table/lake/orders_processed"},
    "workgroup": f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/lake",
}
"""A lakehouse with the source orders, by its ARNs."""


@dataclass
class Resource:
    """A resource as it was registered."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    retain_on_delete: bool
    depends_on: list[str]
    secret_outputs: list[str]
    urn: str
    sources: dict[str, list[str]]
    """For each input the URNs of the resources that its value is made of."""
    request: Any
    """What Pulumi's SDK asked the engine for."""

    def policy(self) -> list[dict[str, Any]]:
        """The statements of a policy document."""
        return json.loads(self.inputs["policy"])["Statement"]

    def trust(self) -> list[dict[str, Any]]:
        """The statements that say who may assume a role."""
        return json.loads(self.inputs["assumeRolePolicy"])["Statement"]


@dataclass
class Deployment:
    """Everything a program registered, and what it exported."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)

    def of(self, type_name: str) -> list[Resource]:
        """The resources of a type, by the last part of its token."""
        return [resource for resource in self.resources if resource.type.split(":")[-1] == type_name]

    def one(self, type_name: str, name: str = "") -> Resource:
        """The resource of a type (and name)."""
        found = [resource for resource in self.of(type_name) if name in ("", resource.name)]
        assert len(found) == 1, f"{len(found)} {type_name} {name}: {[resource.name for resource in found]}"
        return found[0]


class _Mocks(mocks.Mocks):
    def __init__(self, preview: bool, real_arns: bool) -> None:
        self.preview = preview
        self.real_arns = real_arns

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"a look-up needs credentials in a preview: {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, {}
        computed = _computed(args)
        if self.real_arns:
            computed |= _real_arn(args)
        if self.preview:
            return "", {**dict.fromkeys(computed, rpc.UNKNOWN), **args.inputs}
        return f"{args.name}-id", {**computed, **args.inputs}


def _computed(args: mocks.MockResourceArgs) -> dict[str, Any]:
    service = args.typ.split(":")[1].split("/")[0]
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{args.name}"
    computed = {"name": f"{args.name}-1a2b3c4", "arn": arn}
    return computed | {
        "Bucket": {
            "bucket": f"{args.name}-1a2b3c4",
            "arn": f"arn:aws:s3:::{args.name}-1a2b3c4",
            "bucketRegionalDomainName": f"{args.name}-1a2b3c4.s3.{REGION}.amazonaws.com",
        },
        "CatalogDatabase": {"arn": f"arn:aws:glue:{REGION}:{ACCOUNT}:database/{args.inputs.get('name')}"},
        "CatalogTable": {"arn": f"arn:aws:glue:{REGION}:{ACCOUNT}:table/lake/{args.inputs.get('name')}"},
        "Workgroup": {"arn": f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{args.name}-1a2b3c4"},
        "FirehoseDeliveryStream": {"arn": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{args.name}-1a2b3c4"},
        "Stream": {"arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{args.name}-1a2b3c4"},
        "Function": {"invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"},
        "RestApi": {"executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc123"},
        "Stage": {"invokeUrl": f"https://abc123.execute-api.{REGION}.amazonaws.com/{args.inputs.get('stageName')}"},
        "Distribution": {"arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", "domainName": "d1.cloudfront.net"},
        "ApiKey": {"value": "the-secret-key-value"},
        "Queue": {"url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{args.name}"},
    }.get(args.typ.split(":")[-1], {})


def _real_arn(args: mocks.MockResourceArgs) -> dict[str, str]:
    """The ARN as AWS forms it, for what reads policies; the name in it is the physical one."""
    named = args.inputs.get("name") or f"{args.name}-1a2b3c4"
    service_and_resource = {
        "AccessPoint": f"elasticfilesystem:{REGION}:{ACCOUNT}:access-point/{args.name}",
        "Budget": f"budgets::{ACCOUNT}:budget/{named}",
        "Connection": f"glue:{REGION}:{ACCOUNT}:connection/{named}",
        "EventRule": f"events:{REGION}:{ACCOUNT}:rule/{named}",
        "FileSystem": f"elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{args.name}",
        "Function": f"lambda:{REGION}:{ACCOUNT}:function:{named}",
        "Job": f"glue:{REGION}:{ACCOUNT}:job/{named}",
        "Key": f"kms:{REGION}:{ACCOUNT}:key/{args.name}",
        "LogGroup": f"logs:{REGION}:{ACCOUNT}:log-group:{named}",
        "LogStream": f"logs:{REGION}:{ACCOUNT}:log-group:{args.inputs.get('logGroupName')}:log-stream:{named}",
        "Role": f"iam::{ACCOUNT}:role/{named}",
        "SecurityGroup": f"ec2:{REGION}:{ACCOUNT}:security-group/{args.name}",
        "ScheduleGroup": f"scheduler:{REGION}:{ACCOUNT}:schedule-group/{named}",
        "Secret": f"secretsmanager:{REGION}:{ACCOUNT}:secret:{named}",
    }.get(args.typ.split(":")[-1])
    return {"arn": f"arn:aws:{service_and_resource}"} if service_and_resource else {}


class _Monitor(mocks.MockMonitor):
    def __init__(self, engine: mocks.Mocks) -> None:
        super().__init__(engine)
        self.deployment = Deployment()

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            self.deployment.resources.append(
                Resource(
                    type=request.type,
                    name=request.name,
                    parent=request.parent.split("::")[-1],
                    inputs=_plain(rpc.deserialize_properties(request.object, keep_unknowns=True)),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    depends_on=[urn.split("::")[-1] for urn in request.dependencies],
                    secret_outputs=list(request.additionalSecretOutputs),
                    urn=self.make_urn(request.parent, request.type, request.name),
                    sources={key: list(found.urns) for key, found in request.propertyDependencies.items()},
                    request=request,
                )
            )
        return super().RegisterResource(request)


def _plain(value: Any) -> Any:
    """A property without the wrapping of secrets."""
    if isinstance(value, dict):
        if rpc._special_sig_key in value and "value" in value:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def run(
    build: Callable[[], Any],
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    stack: str = "dev",
    real_arns: bool = False,
) -> Deployment:
    """Run `build` as the program of a stack and return what it registered and exported.

    With `real_arns` each ARN is as AWS forms it, else its last part is the resource's name.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monitor = _Monitor(_Mocks(preview, real_arns))
    set_root_resource(None)  # type: ignore[arg-type]
    mocks.set_mocks(monitor.mocks, project="rapid-analytics", stack=stack, preview=preview, monitor=monitor)
    named = {key if ":" in key else f"rapid-analytics:{key}": value for key, value in (config or {}).items()}
    set_all_config(named)

    @mocks.test
    def program() -> Any:
        build()
        root = get_root_resource()
        for name, value in root.outputs.items():
            _export(monitor.deployment, name, pulumi.Output.from_input(value))

    try:
        # What a program hands to `pulumi.run` is for its language host, and here there is none.
        with patch.object(pulumi, "run"):
            program()
    finally:
        set_all_config({})
        loop.close()
    return monitor.deployment


def _export(deployment: Deployment, name: str, output: pulumi.Output[Any]) -> None:
    async def keep() -> None:
        value = await output.future()
        deployment.outputs[name] = value
        if await output.is_secret():
            deployment.secret_outputs.add(name)

    asyncio.get_event_loop().create_task(keep())
