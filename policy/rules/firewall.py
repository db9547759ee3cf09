"""The web application firewall."""

from collections.abc import Iterator, Mapping
from typing import Any

from .resource import Resource, Stack
from .rule import Faults, rule, rules_of

WEB_ACL = "aws:wafv2/webAcl:WebAcl"
LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"


def _watched(web_acl: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What has metrics: the web ACL and each of its rules, by name."""
    yield "", web_acl.get("visibilityConfig") or {}
    for entry in web_acl.get("rules") or ():
        yield str(entry.get("name")), entry.get("visibilityConfig") or {}


@rule(
    "WAF.10",
    types=[WEB_ACL],
    title="A web ACL has a rule",
    fix="give it rules",
)
def web_acl_has_rules(resource: Resource) -> Faults:
    if not resource.get("rules"):
        yield "", "it has none, and costs $5 a month"


@rule(
    "WAF.11",
    types=[WEB_ACL],
    title="What a web ACL decides is logged",
    fix="give it a WebAclLoggingConfiguration",
)
def web_acl_logs_requests(resource: Resource, stack: Stack) -> Faults:
    if not stack.made_for(resource, LOGGING, "resourceArn"):
        yield "", "it is not"


@rule(
    "WAF.12",
    types=[WEB_ACL],
    title="What a web ACL and its rules hold back is counted",
    fix="set cloudwatch_metrics_enabled",
)
def web_acl_counts(resource: Resource) -> Faults:
    for name, config in _watched(resource):
        if config.get("cloudwatchMetricsEnabled") is not True:
            yield name, "nothing counts what it holds back"


@rule(
    "https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-testing-view-sample.html",
    types=[WEB_ACL],
    title="No samples of guests' requests, with addresses and headers, are kept",
    fix="set sampled_requests_enabled false",
)
def web_acl_keeps_no_requests(resource: Resource) -> Faults:
    for name, config in _watched(resource):
        if config.get("sampledRequestsEnabled") is not False:
            yield name, "AWS WAF keeps samples of requests for three hours"


RULES = rules_of(globals())
