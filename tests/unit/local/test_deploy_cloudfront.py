"""CloudFront's resources, deployed, changed and destroyed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rapid.local.deploy.outputs import as_reached_here

from .deploy_rig import Rig, rig

pytestmark = pytest.mark.aws(
    "Pulumi deployer", "Resources", "https://www.pulumi.com/registry/packages/aws/api-docs/cloudfront/distribution/"
)

PROGRAM = """
    import pulumi
    import pulumi_aws as aws

    bucket = aws.s3.Bucket("site", bucket="the-site")
    control = aws.cloudfront.OriginAccessControl("site", description="reads", origin_access_control_origin_type="s3",
        signing_behavior="always", signing_protocol="sigv4")
    headers = aws.cloudfront.ResponseHeadersPolicy("site",
        security_headers_config={
            "content_security_policy": {"content_security_policy": "default-src 'none'", "override": True},
            "strict_transport_security": {"access_control_max_age_sec": 63072000, "override": True}},
        custom_headers_config={"items": [{"header": "Permissions-Policy", "value": "camera=()", "override": True}]},
        remove_headers_config={"items": [{"header": "x-amz-version-id"}]})
    distribution = aws.cloudfront.Distribution("site", enabled=True, comment="site", default_root_object="index.html",
        is_ipv6_enabled=True, http_version="http2and3", price_class="PriceClass_100", tags={"team": "kitchen"},
        origins=[{"origin_id": "site", "domain_name": bucket.bucket_regional_domain_name,
            "origin_access_control_id": control.id}],
        default_cache_behavior={"target_origin_id": "site", "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD"], "cached_methods": ["GET", "HEAD"], "compress": True,
            "cache_policy_id": "658327ea-f89d-4fab-a63d-7e88639e58f6", "response_headers_policy_id": headers.id},
        custom_error_responses=[{"error_code": 403, "response_code": 404, "response_page_path": "/not-found",
            "error_caching_min_ttl": 60}],
        restrictions={"geo_restriction": {"restriction_type": "none"}},
        viewer_certificate={"cloudfront_default_certificate": True})
    pulumi.export("id", distribution.id)
    pulumi.export("arn", distribution.arn)
    pulumi.export("domain", distribution.domain_name)
    pulumi.export("url", pulumi.Output.concat("https://", distribution.domain_name, "/"))
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Rig]:
    with rig() as made:
        yield made


def config_of(cloud: Rig, id_: str) -> dict[str, Any]:
    config: dict[str, Any] = cloud.client("cloudfront").get_distribution(Id=id_)["Distribution"]["DistributionConfig"]
    return config


def test_a_distribution_is_made_changed_in_place_and_disabled_before_it_is_deleted(cloud: Rig, tmp_path: Path) -> None:
    cloudfront = cloud.client("cloudfront")
    made = cloud.deploy(tmp_path, PROGRAM)
    assert made.status == 0, made.errors
    id_, arn = made.output("id"), made.output("arn")
    config = config_of(cloud, id_)
    (origin,) = config["Origins"]["Items"]
    assert (origin["Id"], origin["DomainName"]) == ("site", "the-site.s3.us-east-1.amazonaws.com")
    behavior = config["DefaultCacheBehavior"]
    assert behavior["AllowedMethods"]["CachedMethods"] == {"Quantity": 2, "Items": ["GET", "HEAD"]}
    assert (behavior["Compress"], config["HttpVersion"], config["IsIPV6Enabled"]) == (True, "http2and3", True)
    (error,) = config["CustomErrorResponses"]["Items"]
    assert (error["ErrorCode"], error["ResponseCode"], error["ErrorCachingMinTTL"]) == (403, "404", 60)
    tags = cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"]
    assert tags == [{"Key": "team", "Value": "kitchen"}]
    policy = cloudfront.get_response_headers_policy(Id=behavior["ResponseHeadersPolicyId"])["ResponseHeadersPolicy"]
    added = policy["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]
    assert added == {
        "Quantity": 1,
        "Items": [{"Header": "Permissions-Policy", "Value": "camera=()", "Override": True}],
    }

    other = PROGRAM.replace('"kitchen"', '"bar"').replace('comment="site"', 'comment="other"')
    other = other.replace("camera=()", "usb=()").replace('"reads"', '"signs"')
    changed = cloud.deploy(tmp_path, other)
    assert changed.status == 0, changed.errors
    assert (changed.output("id"), sorted(changed.told("updated"))) == (id_, ["site"] * 3)
    assert config_of(cloud, id_)["Comment"] == "other"
    assert cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"][0]["Value"] == "bar"

    assert cloud.run(tmp_path, "--action", "destroy").status == 0
    assert cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0
    assert cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Quantity"] == 0
    assert cloudfront.list_response_headers_policies()["ResponseHeadersPolicyList"]["Quantity"] == 0


def test_an_address_of_the_edge_is_recorded_as_it_is_reached_here_over_http(cloud: Rig, tmp_path: Path) -> None:
    cloud.forget()
    made = cloud.deploy(tmp_path, PROGRAM)
    assert made.output("url") == f"http://{made.output('domain')}/"
    nested = {"a": ["https://d1.cloudfront.localhost:4566/de", "https://d1.cloudfront.net", 1]}
    assert as_reached_here(nested, {}) == {
        "a": ["http://d1.cloudfront.localhost:4566/de", "https://d1.cloudfront.net", 1]
    }


def test_a_name_of_one_s_own_leads_here_by_the_name_that_the_distribution_has_on_this_machine(
    cloud: Rig, tmp_path: Path
) -> None:
    cloud.forget()
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    program = PROGRAM.replace(
        '{"cloudfront_default_certificate": True}',
        f'{{"acm_certificate_arn": "{certificate}", "ssl_support_method": "sni-only", '
        '"minimum_protocol_version": "TLSv1.2_2021"}, aliases=["guests.example.com"]',
    )
    program = program.replace('"https://", distribution.domain_name, "/"', '"https://guests.example.com"')
    made = cloud.deploy(tmp_path, program)
    assert made.status == 0, made.errors
    assert made.output("url") == f"http://{made.output('domain')}"
    assert as_reached_here("https://guests.example.com.evil.example", {"guests.example.com": "d1"}) == (
        "https://guests.example.com.evil.example"
    )
