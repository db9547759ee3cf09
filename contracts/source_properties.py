"""What the standard has no word for: path, delivery, authentication and limits of a source (`customProperties`)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from . import unknown_names
from .field_properties import NAME
from .limits import MAX_BODY_BYTES, MAX_EVENTS
from .model import (
    ANY_ORIGIN,
    Authentication,
    BrowserCredentials,
    ContractError,
    DatabaseEngine,
    Delivery,
    MeasureKind,
    Quota,
    QuotaPeriod,
    Throttle,
)


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


class ConditionProperty(_Strict):
    """One item of `filter: [{field, present, in, notIn, minimum, maximum}]`."""

    field: str
    present: bool | None = None
    one_of: tuple[Any, ...] | None = Field(default=None, alias="in", min_length=1)
    none_of: tuple[Any, ...] | None = Field(default=None, alias="notIn", min_length=1)
    minimum: int | float | None = None
    maximum: int | float | None = None


_Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class MeasureProperty(_Strict):
    """One item of an aggregate's `measures: [{name, kind, of, where}]`."""

    name: _Column
    kind: MeasureKind
    of: tuple[str, ...] = ()
    where: tuple[ConditionProperty, ...] = ()


class AggregateProperty(_Strict):
    """One item of `aggregates: [{name, by, measures}]`."""

    name: _Column
    by: tuple[str, ...] = ()
    measures: tuple[MeasureProperty, ...] = Field(min_length=1)


class UnpackProperty(_Strict):
    """`unpack: {array, keep, maxEvents, maxBytes}`: a body that holds several events in an array."""

    array: Annotated[str, StringConstraints(pattern=NAME.pattern)]
    keep: tuple[str, ...] = ()
    max_events: int = Field(default=MAX_EVENTS, ge=1, le=MAX_EVENTS)
    max_bytes: int = Field(default=MAX_BODY_BYTES, ge=1, le=MAX_BODY_BYTES)


class DatabaseProperty(_Strict):
    """`database: {connection, engine, table, highWater, lateBy, utcOffset}`: the table that is exported."""

    connection: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    engine: DatabaseEngine
    table: Annotated[str, StringConstraints(pattern=r"^[^.\x00]{1,64}(\.[^.\x00]{1,64})?$")]
    high_water: str | None = None
    late_by: int | None = Field(default=None, ge=0, le=1_000_000)
    utc_offset: Annotated[str, StringConstraints(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")] | None = None


class FileSourceProperties(_Strict):
    """The custom properties of a source whose events come in files alone: it has no path, and nobody to admit."""

    delivery: Delivery
    event_time: str | None = None
    repeat_horizon_days: int | None = Field(default=None, ge=1, le=400)
    sort_by: tuple[str, ...] = Field(default=(), min_length=1)
    database: DatabaseProperty | None = None
    archive_after_days: int | None = Field(default=None, ge=1)
    aggregates: tuple[AggregateProperty, ...] = ()


class SignatureProperty(_Strict):
    """`signature: {header}`: where a webhook's sender puts the signature of the body."""

    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]


_LdapGroup = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,253}[$]?$")]
"""What FreeIPA takes for a group's name."""


class SourceProperties(_Strict):
    """The custom properties of a contract, by name."""

    path: Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9_-]+)+$")] | None = None
    delivery: Delivery
    authentication: Authentication
    event_time: str
    throttle: ThrottleProperty
    quota: QuotaProperty | None = None
    repeat_horizon_days: int = Field(default=7, ge=1, le=400)
    sort_by: tuple[str, ...] = Field(default=(), min_length=1)
    archive_after_days: int | None = Field(default=None, ge=1)
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_origins)] = ()
    signature: SignatureProperty | None = None
    ldap_groups: Annotated[list[_LdapGroup], Field(min_length=1)] | None = None
    filter: tuple[ConditionProperty, ...] = ()
    unpack: UnpackProperty | None = None
    browser_credentials: BrowserCredentials = BrowserCredentials.NONE
    aggregates: tuple[AggregateProperty, ...] = ()


def parse(file: Path, declared: list[dict[str, Any]]) -> SourceProperties | FileSourceProperties:
    """Read `customProperties`. Raises ContractError naming the property."""
    values: dict[str, Any] = {}
    for item in declared:
        if item["property"] in values:
            raise ContractError(file, f"customProperties.{item['property']}", "stands twice")
        values[item["property"]] = item["value"]
    model = FileSourceProperties if values.get("delivery") == Delivery.FILES.value else SourceProperties
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _refusal(file, model, error) from None


def _refusal(file: Path, model: type[BaseModel], error: ValidationError) -> ContractError:
    """The first error; before it a name that is nearly another, which may be why the other is missing."""
    errors = error.errors(include_url=False)
    unknown = [item for item in errors if item["type"] == "extra_forbidden"]
    misspelt = [item for item in unknown if unknown_names.near(str(item["loc"][-1]), _known(model, item["loc"][:-1]))]
    first = (misspelt or errors)[0]
    location = first["loc"]
    place = ".".join(["customProperties", *(str(part) for part in location)])
    match first["type"]:
        case "missing":
            reason = "is missing"
        case "extra_forbidden":
            reason = unknown_names.reason(str(location[-1]), _known(model, location[:-1]))
        case "model_type":
            reason = f"{first['input']!r}: must be {{{', '.join(_known(model, location))}}}"
        case _:
            told = first["msg"].removeprefix("Value error, ").replace("Input should", "must", 1)
            reason = f"{first['input']!r}: {told}"
    return ContractError(file, place, reason)


def _known(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The names that a mapping at some place of the properties may have."""
    for part in location:
        if isinstance(part, str):
            field = next(field for field in model.model_fields.values() if field.alias == part)
            model = next(_models(field.annotation))
    return [str(field.alias) for field in model.model_fields.values()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, such as that of the items of a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
