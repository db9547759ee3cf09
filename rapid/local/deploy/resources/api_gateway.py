"""API Gateway: REST APIs from an OpenAPI document, their deployments, stages and method settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.nearness import suggestion

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

_ACCESS_LOG_PATHS = {"destinationArn": "accessLogSettings/destinationArn", "format": "accessLogSettings/format"}


def _rest_api(creation: Creation) -> Created:
    body = creation.take("body")
    put = {
        "parameters": creation.take("parameters"),
        "failOnWarnings": creation.take("failOnWarnings"),
        "mode": creation.take("putRestApiMode", "overwrite"),
    }
    properties = creation.rest()
    endpoint = properties.get("endpointConfiguration")
    if isinstance(endpoint, dict) and isinstance(endpoint.get("types"), str):
        # The provider takes one type where the API takes a list of one.
        properties["endpointConfiguration"] = {**endpoint, "types": [endpoint["types"]]}
    api = creation.call("CreateRestApi", **creation.convert("CreateRestApi", properties))
    if body is not None:
        given = {name: value for name, value in put.items() if value is not None}
        parameters = creation.convert("PutRestApi", {"body": body, **given})
        creation.call("PutRestApi", restApiId=api["id"], **parameters)
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


def _deployment(creation: Creation) -> Created:
    creation.take("triggers")  # only make the provider see a change
    parameters = creation.convert("CreateDeployment", creation.rest(), {"restApi": "restApiId"})
    deployment = creation.call("CreateDeployment", **parameters)
    return Created(deployment["id"], {"createdDate": deployment["createdDate"].isoformat()})


def _stage(creation: Creation) -> Created:
    access_log = creation.take_object("accessLogSettings")
    patches = _replacements("accessLogSettings", access_log, _ACCESS_LOG_PATHS)
    renames = {"restApi": "restApiId", "deployment": "deploymentId", "xrayTracingEnabled": "tracingEnabled"}
    parameters = creation.convert("CreateStage", creation.rest(), renames)
    api_id, stage = parameters["restApiId"], parameters["stageName"]
    creation.call("CreateStage", **parameters)
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
    api_id, stage, method = (creation.need(name) for name in ("restApi", "stageName", "methodPath"))
    paths = {name: f"{method}/{path}" for name, path in _METHOD_SETTING_PATHS.items()}
    patches = _replacements("settings", creation.take_object("settings"), paths)
    parameters = creation.convert("UpdateStage", creation.rest())
    creation.call("UpdateStage", restApiId=api_id, stageName=stage, patchOperations=patches, **parameters)
    return Created(f"{api_id}-{stage}-{method}")


def _replacements(within: str, values: Mapping[str, Any], paths: Mapping[str, str]) -> list[dict[str, str]]:
    """Turn properties into patch operations by the paths that each has; refuses one that has none."""
    patches = []
    for name, value in values.items():
        if name not in paths:
            raise PropertyError(f"{within}.{name}", f"is not known here; {suggestion(name, paths)}")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        patches.append({"op": "replace", "path": f"/{paths[name]}", "value": text})
    return patches


ROWS = (
    ResourceType("aws:apigateway/restApi:RestApi", "apigateway", _rest_api, AutoName()),
    ResourceType("aws:apigateway/deployment:Deployment", "apigateway", _deployment),
    ResourceType("aws:apigateway/stage:Stage", "apigateway", _stage),
    ResourceType("aws:apigateway/methodSettings:MethodSettings", "apigateway", _method_settings),
)
