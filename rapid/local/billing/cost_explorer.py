"""Cost Explorer: what the account's usage would cost on AWS, at the prices of the price file.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html
There is no bill here, and no free allowance: quantities are those that the local cloud counted. They are there at once,
where AWS takes up to a day. A forecast needs weeks of history, which a local cloud never has.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from werkzeug import Request, Response

from rapid.cost.prices import price_list

from .. import input_constraints
from ..clients import Clients
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from .meter import METER, Usage
from .resource_tags import ResourceTags

_Document = dict[str, Any]
_COST, _QUANTITY = "UnblendedCost", "UsageQuantity"
_METRICS = (_COST, _QUANTITY)
_GRANULARITIES = ("DAILY", "MONTHLY")
_DIMENSIONS = ("SERVICE", "USAGE_TYPE")
_ACTIVE, _INACTIVE = "Active", "Inactive"


class CostExplorer:
    """Answers from the meter. Costs are split by tags only once these are activated, as on AWS."""

    def __init__(self, clients: Clients, settle: Callable[[], None]) -> None:
        """`settle` has what was used already, and is counted a little later, be counted."""
        self._settle = settle
        self._model = clients.client("ce").meta.service_model
        self._clients = clients
        self._tags = ResourceTags(clients)
        self._active: set[str] = set()
        self._operations: dict[str, Callable[[_Document], _Document]] = {
            "GetCostAndUsage": self._cost_and_usage,
            "GetCostForecast": self._forecast,
            "ListCostAllocationTags": self._list_tags,
            "UpdateCostAllocationTagsStatus": self._update_tags,
        }

    def handle(self, request: Request, _forward: Forward) -> Response:
        """Answer a request; raises ServiceError."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if name not in self._operations:
            raise unsupported(f"Cost Explorer's {name}")
        input_constraints.check(self._model, name, request, "ValidationException")
        answer = self._operations[name](request.get_json(force=True, silent=True) or {})
        return Response(json.dumps(answer), content_type="application/x-amz-json-1.1")

    def spent(self, filters: Mapping[str, list[str]]) -> float:
        """Dollars of this month by a budget's cost filters: tags as `user:KEY$VALUE`, or none; of others nothing."""
        if filters.keys() - {"TagKeyValue"}:
            return 0.0
        tags = [text.removeprefix("user:").partition("$") for text in filters.get("TagKeyValue", ())]
        keeps = [self._filter({"Tags": {"Key": key, "Values": [value]}}) for key, _, value in tags]
        today = datetime.now(UTC).date()
        usages = [
            usage
            for usage in self._usages()
            if (usage.day.year, usage.day.month) == (today.year, today.month)
            and (not keeps or any(keep(usage) for keep in keeps))
        ]
        return float(_amounts(usages, [_COST])[_COST]["Amount"])

    def _cost_and_usage(self, asked: _Document) -> _Document:
        begin, end = _period(asked)
        metrics = _known(asked["Metrics"], _METRICS, "the metric")
        _known([asked["Granularity"]], _GRANULARITIES, "the granularity")
        keep, group = self._filter(asked.get("Filter")), self._grouping(asked.get("GroupBy") or [])
        usages = [usage for usage in self._usages() if begin <= usage.day < end and keep(usage)]
        results = [
            _result(period, [usage for usage in usages if period[0] <= usage.day < period[1]], metrics, group)
            for period in _periods(begin, end, asked["Granularity"])
        ]
        return {
            **({"GroupDefinitions": asked["GroupBy"]} if asked.get("GroupBy") else {}),
            "ResultsByTime": results,
            "DimensionValueAttributes": [],
        }

    def _forecast(self, asked: _Document) -> _Document:
        _period(asked)
        message = "Insufficient amount of historical data to generate forecast."
        raise ServiceError("DataUnavailableException", message)

    def _list_tags(self, asked: _Document) -> _Document:
        """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ListCostAllocationTags.html"""
        wanted, keys = asked.get("Status"), asked.get("TagKeys")
        found = [
            {"TagKey": key, "Type": "UserDefined", "Status": _ACTIVE if key in self._active else _INACTIVE}
            for key in sorted(self._tag_keys())
            if not keys or key in keys
        ]
        return {"CostAllocationTags": [tag for tag in found if wanted in (None, tag["Status"])]}

    def _update_tags(self, asked: _Document) -> _Document:
        """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html"""
        errors = []
        for entry in asked["CostAllocationTagsStatus"]:
            if entry["TagKey"] not in self._tag_keys():
                message = "Tag keys not found"
                errors.append({"TagKey": entry["TagKey"], "Code": "TagKeysNotFoundException", "Message": message})
            elif entry["Status"] == _ACTIVE:
                self._active.add(entry["TagKey"])
            else:
                self._active.discard(entry["TagKey"])
        return {"Errors": errors}

    def _usages(self) -> Iterator[Usage]:
        # moto's services load with it, and a local cloud should start at once.
        from . import standing

        self._settle()
        yield from METER
        yield from standing.usages(self._clients)

    def _tag_keys(self) -> set[str]:
        return {key for tags in self._tags.all().values() for key in tags}

    def _value(self, usage: Usage, key: str, tags: Mapping[Any, Mapping[str, str]]) -> str:
        """A resource's value of a tag, empty where it has none or the tag is not active."""
        return tags.get(usage.resource, {}).get(key, "") if key in self._active else ""

    def _filter(self, expression: Mapping[str, Any] | None) -> Callable[[Usage], bool]:
        """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html"""
        if expression is None:
            return lambda _usage: True
        match expression:
            case {"And": [*parts]}:
                filters = [self._filter(part) for part in parts]
                return lambda usage: all(keep(usage) for keep in filters)
            case {"Tags": {"Key": key, "Values": values, **more}} if not more:
                tags = self._tags.all()
                return lambda usage: self._value(usage, key, tags) in values
            case {"Dimensions": {"Key": str(key), "Values": values, **more}} if not more and key in _DIMENSIONS:
                return lambda usage: _dimension(usage, key) in values
        raise unsupported(f"Cost Explorer's filter {json.dumps(expression)}")

    def _grouping(self, groups: list[Mapping[str, str]]) -> Callable[[Usage], list[str]] | None:
        if not groups:
            return None
        tags = self._tags.all()
        for group in groups:
            if group["Type"] != "TAG" and (group["Type"] != "DIMENSION" or group["Key"] not in _DIMENSIONS):
                raise unsupported(f"Cost Explorer's groups by {group['Type']} {group['Key']}")

        def names(usage: Usage) -> list[str]:
            return [
                f"{group['Key']}${self._value(usage, group['Key'], tags)}"
                if group["Type"] == "TAG"
                else _dimension(usage, group["Key"])
                for group in groups
            ]

        return names


