"""Lambda: functions, who may call them, and calls that a deployment makes.

What makes a replacement: internal/service/lambda/function.go, and permission.go and invocation.go, where it is
everything.
"""

from __future__ import annotations

import hashlib
from typing import Any

from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Created, Creation, Update
from rapid.local.deploy.resource_type import (
    ANY_PROPERTY,
    AutoName,
    ResourceType,
    UpdateRule,
    changed,
    created,
    deleted,
    tags,
)

_INVOKED = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{FunctionArn}/invocations"
_CODE = ("architectures", "code")
# What each is where it is not given: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_CONFIGURATION = {
    "description": "",
    "environment": {"variables": {}},
    "handler": ...,
    "loggingConfig": ...,
    "memorySize": 128,
    "role": ...,
    "runtime": ...,
    "timeout": 3,
    "vpcConfig": {"subnetIds": [], "securityGroupIds": []},
}

_make = created(
    "CreateFunction",
    "{FunctionName}",
    {"name": "FunctionName", "code": "Code.ZipFile"},
    {"arn": "{FunctionArn}", "invokeArn": _INVOKED},
)


def _function(creation: Creation) -> Created:
    """The API takes a list of file systems, which has one at most, and the provider that one."""
    if files := creation.take_object("fileSystemConfig"):
        creation.give("fileSystemConfigs", [files])
    return _make(creation)


def _update_files(update: Update) -> None:
    files = update.take_object("fileSystemConfig")
    parameters = update.convert("UpdateFunctionConfiguration", {"fileSystemConfigs": [files] if files else []})
    update.call("UpdateFunctionConfiguration", FunctionName=update.id, **parameters)


def _update_code(update: Update) -> None:
    given = {name: value for name in _CODE if (value := update.take(name)) is not None}
    parameters = update.convert("UpdateFunctionCode", given, {"code": "ZipFile"})
    update.call("UpdateFunctionCode", FunctionName=update.id, **parameters)


def _invocation(creation: Creation) -> Created:
    """Call a function, and wait for its answer; a new call is made by a replacement, and none at the end.

    https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/
    """
    function, given = creation.need("functionName"), creation.need("input")
    creation.take("triggers")
    parameters = creation.convert("Invoke", creation.rest())
    answer = creation.call("Invoke", FunctionName=function, Payload=given, **parameters)
    result = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise DeployError(f"the function {function} failed: {result}")
    return Created(f"{function}_$LATEST_{hashlib.md5(given.encode()).hexdigest()}", {"result": result})


def _nothing(_deletion: Any) -> None:
    """What was called cannot be called back."""


ROWS = (
    ResourceType(
        "aws:lambda/function:Function",
        "lambda",
        _function,
        deleted("DeleteFunction", FunctionName="id"),
        AutoName(64),
        replace_on=("name", "packageType", "tenancyConfig"),
        updates=(
            changed("UpdateFunctionConfiguration", {"FunctionName": "id"}, _CONFIGURATION),
            UpdateRule(_CODE, _update_code),
            UpdateRule(("fileSystemConfig",), _update_files),
            tags(),
        ),
    ),
    ResourceType(
        "aws:lambda/permission:Permission",
        "lambda",
        created("AddPermission", "{StatementId}", {"function": "FunctionName"}),
        deleted("RemovePermission", FunctionName="function", StatementId="id"),
        AutoName(100, "statementId"),
        replace_on=(ANY_PROPERTY,),
    ),
    ResourceType("aws:lambda/invocation:Invocation", "lambda", _invocation, _nothing, replace_on=(ANY_PROPERTY,)),
)
