"""Actions that are not called as their operations, and resources that the request does not name outright."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from .. import shard_iterators
from ..clients import ACCOUNT_ID
from .operations import Operation, Parameters

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_S3: Mapping[str, str] = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
}
_S3_VERSIONED = {"GetObject": "GetObjectVersion", "DeleteObject": "DeleteObjectVersion"}
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
_BATCH = "Batch"
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_LAMBDA = {"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"}
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: "No permissions are required".
_FREE = frozenset({("sts", "GetCallerIdentity")})
# Two actions for all: https://docs.aws.amazon.com/cost-management/latest/userguide/billing-permissions-ref.html
_BUDGETS = {
    **dict.fromkeys(
        (
            "DescribeBudget",
            "DescribeBudgets",
            "DescribeNotificationsForBudget",
            "DescribeSubscribersForNotification",
        ),
        "ViewBudget",
    ),
    **dict.fromkeys(
        ("CreateBudget", "CreateNotification", "DeleteBudget", "DeleteNotification", "UpdateBudget"), "ModifyBudget"
    ),
}
_DELETED = re.compile(r"<Object>(.*?)</Object>", re.DOTALL)
_DELETED_KEY = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)
_FUNCTION = re.compile(r"(?:(?:arn:aws:lambda:[^:]+:)?\d{12}:function:)?(?P<name>[^:]+)(?::(?P<qualifier>.+))?")

Named = Iterator[tuple[str, Parameters]]


def actions(operation: Operation, work_group: Callable[[str], str]) -> Named:
    """The names of a request's actions in IAM, each with the parameters that name its resource."""
    service, name, parameters = operation.service, operation.name, operation.parameters
    if (service, name) in _FREE:
        return
    match service:
        case "s3":
            yield from _s3(name, parameters)
        case "sqs":
            yield name.removesuffix(_BATCH), parameters
        case "lambda":
            yield _LAMBDA.get(name, name), parameters
        case "athena":
            for executed in _with_work_groups(name, parameters, work_group):
                yield name, executed
        case "monitoring":
            for alarm in _listed(parameters, "AlarmNames") if name == "DeleteAlarms" else [None]:
                yield name, {**parameters, **({"AlarmName": alarm} if alarm else {})}
        case "budgets":
            yield _BUDGETS.get(name, name), parameters
        case _:
            yield name, parameters


def arn(service: str, kind: str, parameters: Parameters, region: str) -> str | None:
    """The ARN of a resource that takes more than filling in its placeholders; None for any other."""
    match service, kind:
        case "sqs", "queue":
            name = str(parameters.get("QueueUrl") or "").rpartition("/")[2]
            return f"arn:aws:sqs:{region}:{ACCOUNT_ID}:{name}" if name else None
        case "lambda", "function":
            function = _FUNCTION.fullmatch(str(parameters.get("FunctionName") or ""))
            if not function:
                return None
            qualifier = parameters.get("Qualifier") or function["qualifier"]
            tail = f":{qualifier}" if qualifier else ""
            return f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{function['name']}{tail}"
        case "logs", "log-group":
            # "Use `:*` at the end": a group is checked as all of its streams, so its bare ARN does not allow an action.
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
            group = parameters.get("logGroupName")
            return f"arn:aws:logs:{region}:{ACCOUNT_ID}:log-group:{group}:log-stream:" if group else None
        case "scheduler", "schedule":
            schedule, its_group = parameters.get("Name"), parameters.get("GroupName") or "default"
            return f"arn:aws:scheduler:{region}:{ACCOUNT_ID}:schedule/{its_group}/{schedule}" if schedule else None
        case "secretsmanager", "Secret":
            # An ARN ends in six characters that AWS makes up; who asks by name alone is checked by the name alone.
            named = str(parameters.get("SecretId") or "")
            return named if named.startswith("arn:") else None
        case "kms", "key":
            key = str(parameters.get("KeyId") or "").rpartition("/")[2]
            return f"arn:aws:kms:{region}:{ACCOUNT_ID}:key/{key}" if key else None
        case "kinesis", "stream":
            return _data_stream(parameters, region)
        case "glue", "connection":
            connection = parameters.get("Name") or parameters.get("ConnectionName")
            return f"arn:aws:glue:{region}:{ACCOUNT_ID}:connection/{connection}" if connection else None
        case "monitoring", "alarm":
            # "alarm:*", where a request does not say which:
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-permissions-reference.html
            named = str(parameters.get("ResourceARN") or "")
            alarm = parameters.get("AlarmName") or "*"
            return named or f"arn:aws:cloudwatch:{region}:{ACCOUNT_ID}:alarm:{alarm}"
        case "sns", "topic":
            named = str(parameters.get("TopicArn") or parameters.get("ResourceArn") or "")
            topic = parameters.get("Name")
            return named or (f"arn:aws:sns:{region}:{ACCOUNT_ID}:{topic}" if topic else None)
        case "budgets", "budget":
            given = parameters.get("Budget") or parameters.get("NewBudget") or parameters
            named = str(parameters.get("ResourceARN") or "")
            return named or f"arn:aws:budgets::{ACCOUNT_ID}:budget/{given.get('BudgetName') or '*'}"
        case "wafv2", "webacl":
            # One that is being made, or is asked for by what it protects, has no id yet that the request could name.
            named = str(parameters.get("WebACLArn") or parameters.get("ResourceARN") or "")
            name, id_ = parameters.get("Name") or "*", parameters.get("Id") or "*"
            return named or f"arn:aws:wafv2:{region}:{ACCOUNT_ID}:regional/webacl/{name}/{id_}"
        case "wafv2", "apigateway":
            return str(parameters.get("ResourceArn") or "") or None
        case "events", "event-bus":
            return f"arn:aws:events:{region}:{ACCOUNT_ID}:event-bus/default"
    return None


