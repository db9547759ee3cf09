"""AWS WAF's control plane, which is moto's but for what it does not check, and what web ACLs hold back.

https://docs.aws.amazon.com/waf/latest/APIReference/API_Operations_AWS_WAFV2.html
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from .. import input_constraints
from ..billing.meter import METER, Resource
from ..clients import ACCOUNT_ID, Clients
from ..cloudwatch.metrics import Metrics
from ..server.planes import Forward
from ..service_error import ServiceError, unsupported
from . import statements
from .rates import RateCounter

if TYPE_CHECKING:
    from moto.wafv2.models import FakeWebACL

_STAGE = re.compile(r"arn:aws:apigateway:(?P<region>[\w-]+)::/restapis/(?P<api>\w+)/stages/(?P<stage>[\w-]+)")
_READS = frozenset({"GetWebACL", "GetWebACLForResource", "ListTagsForResource", "ListWebACLs"})
_WRITES = frozenset(
    {
        "AssociateWebACL",
        "CreateWebACL",
        "DeleteWebACL",
        "DisassociateWebACL",
        "TagResource",
        "UntagResource",
        "UpdateWebACL",
    }
)
_MEMBERS = frozenset(
    {"DefaultAction", "Description", "Id", "LockToken", "Name", "Rules", "Scope", "Tags", "VisibilityConfig"}
)
_ALL_RULES = "ALL"


Count = Callable[[], None]


class WafService:
    """The web ACLs of the account's region."""

    def __init__(self, clients: Clients, now: Callable[[], float], metrics: Metrics) -> None:
        """`now` is the time in epoch seconds, by which windows move on."""
        self._model = clients.client("wafv2").meta.service_model
        self._region = clients.region
        self._now = now
        self._metrics = metrics
        # By the ARN of what they protect.
        self._protected: dict[str, _WebAcl] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request, forward: Forward) -> Response:
        """Answer a request; raises ServiceError."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if name not in _READS | _WRITES:
            raise unsupported(f"AWS WAF's {name}")
        input_constraints.check(self._model, name, request, "ValidationException")
        if name in _READS:
            return forward()
        asked = request.get_json(force=True, silent=True) or {}
        with self._lock:
            self._check(name, asked)
            response = forward()
            if response.status_code < 300:
                self._written(name, asked)
        return response

    def blocks(self, resource_arn: str, path: str, address: str) -> bool:
        """Whether the web ACL of a resource holds back a request, by the path of its URI and where it comes from."""
        web_acl = self._protected.get(resource_arn)
        if web_acl is None:
            return False
        METER.count("waf_requests", web_acl.billed)
        return web_acl.blocks(path, address, self._now())

    @property
    def _web_acls(self) -> dict[str, FakeWebACL]:
        # It takes long to import, and few stacks have a web ACL.
        from moto.wafv2.models import wafv2_backends

        found: dict[str, FakeWebACL] = wafv2_backends[ACCOUNT_ID][self._region].wacls
        return found

    def _check(self, name: str, asked: dict[str, Any]) -> None:
        if name in ("CreateWebACL", "UpdateWebACL"):
            if asked["Scope"] != "REGIONAL":
                raise unsupported(f"web ACLs of the scope {asked['Scope']}; use REGIONAL")
            if unknown := sorted(member for member in asked.keys() - _MEMBERS if asked[member]):
                raise unsupported(f"web ACLs with {', '.join(unknown)}")
            statements.check_default_action(asked["DefaultAction"])
            statements.rules(asked.get("Rules") or [])
        elif name == "AssociateWebACL":
            if not _STAGE.fullmatch(asked["ResourceArn"]):
                raise unsupported(f"web ACLs of {asked['ResourceArn']}; use the ARN of a stage of API Gateway")
            if not _exists(asked["ResourceArn"]):
                message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
                raise ServiceError("WAFNonexistentItemException", message)
        elif name == "DeleteWebACL":
            web_acl = self._of_id(asked["Id"])
            if web_acl and any(map(_exists, web_acl.associated_resources)):
                message = (
                    "AWS WAF couldn't perform the operation because your resource is being used by another resource"
                )
                raise ServiceError("WAFAssociatedItemException", f"{message} or it's associated with another resource.")

    def _written(self, name: str, asked: dict[str, Any]) -> None:
        if name == "UpdateWebACL" and not asked.get("Rules") and (web_acl := self._of_id(asked["Id"])):
            # moto keeps the rules where there are to be none.
            web_acl.rules = []
        if name == "AssociateWebACL":
            # A resource has one web ACL: https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html.
            for arn, web_acl in self._web_acls.items():
                others = [it for it in web_acl.associated_resources if it != asked["ResourceArn"]]
                web_acl.associated_resources = [*others, *([asked["ResourceArn"]] if arn == asked["WebACLArn"] else [])]
        before = {web_acl.arn: web_acl for web_acl in self._protected.values()}
        compiled = {arn: _WebAcl(web_acl, before.get(arn), self._blocked) for arn, web_acl in self._web_acls.items()}
        self._protected = {
            resource: compiled[arn]
            for arn, web_acl in self._web_acls.items()
            for resource in web_acl.associated_resources
        }

    def _of_id(self, id_: str) -> FakeWebACL | None:
        return next((web_acl for web_acl in self._web_acls.values() if web_acl.id == id_), None)

    def _blocked(self, web_acl: str, rule: str) -> Count:
        """Counts what a rule blocks: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html."""
        dimensions = {"Region": self._region, "Rule": rule, "WebACL": web_acl}
        found = self._metrics.of("AWS/WAFV2", dimensions, {"BlockedRequests": "Count"})
        return lambda: found.add({"BlockedRequests": 1})


class _WebAcl:
    """A web ACL's rules with what they have counted."""

    def __init__(self, found: FakeWebACL, before: _WebAcl | None, blocked: Callable[[str, str], Count]) -> None:
        """Counts go on from `before` where the settings of a rule are the same, and begin anew where they are not."""
        self.arn = found.arn
        self.billed = Resource("wafv2", found.id)
        self._rules = statements.rules([_document(rule) for rule in found.rules])
        self._counters = {
            rule.name: (before and before._counter(rule)) or RateCounter(rule.limit, rule.window_seconds)
            for rule in self._rules
        }
        # In metrics, web ACLs and rules go by names of their own.
        web_acl = str(found.visibility_config["MetricName"])
        self._counts: dict[str, list[Count]] = {
            rule.name: [blocked(web_acl, name) for name in (str(rule.visibility_config["MetricName"]), _ALL_RULES)]
            for rule in found.rules
            if rule.visibility_config["CloudWatchMetricsEnabled"]
        }

    def blocks(self, path: str, address: str, now: float) -> bool:
        """Whether one of the rules holds back a request; the rules behind it do not see it."""
        for rule in self._rules:
            if rule.matches(path) and self._counters[rule.name].is_over(address, now):
                for count in self._counts.get(rule.name, ()):
                    count()
                return True
        return False

    def _counter(self, rule: statements.RateRule) -> RateCounter | None:
        same = next((it for it in self._rules if it.name == rule.name), None)
        is_same = same and (same.limit, same.window_seconds, same.scope) == (
            rule.limit,
            rule.window_seconds,
            rule.scope,
        )
        return self._counters[rule.name] if is_same else None


def _document(rule: Any) -> dict[str, Any]:
    return {name: value for name, value in rule.to_dict().items() if value is not None}


def _exists(stage_arn: str) -> bool:
    from moto.apigateway.models import apigateway_backends

    match = _STAGE.fullmatch(stage_arn)
    if match is None:
        return False
    api = apigateway_backends[ACCOUNT_ID][match["region"]].apis.get(match["api"])
    return api is not None and match["stage"] in api.stages
