"""What is left of a stack after its end: what carries its tag, and what it had that is still there."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from components.stack_tags import STACK_TAG

from ..target import LocalStack, Target
from .state import StackResource

_WORKERS = 8
_GONE = re.compile(r"NoSuch|NotFound|NonExistent|DoesNotExist|WorkGroup is not found|not found", re.IGNORECASE)
_SETTLING_SECONDS = 180
"""The tagging API goes on naming what is deleted for a while."""
_POLL_SECONDS = 10
_GLOBAL_REGION = "us-east-1"
"""Where CloudFront's tags are: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html."""
_API = re.compile(r":execute-api:[^:]+:\d+:(\w+)/([^/]+)/")

_LOOKUPS: dict[str, tuple[str, str, str, str]] = {
    "aws:apigateway/apiKey:ApiKey": ("apigateway", "get_api_key", "apiKey", "id"),
    "aws:apigateway/restApi:RestApi": ("apigateway", "get_rest_api", "restApiId", "id"),
    "aws:apigateway/usagePlan:UsagePlan": ("apigateway", "get_usage_plan", "usagePlanId", "id"),
    "aws:athena/workgroup:Workgroup": ("athena", "get_work_group", "WorkGroup", "id"),
    "aws:cloudfront/distribution:Distribution": ("cloudfront", "get_distribution", "Id", "id"),
    "aws:cloudfront/originAccessControl:OriginAccessControl": ("cloudfront", "get_origin_access_control", "Id", "id"),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        "cloudfront",
        "get_response_headers_policy",
        "Id",
        "id",
    ),
    "aws:cloudwatch/eventRule:EventRule": ("events", "describe_rule", "Name", "id"),
    "aws:cognito/identityPool:IdentityPool": ("cognito-identity", "describe_identity_pool", "IdentityPoolId", "id"),
    "aws:glue/catalogDatabase:CatalogDatabase": ("glue", "get_database", "Name", "name"),
    "aws:glue/job:Job": ("glue", "get_job", "JobName", "id"),
    "aws:iam/role:Role": ("iam", "get_role", "RoleName", "id"),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "firehose",
        "describe_delivery_stream",
        "DeliveryStreamName",
        "name",
    ),
    "aws:kinesis/stream:Stream": ("kinesis", "describe_stream_summary", "StreamName", "name"),
    "aws:lambda/function:Function": ("lambda", "get_function", "FunctionName", "id"),
    "aws:s3/bucket:Bucket": ("s3", "get_bucket_versioning", "Bucket", "id"),
    "aws:scheduler/scheduleGroup:ScheduleGroup": ("scheduler", "get_schedule_group", "Name", "id"),
    "aws:sqs/queue:Queue": ("sqs", "get_queue_attributes", "QueueUrl", "id"),
    "aws:wafv2/webAcl:WebAcl": ("wafv2", "get_web_acl", "ARN", "arn"),
}
"""How a resource of a type is asked for that the tagging API does not name, or names late: service, operation, its
parameter, and the property that it is (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html)."""


@dataclass(frozen=True)
class Leftover:
    """One thing that is still there."""

    what: str
    why: str


def delete_logs_of_services(stack: Target, resources: Sequence[StackResource], outputs: Mapping[str, Any]) -> list[str]:
    """Delete the log groups that AWS services made by themselves for what the stack had; returns their names.

    API Gateway writes execution logs into one, Lambda and Firehose make one where they were not given any. `outputs`
    are the stack's, which name its API when it is gone already.
    """
    logs, deleted = stack.client("logs"), []
    names = {name for item in resources for name in _logs_of_services(item)}
    if api := _API.search(str(outputs.get("files_invoke_arn"))):
        names.add(f"API-Gateway-Execution-Logs_{api[1]}/{api[2]}")
    for name in sorted(names):
        for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
            # A prefix is also that of a longer name, which may be another stack's.
            if group["logGroupName"] == name:
                logs.delete_log_group(logGroupName=name)
                deleted.append(name)
    return deleted


def _logs_of_services(item: StackResource) -> Iterator[str]:
    match item.type:
        case "aws:apigateway/stage:Stage":
            yield f"API-Gateway-Execution-Logs_{item.value('restApi')}/{item.value('stageName')}"
        case "aws:lambda/function:Function":
            yield f"/aws/lambda/{item.id}"
        case "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream":
            yield f"/aws/kinesisfirehose/{item.value('name')}"


