"""Lambda: functions and who may call them."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.naming import AutoName

_FUNCTION_RENAMES = {
    "name": "FunctionName",
    "code": "Code.ZipFile",
    "s3Bucket": "Code.S3Bucket",
    "s3Key": "Code.S3Key",
    "s3ObjectVersion": "Code.S3ObjectVersion",
}


def _function(creation: Creation) -> Created:
    creation.take("sourceCodeHash")  # only makes the provider see a change
    creation.take("skipDestroy")
    concurrency = creation.take("reservedConcurrentExecutions")
    parameters = creation.convert("CreateFunction", creation.rest(), _FUNCTION_RENAMES)
    function = creation.call("CreateFunction", **parameters)
    name = function["FunctionName"]
    if concurrency is not None and concurrency >= 0:  # -1 means unreserved, to the provider
        creation.call("PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=concurrency)
    return Created(name, _function_outputs(creation, function))


def _function_outputs(creation: Creation, function: dict[str, Any]) -> dict[str, Any]:
    arn = function["FunctionArn"]
    version = function.get("Version", "$LATEST")
    qualified_arn = f"{arn}:{version}"
    integration = f"arn:aws:apigateway:{creation.cloud.region}:lambda:path/2015-03-31/functions"
    return {
        "arn": arn,
        "invokeArn": f"{integration}/{arn}/invocations",
        "qualifiedArn": qualified_arn,
        "qualifiedInvokeArn": f"{integration}/{qualified_arn}/invocations",
        "version": version,
        "codeSha256": function.get("CodeSha256"),
        "sourceCodeHash": function.get("CodeSha256"),
        "sourceCodeSize": function.get("CodeSize"),
        "lastModified": function.get("LastModified"),
    }


def _permission(creation: Creation) -> Created:
    parameters = creation.convert("AddPermission", creation.rest(), {"function": "FunctionName"})
    creation.call("AddPermission", **parameters)
    return Created(parameters["StatementId"])


ROWS = (
    ResourceType("aws:lambda/function:Function", "lambda", _function, AutoName(64)),
    ResourceType("aws:lambda/permission:Permission", "lambda", _permission, AutoName(100, "statementId")),
)
