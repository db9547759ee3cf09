"""Lambda: functions and who may call them."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType, UpdateRule
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import KEPT, Update

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
    parameters = creation.convert("CreateFunction", creation.rest(), _FUNCTION_RENAMES)
    function = creation.call("CreateFunction", **parameters)
    return Created(function["FunctionName"], _function_outputs(creation, function))


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


_CODE = ("architectures", "code", "s3Bucket", "s3Key", "s3ObjectVersion", "sourceCodeHash")
_CONFIGURATION = (
    "deadLetterConfig", "description", "environment", "ephemeralStorage", "handler", "kmsKeyArn", "layers",
    "loggingConfig", "memorySize", "role", "runtime", "timeout", "tracingConfig", "vpcConfig",
)  # fmt: skip
# What each is where it is not given: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_WHEN_REMOVED = {
    "deadLetterConfig": {"targetArn": ""},
    "description": "",
    "environment": {"variables": {}},
    "ephemeralStorage": KEPT,
    "kmsKeyArn": "",
    "layers": [],
    "loggingConfig": KEPT,
    "memorySize": 128,
    "timeout": 3,
    "tracingConfig": KEPT,
    "vpcConfig": {"securityGroupIds": [], "subnetIds": []},
}


def _update_code(update: Update) -> dict[str, Any]:
    given = {name: value for name in _CODE if (value := update.take(name)) is not None and name != "sourceCodeHash"}
    parameters = update.convert("UpdateFunctionCode", given, {"code": "ZipFile"})
    return _function_outputs(update, update.call("UpdateFunctionCode", FunctionName=update.id, **parameters))


def _update_configuration(update: Update) -> dict[str, Any]:
    parameters = update.convert("UpdateFunctionConfiguration", update.pick(_CONFIGURATION, _WHEN_REMOVED))
    return _function_outputs(update, update.call("UpdateFunctionConfiguration", FunctionName=update.id, **parameters))


def _delete_function(deletion: Deletion) -> None:
    if not deletion.value("skipDestroy"):
        deletion.call("DeleteFunction", FunctionName=deletion.id)


def _delete_permission(deletion: Deletion) -> None:
    deletion.call("RemovePermission", FunctionName=deletion.value("function"), StatementId=deletion.id)


# What makes a replacement: internal/service/lambda/function.go and permission.go, where it is everything.
ROWS = (
    ResourceType(
        "aws:lambda/function:Function",
        "lambda",
        _function,
        _delete_function,
        AutoName(64),
        replace_on=("name", "packageType", "tenancyConfig"),
        updates=(
            UpdateRule(_CONFIGURATION, _update_configuration),
            UpdateRule(_CODE, _update_code),
            tags(),
        ),
        end_only=("skipDestroy",),
        volatile_outputs=("codeSha256", "lastModified", "sourceCodeHash", "sourceCodeSize", "version"),
    ),
    ResourceType(
        "aws:lambda/permission:Permission",
        "lambda",
        _permission,
        _delete_permission,
        AutoName(100, "statementId"),
        replace_on=(ANY_PROPERTY,),
    ),
)
