"""API Gateway: API keys and the usage plans that give them quotas."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation, keyed
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import PropertyError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ANY_PROPERTY, ResourceType, UpdateRule
from rapid.local.deploy.resources.patches import replacements
from rapid.local.deploy.tagging import tags
from rapid.local.deploy.update import Update

_PLAN_RENAMES = {
    "quotaSettings": "quota",
    "throttleSettings": "throttle",
    "apiStages.throttles": "throttle",
}


def _api_key(creation: Creation) -> Created:
    # The provider enables keys unless told otherwise; the API does not.
    properties = {"enabled": True, **creation.rest()}
    key = creation.call("CreateApiKey", **creation.convert("CreateApiKey", properties))
    return Created(
        key["id"],
        {
            "arn": f"arn:aws:apigateway:{creation.cloud.region}::/apikeys/{key['id']}",
            "value": key["value"],
            "createdDate": key["createdDate"].isoformat(),
        },
    )


def _usage_plan(creation: Creation) -> Created:
    stages = [_with_throttles_by_path(index, stage) for index, stage in enumerate(creation.take_list("apiStages"))]
    properties = {**creation.rest(), "apiStages": stages}
    plan = creation.call("CreateUsagePlan", **creation.convert("CreateUsagePlan", properties, _PLAN_RENAMES))
    return Created(plan["id"], {"arn": f"arn:aws:apigateway:{creation.cloud.region}::/usageplans/{plan['id']}"})


def _with_throttles_by_path(index: int, stage: Any) -> Any:
    """Key the throttles of a stage by path, as the API has them; the provider has a list."""
    throttles = stage.get("throttles") if isinstance(stage, dict) else None
    return {**stage, "throttles": keyed(throttles, f"apiStages[{index}].throttles", "path")} if throttles else stage


def _usage_plan_key(creation: Creation) -> Created:
    key = creation.call("CreateUsagePlanKey", **creation.convert("CreateUsagePlanKey", creation.rest()))
    return Created(key["id"], {"name": key.get("name"), "value": key.get("value")})


def _update_key(update: Update) -> None:
    values = update.pick(_KEY_PATHS, {"customerId": "", "enabled": True})
    patches = replacements("", values, _KEY_PATHS)
    update.call("UpdateApiKey", apiKey=update.id, patchOperations=patches)


def _update_plan(update: Update) -> None:
    patches = replacements("", update.pick(("description", "name"), {"description": ""}), _PLAN_PATHS)
    for name, paths in _PLAN_SETTINGS.items():
        if name in update.changed:
            settings = update.take_object(name)
            if not settings:
                patches.append({"op": "remove", "path": f"/{_PLAN_RENAMES[name]}"})
            patches += replacements(name, settings, paths)
    if "apiStages" in update.changed:
        patches += [_stage_patch("remove", stage) for stage in update.inputs_before.get("apiStages", [])]
        patches += [_stage_patch("add", stage) for stage in update.take_list("apiStages")]
    update.call("UpdateUsagePlan", usagePlanId=update.id, patchOperations=patches)


def _stage_patch(operation: str, stage: Any) -> dict[str, str]:
    if not isinstance(stage, dict) or stage.get("throttles"):
        raise PropertyError("apiStages", "cannot be changed here where a stage has throttles of its own")
    return {"op": operation, "path": "/apiStages", "value": f"{stage.get('apiId')}:{stage.get('stage')}"}


def _delete_key(deletion: Deletion) -> None:
    deletion.call("DeleteApiKey", apiKey=deletion.id)


def _delete_plan(deletion: Deletion) -> None:
    stages = deletion.call("GetUsagePlan", usagePlanId=deletion.id).get("apiStages", [])
    if stages:  # a plan that still has stages is not deleted
        patches = [_stage_patch("remove", stage) for stage in stages]
        deletion.call("UpdateUsagePlan", usagePlanId=deletion.id, patchOperations=patches)
    deletion.call("DeleteUsagePlan", usagePlanId=deletion.id)


def _delete_plan_key(deletion: Deletion) -> None:
    deletion.call("DeleteUsagePlanKey", usagePlanId=deletion.value("usagePlanId"), keyId=deletion.id)


def _read_value(deletion: Deletion) -> dict[str, Any]:
    return {"value": deletion.call("GetApiKey", apiKey=deletion.id, includeValue=True)["value"]}


_KEY_PATHS = {"customerId": "customerId", "description": "description", "enabled": "enabled"}
_PLAN_PATHS = {"description": "description", "name": "name"}
_PLAN_SETTINGS = {
    "quotaSettings": {"limit": "quota/limit", "offset": "quota/offset", "period": "quota/period"},
    "throttleSettings": {"burstLimit": "throttle/burstLimit", "rateLimit": "throttle/rateLimit"},
}

# What makes a replacement: internal/service/apigateway/api_key.go, usage_plan.go and usage_plan_key.go.
ROWS = (
    ResourceType(
        "aws:apigateway/apiKey:ApiKey",
        "apigateway",
        _api_key,
        _delete_key,
        AutoName(),
        replace_on=("name", "value"),
        updates=(UpdateRule(("customerId", "description", "enabled"), _update_key), tags()),
        secret_outputs=("value",),
        read_secrets=_read_value,
        find=lambda made: made.listed("GetApiKeys", "id", {"name": "name"}),
    ),
    ResourceType(
        "aws:apigateway/usagePlan:UsagePlan",
        "apigateway",
        _usage_plan,
        _delete_plan,
        AutoName(),
        updates=(UpdateRule(("apiStages", "description", "name", *_PLAN_SETTINGS), _update_plan), tags()),
        find=lambda made: made.listed("GetUsagePlans", "id", {"name": "name"}),
    ),
    ResourceType(
        "aws:apigateway/usagePlanKey:UsagePlanKey",
        "apigateway",
        _usage_plan_key,
        _delete_plan_key,
        replace_on=(ANY_PROPERTY,),
        secret_outputs=("value",),
        read_secrets=_read_value,
        id_property="keyId",
    ),
)
