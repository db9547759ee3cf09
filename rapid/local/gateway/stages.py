"""Stages as deployed: which deployment they serve, who may call them, and how often.

API keys and usage plans: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.apigateway.models import APIGatewayBackend, UsagePlan, apigateway_backends

from ..clients import ACCOUNT_ID
from .access_log import AccessLog, LoggingSettings
from .api import Method, RestApi
from .throttle import Quota, Rate

ACCOUNT_RATE = Rate(10_000, 5_000)
"""Of all requests: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html."""
_EVERY_METHOD = "*/*"


@dataclass(frozen=True)
class Subscription:
    """An API key's place in a usage plan that has the stage."""

    key_id: str
    plan_id: str
    rate: Rate | None
    quota: Quota | None
    method_rates: Mapping[str, Rate]


@dataclass(frozen=True)
class Stage:
    """A stage and the API it serves."""

    api_id: str
    name: str
    deployment_id: str
    api: RestApi
    subscriptions: Mapping[str, Subscription]
    """By the key's value; keys that are disabled or in no plan of the stage are not here."""
    method_rates: Mapping[str, Rate]
    """By `<resource path>/<HTTP method>`, and `*/*`."""
    api_name: str = ""
    metered: frozenset[str] = frozenset()
    """The methods with metrics of their own, as `method_rates` has them."""
    access_log: AccessLog | None = None

    def has_metrics(self, resource_path: str, http_method: str) -> bool:
        """Whether a method has metrics of its own."""
        return not self.metered.isdisjoint((f"{resource_path}/{http_method}", _EVERY_METHOD))


class Stages:
    """Looks stages up, and remembers them until API Gateway's control plane is written to."""

    def __init__(self, region: str, deployments: Mapping[tuple[str, str], RestApi], logging: LoggingSettings) -> None:
        self._region = region
        self._logging = logging
        self._deployments = deployments
        self._stages: dict[tuple[str, str], Stage | None] = {}
        self._lock = threading.Lock()

    def get(self, api_id: str, name: str) -> Stage | None:
        """A stage as it is deployed now; None if there is none."""
        key = (api_id, name)
        found = self._stages.get(key)
        if found is None:
            with self._lock:
                found = self._read(api_id, name)
                if found is not None:
                    self._stages[key] = found
        return found

    def forget(self) -> None:
        """Look everything up again: something was deployed."""
        with self._lock:
            self._stages.clear()

    def _read(self, api_id: str, name: str) -> Stage | None:
        backend = apigateway_backends[ACCOUNT_ID][self._region]
        stage = backend.apis[api_id].stages.get(name) if api_id in backend.apis else None
        api = self._deployments.get((api_id, str(stage.deployment_id))) if stage else None
        if stage is None or api is None:
            return None
        return Stage(
            api_id,
            name,
            str(stage.deployment_id),
            api,
            _subscriptions(backend, api_id, name),
            {
                _method_key(key): Rate(float(settings["throttlingRateLimit"]), int(settings["throttlingBurstLimit"]))
                for key, settings in stage.method_settings.items()
                if "throttlingRateLimit" in settings
            },
            backend.apis[api_id].name,
            frozenset(_method_key(key) for key, found in stage.method_settings.items() if found.get("metricsEnabled")),
            # On AWS the log streams of a stage have names that say nothing.
            self._logging.access_log(
                stage.access_log_settings or {}, hashlib.sha256(f"{api_id}/{name}".encode()).hexdigest()[:32]
            ),
        )


def method_rate(rates: Mapping[str, Rate], method: Method) -> Rate | None:
    """The rate that holds for a method: its own, else the one of all methods."""
    return rates.get(f"{method.resource_path}/{method.http_method}") or rates.get(_EVERY_METHOD)


def _method_key(key: str) -> str:
    """The key of a method in a stage's settings, `~1events/POST`, as `/events/POST`.

    https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html#apigw-Type-Stage-methodSettings
    """
    if key == _EVERY_METHOD:
        return key
    path, _, http_method = key.rpartition("/")
    return f"/{path.replace('~1', '/').lstrip('/')}/{http_method}"


def _subscriptions(backend: APIGatewayBackend, api_id: str, stage: str) -> dict[str, Subscription]:
    subscriptions = {}
    for plan in backend.usage_plans.values():
        for place in plan.api_stages:
            if (place["apiId"], place["stage"]) == (api_id, stage):
                for key_id in backend.usage_plan_keys.get(plan.id, {}):
                    key = backend.keys.get(key_id)
                    if key and key.enabled:
                        subscriptions[key.value] = _subscription(key_id, plan, place)
    return subscriptions


def _subscription(key_id: str, plan: UsagePlan, place: dict[str, Any]) -> Subscription:
    quota = plan.quota
    return Subscription(
        key_id,
        plan.id,
        _rate(plan.throttle),
        Quota(int(quota["limit"]), quota["period"], int(quota.get("offset", 0))) if quota else None,
        {key: rate for key, throttle in place.get("throttle", {}).items() if (rate := _rate(throttle))},
    )


def _rate(throttle: dict[str, Any]) -> Rate | None:
    if "rateLimit" not in throttle:
        return None
    return Rate(float(throttle["rateLimit"]), int(throttle.get("burstLimit", 0)))