def _result(
    period: tuple[date, date],
    usages: Iterable[Usage],
    metrics: Iterable[str],
    group: Callable[[Usage], list[str]] | None,
) -> _Document:
    """Of one period the total, or the groups without it."""
    groups: dict[tuple[str, ...], list[Usage]] = defaultdict(list)
    for usage in usages:
        groups[tuple(group(usage)) if group else ()].append(usage)
    begin, end = (day.isoformat() for day in period)
    return {
        "TimePeriod": {"Start": begin, "End": end},
        "Total": {} if group else _amounts(groups[()], metrics),
        "Groups": [
            {"Keys": list(keys), "Metrics": _amounts(members, metrics)} for keys, members in sorted(groups.items())
        ]
        if group
        else [],
        "Estimated": True,
    }


def _amounts(usages: Iterable[Usage], metrics: Iterable[str]) -> _Document:
    quantities: dict[str, float] = defaultdict(float)
    for usage in usages:
        quantities[usage.price_id] += usage.quantity
    prices = price_list()
    found = {
        _COST: (sum(prices[price_id].cost(quantity) for price_id, quantity in quantities.items()), "USD"),
        _QUANTITY: (sum(quantities.values()), "N/A"),
    }
    return {metric: {"Amount": f"{found[metric][0]:.10f}", "Unit": found[metric][1]} for metric in metrics}


def _dimension(usage: Usage, key: str) -> str:
    return price_list()[usage.price_id].service if key == "SERVICE" else usage.price_id


def _period(asked: _Document) -> tuple[date, date]:
    """From the first day to the one after the last; raises ServiceError."""
    try:
        begin, end = (date.fromisoformat(asked["TimePeriod"][name]) for name in ("Start", "End"))
    except ValueError:
        raise ServiceError("ValidationException", "Date should be in the form of yyyy-MM-dd") from None
    if begin >= end:
        raise ServiceError("ValidationException", "Start date (and hour) should be before end date (and hour)")
    return begin, end


def _periods(begin: date, end: date, granularity: str) -> Iterator[tuple[date, date]]:
    while begin < end:
        following = begin + timedelta(days=1)
        if granularity == "MONTHLY":
            following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield begin, min(following, end)
        begin = following


def _known(given: Iterable[str], known: tuple[str, ...], what: str) -> list[str]:
    for name in given:
        if name not in known:
            raise unsupported(f"{what} {name} of Cost Explorer")
    return list(given)
