"""What the standard has no word for: path, delivery, authentication and limits of a source (`customProperties`)."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from .model import ANY_ORIGIN, Authentication, ContractError, Delivery, Quota, QuotaPeriod, Throttle


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


def _origins(value: object) -> tuple[str, ...]:
    """`allowedOrigins: "*"`, or a list of origins, each as browsers write it (https://url.spec.whatwg.org/#origin)."""
    if value == ANY_ORIGIN:
        return (ANY_ORIGIN,)
    if not isinstance(value, list) or not value:
        raise ValueError(f'must be "{ANY_ORIGIN}", or a list of origins such as [https://www.example.com]')
    for origin in value:
        if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin) or _DEFAULT_PORT.fullmatch(origin):
            raise ValueError(
                f"{origin!r} is not an origin as browsers write it: http or https, the host in small letters, "
                "a port unless it is the usual one, and nothing after it"
            )
    if len(set(value)) < len(value):
        raise ValueError("names an origin twice")
    return tuple(value)


_ORIGIN = re.compile(r"https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[1-9][0-9]{0,4})?")
_DEFAULT_PORT = re.compile(r"http://[^:]+:80|https://[^:]+:443")


class SourceProperties(_Strict):
    """The custom properties of a contract, by name."""

    path: Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9_-]+)+$")]
    delivery: Delivery
    authentication: Authentication
    event_time: str
    throttle: ThrottleProperty
    quota: QuotaProperty | None = None
    repeat_horizon_days: int = Field(default=7, ge=1, le=400)
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_origins)] = ()


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
            first["type"], f"{first['input']!r}: {first['msg'].removeprefix('Value error, ')}"
        )
        raise ContractError(file, place, reason) from None
