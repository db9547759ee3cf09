"""What the standard has no word for: path, delivery, authentication and limits of a source (`customProperties`)."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from .model import Authentication, ContractError, Delivery, Quota, QuotaPeriod, Throttle


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=False)


class ThrottleProperty(_Strict):
    """`throttle: {ratePerSecond, burst}`; limits of the account: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html."""

    rate_per_second: float = Field(gt=0, le=10_000)
    burst: int = Field(ge=1, le=5_000)

    def value(self) -> Throttle:
        """The limits as plain values."""
        return Throttle(self.rate_per_second, self.burst)


class QuotaProperty(_Strict):
    """`quota: {limit, period}`: requests that one API key may make in a DAY, WEEK or MONTH."""

    limit: int = Field(ge=1)
    period: QuotaPeriod

    def value(self) -> Quota:
        """The quota as plain values."""
        return Quota(self.limit, self.period)


class SourceProperties(_Strict):
    """The custom properties of a contract, by name."""

    path: Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9_-]+)+$")]
    delivery: Delivery
    authentication: Authentication
    event_time: str
    throttle: ThrottleProperty
    quota: QuotaProperty | None = None
    repeat_horizon_days: int = Field(default=7, ge=1, le=400)


def parse(file: Path, declared: list[dict[str, Any]]) -> SourceProperties:
    """Read `customProperties`. Raises ContractError naming the property."""
    values: dict[str, Any] = {}
    for item in declared:
        if item["property"] in values:
            raise ContractError(file, f"customProperties.{item['property']}", "stands twice")
        values[item["property"]] = item["value"]
    try:
        return SourceProperties.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(["customProperties", *(str(part) for part in first["loc"])])
        known = ", ".join(to_camel(name) for name in SourceProperties.model_fields)
        reason = {"missing": "is missing", "extra_forbidden": f"is not known; known are {known}"}.get(
            first["type"], f"{first['input']!r}: {first['msg']}"
        )
        raise ContractError(file, place, reason) from None
