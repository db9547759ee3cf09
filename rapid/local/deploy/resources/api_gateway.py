"""API Gateway: REST APIs from an OpenAPI document, their deployments, stages, method settings, keys and usage plans.

What makes a replacement: internal/service/apigateway/rest_api.go, deployment.go, stage.go, method_settings.go,
api_key.go, usage_plan.go and usage_plan_key.go. Changes in place are patch operations:
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapid.local.clients import ACCOUNT_ID
from rapid.local.deploy.errors import PropertyError, suggestion
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import (
    ANY_PROPERTY,
    AutoName,
    ResourceType,
    UpdateRule,
    created,
    deleted,
    listed,
    tags,
)

_ARN = "arn:aws:apigateway:{region}::"
_METHOD_SETTING_PATHS = {
    "dataTraceEnabled": "logging/dataTrace",
    "loggingLevel": "logging/loglevel",
    "metricsEnabled": "metrics/enabled",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, per second.
_ACCOUNT_LIMITS = {"throttlingRateLimit": 10_000, "throttlingBurstLimit": 5_000}
_ACCESS_LOG_PATHS = {"destinationArn": "accessLogSettings/destinationArn", "format": "accessLogSettings/format"}
_STAGE_RENAMES = {"restApi": "restApiId", "deployment": "deploymentId"}
_QUOTA_PATHS = {"limit": "quota/limit", "offset": "quota/offset", "period": "quota/period"}


def _replacements(within: str, values: Mapping[str, Any], paths: Mapping[str, str]) -> list[dict[str, str]]:
    """Turn properties into patch operations by the paths that each has; raises PropertyError for one that has none."""
    patches = []
    for name, value in values.items():
        if name not in paths:
            raise PropertyError(f"{within}.{name}".lstrip("."), f"is not known here; {suggestion(name, paths)}")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        patches.append({"op": "replace", "path": f"/{paths[name]}", "value": text})
    return patches


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _rest_api(creation: Creation) -> Created:
    definition = _definition(creation)
    properties = creation.rest()
    endpoint = properties.get("endpointConfiguration")
    if isinstance(endpoint, dict) and isinstance(endpoint.get("types"), str):
        # The provider takes one type where the API takes a list of one.
        properties["endpointConfiguration"] = {**endpoint, "types": [endpoint["types"]]}
    id_ = creation.begun = creation.call("CreateRestApi", **creation.convert("CreateRestApi", properties))["id"]
    if definition:
        creation.call("PutRestApi", restApiId=id_, **definition)
    region = creation.cloud.region
    arns = {
        "arn": f"arn:aws:apigateway:{region}::/restapis/{id_}",
        "executionArn": f"arn:aws:execute-api:{region}:{ACCOUNT_ID}:{id_}",
    }
    return Created(id_, arns)


def _definition(creation: Creation) -> dict[str, Any]:
    """The parameters of PutRestApi; empty where there is no definition."""
    given = {name: creation.take(name) for name in ("body", "parameters", "failOnWarnings")}
    if given["body"] is None:
        return {}
    properties = {name: value for name, value in given.items() if value is not None}
    return creation.convert("PutRestApi", {"mode": "overwrite", **properties})


def _update_body(update: Update) -> None:
    update.call("PutRestApi", restApiId=update.id, **_definition(update))


def _update_settings_of_api(update: Update) -> None:
    patches = _replacements("", update.pick(("description", "name"), {}), _same("description", "name"))
    if "endpointConfiguration" in update.changed:
        paths = {"types": "endpointConfiguration/types/0"}
        patches += _replacements("endpointConfiguration", update.take_object("endpointConfiguration"), paths)
    update.call("UpdateRestApi", restApiId=update.id, patchOperations=patches)


def _stage(creation: Creation) -> Created:
    patches = _replacements("accessLogSettings", creation.take_object("accessLogSettings"), _ACCESS_LOG_PATHS)
    parameters = creation.convert("CreateStage", creation.rest(), _STAGE_RENAMES)
    api_id, stage = parameters["restApiId"], parameters["stageName"]
    creation.call("CreateStage", **parameters)
    creation.begun = f"ags-{api_id}-{stage}"
    if patches:
        creation.call("UpdateStage", restApiId=api_id, stageName=stage, patchOperations=patches)
    outputs = {
        "arn": f"arn:aws:apigateway:{creation.cloud.region}::/restapis/{api_id}/stages/{stage}",
        # On AWS https://<api>.execute-api.<region>.amazonaws.com/<stage>; here the local gateway's address.
        "invokeUrl": f"{creation.cloud.endpoint_url}/_aws/execute-api/{api_id}/{stage}",
    }
    return Created(creation.begun, outputs)


def _update_stage(update: Update) -> None:
    patches = _replacements("", update.pick(("deployment",), {}), {"deployment": "deploymentId"})
    if "accessLogSettings" in update.changed:
        settings = update.take_object("accessLogSettings")
        patches += [] if settings else [{"op": "remove", "path": "/accessLogSettings"}]
        patches += _replacements("accessLogSettings", settings, _ACCESS_LOG_PATHS)
    place = {"restApiId": update.need("restApi"), "stageName": update.need("stageName")}
    update.call("UpdateStage", **place, patchOperations=patches)


def _method_settings(creation: Creation) -> Created:
    settings = creation.take_object("settings")
    if isinstance(creation, Update):
        # A limit that is taken away leaves the account's own; the provider leaves other settings as they are.
        gone = {*creation.inputs_before.get("settings", {})} - {*settings}
        settings |= {name: value for name, value in _ACCOUNT_LIMITS.items() if name in gone}
    api_id, stage, method = (creation.need(name) for name in ("restApi", "stageName", "methodPath"))
    patches = _replacements("settings", settings, _method_paths(method))
    parameters = creation.convert("UpdateStage", creation.rest())
    creation.call("UpdateStage", restApiId=api_id, stageName=stage, patchOperations=patches, **parameters)
    return Created(f"{api_id}-{stage}-{method}")


def _delete_method_settings(deletion: Deletion) -> None:
    # The provider removes them; the local cloud knows no such patch, so they become the account's own limits.
    patches = _replacements("", _ACCOUNT_LIMITS, _method_paths(deletion.value("methodPath")))
    place = {"restApiId": deletion.value("restApi"), "stageName": deletion.value("stageName")}
    deletion.call("UpdateStage", **place, patchOperations=patches)


def _method_paths(method: str) -> dict[str, str]:
    return {name: f"{method}/{path}" for name, path in _METHOD_SETTING_PATHS.items()}


def _account(creation: Creation) -> Created:
    # The account has its settings anyway: making the resource changes them.
    values = {"cloudwatchRoleArn": "", **creation.rest()}
    creation.call("UpdateAccount", patchOperations=_replacements("", values, _same("cloudwatchRoleArn")))
    return Created("api-gateway-account")


def _reset_account(deletion: Deletion) -> None:
    patches = _replacements("", {"cloudwatchRoleArn": ""}, _same("cloudwatchRoleArn"))
    deletion.call("UpdateAccount", patchOperations=patches)


def _update_key(update: Update) -> None:
    values = update.pick(("description", "enabled"), {"enabled": True})
    patches = _replacements("", values, _same("description", "enabled"))
    update.call("UpdateApiKey", apiKey=update.id, patchOperations=patches)


def _read_value(deletion: Deletion) -> dict[str, Any]:
    return {"value": deletion.call("GetApiKey", apiKey=deletion.id, includeValue=True)["value"]}


def _update_plan(update: Update) -> None:
    values = update.pick(("description", "name"), {"description": ""})
    patches = _replacements("", values, _same("description", "name"))
    if "quotaSettings" in update.changed:
        quota = update.take_object("quotaSettings")
        patches += [] if quota else [{"op": "remove", "path": "/quota"}]
        patches += _replacements("quotaSettings", quota, _QUOTA_PATHS)
    if "apiStages" in update.changed:
        patches += [_stage_patch("remove", stage) for stage in update.inputs_before.get("apiStages", [])]
        patches += [_stage_patch("add", stage) for stage in update.take("apiStages") or []]
    update.call("UpdateUsagePlan", usagePlanId=update.id, patchOperations=patches)


def _stage_patch(operation: str, stage: Any) -> dict[str, str]:
    return {"op": operation, "path": "/apiStages", "value": f"{stage['apiId']}:{stage['stage']}"}


def _delete_plan(deletion: Deletion) -> None:
    stages = deletion.call("GetUsagePlan", usagePlanId=deletion.id).get("apiStages", [])
    if stages:  # a plan that still has stages is not deleted
        patches = [_stage_patch("remove", stage) for stage in stages]
        deletion.call("UpdateUsagePlan", usagePlanId=deletion.id, patchOperations=patches)
    deletion.call("DeleteUsagePlan", usagePlanId=deletion.id)


ROWS = (
    ResourceType(
        "aws:apigateway/restApi:RestApi",
        "apigateway",
        _rest_api,
        deleted("DeleteRestApi", restApiId="id"),
        AutoName(),
        updates=(
            UpdateRule(("body", "failOnWarnings", "parameters"), _update_body),
            UpdateRule(("description", "name", "endpointConfiguration"), _update_settings_of_api),
            tags(),
        ),
        find=listed("GetRestApis", "id", {"name": "name"}),
    ),
    ResourceType(
        "aws:apigateway/deployment:Deployment",
        "apigateway",
        # Triggers only make the provider see a change.
        created("CreateDeployment", "{id}", {"restApi": "restApiId"}, without=("triggers",)),
        deleted("DeleteDeployment", restApiId="restApi", deploymentId="id"),
        replace_on=("restApi", "triggers", "variables"),
        find=listed("GetDeployments", "id", {}, restApiId="restApi"),
    ),
    ResourceType(
        "aws:apigateway/stage:Stage",
        "apigateway",
        _stage,
        deleted("DeleteStage", restApiId="restApi", stageName="stageName"),
        replace_on=("restApi", "stageName"),
        updates=(UpdateRule(("accessLogSettings", "deployment"), _update_stage), tags()),
        id_property="stageName",
    ),
    ResourceType(
        "aws:apigateway/methodSettings:MethodSettings",
        "apigateway",
        _method_settings,
        _delete_method_settings,
        replace_on=("methodPath", "restApi", "stageName"),
        update=_method_settings,
        id_property="methodPath",
    ),
    ResourceType(
        "aws:apigateway/account:Account",
        "apigateway",
        _account,
        _reset_account,
        update=_account,
        find=lambda _made: ["api-gateway-account"],
    ),
    ResourceType(
        "aws:apigateway/apiKey:ApiKey",
        "apigateway",
        # The provider enables keys unless told otherwise; the API does not.
        created(
            "CreateApiKey",
            "{id}",
            outputs={"arn": f"{_ARN}/apikeys/{{id}}", "value": "{value}"},
            defaults={"enabled": True},
        ),
        deleted("DeleteApiKey", apiKey="id"),
        AutoName(),
        replace_on=("name", "value"),
        updates=(UpdateRule(("description", "enabled"), _update_key), tags()),
        read_secrets=_read_value,
        find=listed("GetApiKeys", "id", {"name": "name"}),
    ),
    ResourceType(
        "aws:apigateway/usagePlan:UsagePlan",
        "apigateway",
        created("CreateUsagePlan", "{id}", {"quotaSettings": "quota"}, {"arn": f"{_ARN}/usageplans/{{id}}"}),
        _delete_plan,
        AutoName(),
        updates=(UpdateRule(("apiStages", "description", "name", "quotaSettings"), _update_plan), tags()),
        find=listed("GetUsagePlans", "id", {"name": "name"}),
    ),
    ResourceType(
        "aws:apigateway/usagePlanKey:UsagePlanKey",
        "apigateway",
        created("CreateUsagePlanKey", "{id}"),
        deleted("DeleteUsagePlanKey", usagePlanId="usagePlanId", keyId="id"),
        replace_on=(ANY_PROPERTY,),
        id_property="keyId",
    ),
)