def find(
    stack: Target,
    tag: str,
    gone: Sequence[StackResource],
    kept: Sequence[StackResource],
    tell: Callable[[str], None],
) -> tuple[list[Leftover], list[str]]:
    """What is left although it should be gone, and what goes by itself later, in words.

    `tag` is the value of the stack's tag, `gone` what its state had, and `kept` what stays with intent.
    """
    deadline = time.monotonic() + (0 if isinstance(stack, LocalStack) else _SETTLING_SECONDS)
    while True:
        still, known = _there(stack, gone), {item.value("arn") for item in kept}
        tagged = [arn for arn in _tagged(stack, tag) if arn not in known and not _has_ended(stack, arn)]
        later = {arn: date for arn in tagged if (date := _deletion_date(stack, arn))}
        tagged = [arn for arn in tagged if arn not in later]
        if not tagged or time.monotonic() >= deadline:
            break
        tell(f"{len(tagged)} resources are still named by their tag")
        time.sleep(_POLL_SECONDS)
    found = [Leftover(f"{item.type} {item.id}", "was destroyed, and answers still") for item in still]
    found += [Leftover(arn, f"carries the tag {STACK_TAG}={tag}") for arn in tagged]
    return found, [f"{arn}: AWS deletes it on {date}; until then it can be had back" for arn, date in later.items()]


def _tagged(stack: Target, tag: str) -> Iterator[str]:
    stacks: list[Target] = [stack]
    if not isinstance(stack, LocalStack) and stack.region != _GLOBAL_REGION:
        stacks.append(replace(stack, region_found=_GLOBAL_REGION))
    for each in stacks:
        client = each.client("resourcegroupstaggingapi")
        pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": STACK_TAG, "Values": [tag]}])
        for page in pages:
            for item in page["ResourceTagMappingList"]:
                # Another stack of this name, in that region, has its own.
                if each is stack or item["ResourceARN"].startswith("arn:aws:cloudfront::"):
                    yield item["ResourceARN"]


def _has_ended(stack: Target, arn: str) -> bool:
    """Whether it is a NAT gateway that is shown as deleted: AWS shows them for an hour.

    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
    """
    _, is_gateway, id_ = arn.partition(":natgateway/")
    if not is_gateway:
        return False
    found = stack.client("ec2").describe_nat_gateways(NatGatewayIds=[id_])["NatGateways"]
    return all(gateway["State"] == "deleted" for gateway in found)


def _there(stack: Target, resources: Iterable[StackResource]) -> list[StackResource]:
    asked = [item for item in resources if item.type in _LOOKUPS]
    clients = {service: stack.client(service) for service in sorted({_LOOKUPS[item.type][0] for item in asked})}
    logs = stack.client("logs")
    groups = [item for item in resources if item.type == "aws:cloudwatch/logGroup:LogGroup"]

    def is_there(item: StackResource) -> bool:
        service, operation, parameter, by = _LOOKUPS[item.type]
        return _answers(clients[service], operation, **{parameter: item.id if by == "id" else item.value(by)})

    def has_group(item: StackResource) -> bool:
        found = logs.describe_log_groups(logGroupNamePrefix=item.id)["logGroups"]
        return any(group["logGroupName"] == item.id for group in found)

    with ThreadPoolExecutor(_WORKERS) as pool:
        still = [item for item, there in zip(asked, pool.map(is_there, asked), strict=True) if there]
        return still + [item for item, there in zip(groups, pool.map(has_group, groups), strict=True) if there]


def _answers(client: Any, operation: str, **parameters: str) -> bool:
    try:
        getattr(client, operation)(**parameters)
    except ClientError as error:
        if _GONE.search(f"{error.response['Error']['Code']} {error.response['Error'].get('Message', '')}"):
            return False
        raise
    return True


def _deletion_date(stack: Target, arn: str) -> str | None:
    """The day on which AWS deletes what is not deleted at once: KMS keys, and secrets that have a recovery window."""
    service = arn.split(":")[2]
    date = None
    if service == "kms":
        date = stack.client("kms").describe_key(KeyId=arn)["KeyMetadata"].get("DeletionDate")
    elif service == "secretsmanager":
        date = stack.client("secretsmanager").describe_secret(SecretId=arn).get("DeletedDate")
    return f"{date:%Y-%m-%d}" if date else None
