"""API Gateway: API keys and the usage plans that give them quotas."""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.creation import Created, Creation, ResourceType, keyed
from rapid.local.deploy.naming import AutoName

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


ROWS = (
    ResourceType("aws:apigateway/apiKey:ApiKey", "apigateway", _api_key, AutoName()),
    ResourceType("aws:apigateway/usagePlan:UsagePlan", "apigateway", _usage_plan, AutoName()),
    ResourceType("aws:apigateway/usagePlanKey:UsagePlanKey", "apigateway", _usage_plan_key, secret_outputs=("value",)),
)
