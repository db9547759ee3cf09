"""API Gateway: REST APIs from an OpenAPI document, their deployments, stages and method settings."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule
from rapid.local.deploy.resources.patches import replacements
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import KEPT, Update

# The paths of UpdateStage's patch operations, after `/<method path>/`:
# https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
_METHOD_SETTING_PATHS = {
    "cacheDataEncrypted": "caching/dataEncrypted",
    "cacheTtlInSeconds": "caching/ttlInSeconds",
    "cachingEnabled": "caching/enabled",
    "dataTraceEnabled": "logging/dataTrace",
    "loggingLevel": "logging/loglevel",
    "metricsEnabled": "metrics/enabled",
    "requireAuthorizationForCacheControl": "caching/requireAuthorizationForCacheControl",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
    "unauthorizedCacheControlHeaderStrategy": "caching/unauthorizedCacheControlHeaderStrategy",
}

_STAGE_PATHS = {
    "cacheClusterEnabled": "cacheClusterEnabled",
    "cacheClusterSize": "cacheClusterSize",
    "clientCertificateId": "clientCertificateId",
    "deployment": "deploymentId",
    "description": "description",
    "documentationVersion": "documentationVersion",
    "xrayTracingEnabled": "tracingEnabled",
}
_STAGE_WHEN_REMOVED = {
    "cacheClusterEnabled": False,
    "cacheClusterSize": KEPT,
    "clientCertificateId": "",
    "description": "",
    "documentationVersion": "",
    "xrayTracingEnabled": False,
}
_ACCESS_LOG_PATHS = {"destinationArn": "accessLogSettings/destinationArn", "format": "accessLogSettings/format"}


def _rest_api(creation: Creation) -> Created:
    definition = _definition(creation)
    properties = creation.rest()
    endpoint = properties.get("endpointConfiguration")
    if isinstance(endpoint, dict) and isinstance(endpoint.get("types"), str):
        # The provider takes one type where the API takes a list of one.
        properties["endpointConfiguration"] = {**endpoint, "types": [endpoint["types"]]}
    api = creation.call("CreateRestApi", **creation.convert("CreateRestApi", properties))
    creation.begin(Created(api["id"]))
    if definition:
        creation.call("PutRestApi", restApiId=api["id"], **definition)
        api = creation.call("GetRestApi", restApiId=api["id"])
    region, account = creation.cloud.region, creation.cloud.account_id
    return Created(
        api["id"],
        {
            "arn": f"arn:aws:apigateway:{region}::/restapis/{api['id']}",
            "executionArn": f"arn:aws:execute-api:{region}:{account}:{api['id']}",
            "rootResourceId": api.get("rootResourceId"),
            "createdDate": api["createdDate"].isoformat(),
        },
    )


def _definition(creation: Creation) -> dict[str, Any]:
    """The parameters of PutRestApi; empty where there is no definition."""
    body = creation.take("body")
    put = {
        "parameters": creation.take("parameters"),
        "failOnWarnings": creation.take("failOnWarnings"),
        "mode": creation.take("putRestApiMode", "overwrite"),
    }
    given = {name: value for name, value in put.items() if value is not None}
    return creation.convert("PutRestApi", {"body": body, **given}) if body is not None else {}


def _deployment(creation: Creation) -> Created:
    creation.take("triggers")  # only make the provider see a change
    parameters = creation.convert("CreateDeployment", creation.rest(), {"restApi": "restApiId"})
    deployment = creation.call("CreateDeployment", **parameters)
    return Created(deployment["id"], {"createdDate": deployment["createdDate"].isoformat()})


def _stage(creation: Creation) -> Created:
    access_log = creation.take_object("accessLogSettings")
    patches = replacements("accessLogSettings", access_log, _ACCESS_LOG_PATHS)
    renames = {"restApi": "restApiId", "deployment": "deploymentId", "xrayTracingEnabled": "tracingEnabled"}
    parameters = creation.convert("CreateStage", creation.rest(), renames)
    api_id, stage = parameters["restApiId"], parameters["stageName"]
    creation.call("CreateStage", **parameters)
    creation.begin(Created(f"ags-{api_id}-{stage}"))
    if patches:
        creation.call("UpdateStage", restApiId=api_id, stageName=stage, patchOperations=patches)
    region, account = creation.cloud.region, creation.cloud.account_id
    return Created(
        f"ags-{api_id}-{stage}",
        {
            "arn": f"arn:aws:apigateway:{region}::/restapis/{api_id}/stages/{stage}",
            "executionArn": f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage}",
            # On AWS https://<api>.execute-api.<region>.amazonaws.com/<stage>; here the local gateway's address.
            "invokeUrl": f"{creation.cloud.endpoint_url}/_aws/execute-api/{api_id}/{stage}",
        },
    )


def _method_settings(creation: Creation) -> Created:
    return _put_settings(creation, creation.take_object("settings"))


def _update_settings_of_method(update: Update) -> None:
    settings = update.take_object("settings")
    # A limit that is taken away leaves the account's own; the provider leaves other settings as they are.
    gone = {*update.inputs_before.get("settings", {})} - {*settings}
    limits = {name: value for name, value in _ACCOUNT_LIMITS.items() if name in gone}
    _put_settings(update, {**limits, **settings})


def _put_settings(creation: Creation, settings: dict[str, Any]) -> Created:
    api_id, stage, method = (creation.need(name) for name in ("restApi", "stageName", "methodPath"))
    paths = {name: f"{method}/{path}" for name, path in _METHOD_SETTING_PATHS.items()}
    patches = replacements("settings", settings, paths)
    parameters = creation.convert("UpdateStage", creation.rest())
    creation.call("UpdateStage", restApiId=api_id, stageName=stage, patchOperations=patches, **parameters)
    return Created(f"{api_id}-{stage}-{method}")


def _update_settings(update: Update) -> None:
    patches = replacements("", update.pick(_DESCRIBED, {"description": KEPT}), {name: name for name in _DESCRIBED})
    endpoint = update.take_object("endpointConfiguration") if "endpointConfiguration" in update.changed else {}
    patches += replacements("endpointConfiguration", endpoint, {"types": "endpointConfiguration/types/0"})
    if patches:
        update.call("UpdateRestApi", restApiId=update.id, patchOperations=patches)


def _update_body(update: Update) -> None:
    update.call("PutRestApi", restApiId=update.id, **_definition(update))


def _update_deployment(update: Update) -> None:
    patches = replacements("", update.pick(("description",), {"description": ""}), {"description": "description"})
    update.call("UpdateDeployment", restApiId=update.need("restApi"), deploymentId=update.id, patchOperations=patches)


def _update_stage(update: Update) -> None:
    patches = replacements("", update.pick(_STAGE_PATHS, _STAGE_WHEN_REMOVED), _STAGE_PATHS)
    if "variables" in update.changed:
        before, after = update.inputs_before.get("variables", {}), update.take_object("variables")
        patches += [{"op": "remove", "path": f"/variables/{name}"} for name in sorted({*before} - {*after})]
        patches += replacements("variables", after, {name: f"variables/{name}" for name in after})
    if "accessLogSettings" in update.changed:
        settings = update.take_object("accessLogSettings")
        removal = [] if settings else [{"op": "remove", "path": "/accessLogSettings"}]
        patches += [*removal, *replacements("accessLogSettings", settings, _ACCESS_LOG_PATHS)]
    api_id, stage = update.need("restApi"), update.need("stageName")
    update.call("UpdateStage", restApiId=api_id, stageName=stage, patchOperations=patches)


def _delete_api(deletion: Deletion) -> None:
    deletion.call("DeleteRestApi", restApiId=deletion.id)


def _delete_deployment(deletion: Deletion) -> None:
    deletion.call("DeleteDeployment", restApiId=deletion.value("restApi"), deploymentId=deletion.id)


def _delete_stage(deletion: Deletion) -> None:
    deletion.call("DeleteStage", restApiId=deletion.value("restApi"), stageName=deletion.value("stageName"))


def _delete_method_settings(deletion: Deletion) -> None:
    # The provider removes them; the local cloud knows no such patch, so they become the account's own limits.
    method = deletion.value("methodPath")
    paths = {name: f"{method}/{_METHOD_SETTING_PATHS[name]}" for name in _ACCOUNT_LIMITS}
    patches = replacements("", _ACCOUNT_LIMITS, paths)
    place = {"restApiId": deletion.value("restApi"), "stageName": deletion.value("stageName")}
    deletion.call("UpdateStage", **place, patchOperations=patches)


# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, per second.
_ACCOUNT_LIMITS = {"throttlingRateLimit": 10_000, "throttlingBurstLimit": 5_000}
_DESCRIBED = ("description", "name")

# What makes a replacement: internal/service/apigateway/rest_api.go, deployment.go, stage.go and method_settings.go.
ROWS = (
    ResourceType(
        "aws:apigateway/restApi:RestApi",
        "apigateway",
        _rest_api,
        _delete_api,
        AutoName(),
        updates=(
            UpdateRule(("body", "failOnWarnings", "parameters", "putRestApiMode"), _update_body),
            UpdateRule((*_DESCRIBED, "endpointConfiguration"), _update_settings),
            tags(),
        ),
        find=lambda made: made.listed("GetRestApis", "id", {"name": "name"}),
    ),
    ResourceType(
        "aws:apigateway/deployment:Deployment",
        "apigateway",
        _deployment,
        _delete_deployment,
        replace_on=("restApi", "triggers", "variables"),
        updates=(UpdateRule(("description",), _update_deployment),),
        find=lambda made: made.listed("GetDeployments", "id", {}, restApiId=made.value("restApi")),
    ),
    ResourceType(
        "aws:apigateway/stage:Stage",
        "apigateway",
        _stage,
        _delete_stage,
        replace_on=("restApi", "stageName"),
        updates=(UpdateRule(("accessLogSettings", "variables", *_STAGE_PATHS), _update_stage), tags()),
        id_property="stageName",
    ),
    ResourceType(
        "aws:apigateway/methodSettings:MethodSettings",
        "apigateway",
        _method_settings,
        _delete_method_settings,
        replace_on=("methodPath", "restApi", "stageName"),
        updates=(UpdateRule(("settings",), _update_settings_of_method),),
        id_property="methodPath",
    ),
)
