"""The API key that callers present, and the usage plan that lets it in."""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from contracts import Contract, ContractError


class ConflictingQuotasError(pulumi.RunError):
    """Sources that share an API key ask for different quotas. The message names them."""


class ApiKeyPlanArgs(TypedDict):
    """Inputs of ApiKeyPlan."""

    contracts: Sequence[Contract]
    """The sources that ask for an API key; those that say a quota must say the same."""
    rest_api: pulumi.Input[str]
    """Id of the REST API."""
    stage: pulumi.Input[str]
    """Name of the stage that the key opens."""


class ApiKeyPlan(pulumi.ComponentResource):
    """One key and one plan for a stage: API Gateway admits a key to the whole stage, and counts its quota over it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """

    api_key: pulumi.Output[str]
    """Secret: the key's value."""

    def __init__(self, name: str, args: ApiKeyPlanArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:ApiKeyPlan", name, {}, opts)
        key = aws.apigateway.ApiKey(
            f"{name}-key",
            description="Sends events",
            opts=pulumi.ResourceOptions(parent=self),
        )
        plan = aws.apigateway.UsagePlan(
            f"{name}-plan",
            description="Who may send events",
            api_stages=[{"api_id": args["rest_api"], "stage": args["stage"]}],
            quota_settings=_quota(args["contracts"]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.apigateway.UsagePlanKey(
            f"{name}-plan-key",
            key_id=key.id,
            key_type="API_KEY",
            usage_plan_id=plan.id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.api_key = pulumi.Output.secret(key.value)
        self.register_outputs({"api_key": self.api_key})


def _quota(contracts: Sequence[Contract]) -> aws.apigateway.UsagePlanQuotaSettingsArgsDict | None:
    """The quota of the one key: that of the sources which say one. Raises ConflictingQuotasError."""
    asking = [(contract.file, contract.quota) for contract in contracts if contract.quota]
    if not asking:
        return None
    # Whoever differs from most others is who has just been added.
    quota, _ = Counter(quota for _, quota in asking).most_common(1)[0]
    like = next(file.name for file, asked in asking if asked == quota)
    for file, asked in asking:
        if asked != quota:
            same = f"{{limit: {quota.limit}, period: {quota.period.value}}} as in {like}"
            reason = f"must be the same in all sources with authentication: api_key, which share the key: {same}"
            raise ConflictingQuotasError(str(ContractError(file, "customProperties.quota", reason)))
    return {"limit": quota.limit, "period": quota.period.value}
