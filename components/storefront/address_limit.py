"""How much one address may send to the paths of the storefront's forms, so that nobody fills one in a thousandfold."""

import re
from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components import names

REQUESTS = 100
"""That an address may send within the window. Behind the Wi-Fi of a restaurant all guests have one address."""
WINDOW_SECONDS = 300
"""AWS WAF takes 60, 120, 300 and 600:
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html."""


class AddressLimitArgs(TypedDict):
    """Inputs of AddressLimit."""

    stage_arn: pulumi.Input[str]
    """ARN of the API's stage."""
    paths: Sequence[str]
    """The limited paths of the API, such as `/feedback`; an address is counted over all of them together."""


class AddressLimit(pulumi.ComponentResource):
    """A web ACL of AWS WAF before the API's stage: past the limit an address is held back, until it sends less.

    AWS WAF estimates: it holds back near the limit, usually within 30 seconds
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-caveats.html). Which
    answer senders get says the API's definition, by the gateway response WAF_FILTERED. Addresses are those that the
    requests come from, since the API is regional: no proxy of AWS's is in between.
    """

    web_acl_arn: pulumi.Output[str]
    """ARN of the web ACL."""

    def __init__(self, name: str, args: AddressLimitArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:AddressLimit", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        # The metrics of an account's web ACLs are told apart by this name alone.
        metric_name = re.sub(r"[^\w-]", "-", f"{names.prefix()}-{name}")
        web_acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            description="Holds back addresses that send too much to the storefront",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=[_rule(args["paths"])],
            visibility_config=_counted(metric_name),
            opts=child,
        )
        aws.wafv2.WebAclAssociation(
            f"{name}-association",
            web_acl_arn=web_acl.arn,
            resource_arn=args["stage_arn"],
            # An association ends by its stage alone, so that the old one's end would be the new one's.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(delete_before_replace=True)),
        )
        self.web_acl_arn = web_acl.arn
        self.register_outputs({"web_acl_arn": self.web_acl_arn})


def _rule(paths: Sequence[str]) -> Any:
    each = [_path(path) for path in paths]
    return {
        "name": "address-limit",
        "priority": 0,
        "action": {"block": {}},
        "statement": {
            "rate_based_statement": {
                "limit": REQUESTS,
                "evaluation_window_sec": WINDOW_SECONDS,
                "aggregate_key_type": "IP",
                "scope_down_statement": each[0] if len(each) == 1 else {"or_statement": {"statements": each}},
            }
        },
        "visibility_config": _counted("address-limit"),
    }


def _path(path: str) -> Any:
    """Anywhere in the URI's path: it begins with the stage, and API Gateway takes a slash at the end as well."""
    return {
        "byte_match_statement": {
            "field_to_match": {"uri_path": {}},
            "positional_constraint": "CONTAINS",
            "search_string": path,
            "text_transformations": [{"priority": 0, "type": "URL_DECODE"}],
        }
    }


def _counted(name: str) -> Any:
    """What is held back is counted; samples of requests, with the guests' addresses, are not kept."""
    return {"cloudwatch_metrics_enabled": True, "metric_name": name, "sampled_requests_enabled": False}