def _data_stream(parameters: Parameters, region: str) -> str | None:
    """A stream is named by its name or its ARN; who reads records names it by the iterator that they got for it."""
    named = str(parameters.get("StreamARN") or parameters.get("ResourceARN") or "")
    name = parameters.get("StreamName")
    if not named and not name and "ShardIterator" in parameters:
        try:
            name = shard_iterators.read(str(parameters["ShardIterator"])).stream
        except ValueError:
            # Kinesis will say that it is none, to those who may read some stream of this name.
            name = "*"
    return named or (f"arn:aws:kinesis:{region}:{ACCOUNT_ID}:stream/{name}" if name else None)


def _listed(parameters: Parameters, name: str) -> list[Any]:
    """The items of a list, which the query protocol numbers."""
    found = parameters.get(name)
    if isinstance(found, list):
        return found
    return [value for key, value in parameters.items() if key.startswith(f"{name}.member.")]


def _s3(name: str, parameters: Parameters) -> Named:
    if name in ("CopyObject", "UploadPartCopy"):
        bucket, _, key = unquote(str(parameters["CopySource"])).lstrip("/").partition("/")
        yield "GetObject", {"Bucket": bucket, "Key": key.partition("?versionId=")[0]}
        yield "PutObject", parameters
    elif name == "DeleteObjects":
        for deleted in _DELETED.findall(parameters["Body"].decode(errors="replace")):
            action = "DeleteObjectVersion" if "<VersionId>" in deleted else "DeleteObject"
            for key in _DELETED_KEY.findall(deleted):
                yield action, {**parameters, "Key": _unescaped(key)}
    else:
        action = _S3.get(name, name)
        yield _S3_VERSIONED.get(action, action) if "VersionId" in parameters else action, parameters


def _unescaped(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def _with_work_groups(name: str, parameters: Parameters, work_group: Callable[[str], str]) -> Iterator[Parameters]:
    """Query executions are checked as their work group.

    https://docs.aws.amazon.com/athena/latest/ug/example-policies-workgroup.html
    """
    ids = parameters.get("QueryExecutionIds") or [parameters.get("QueryExecutionId")]
    if any(ids):
        for execution_id in ids:
            yield {**parameters, "WorkGroup": work_group(str(execution_id))}
    elif name in ("StartQueryExecution", "ListQueryExecutions"):
        yield {"WorkGroup": "primary", **parameters}
    else:
        yield parameters
