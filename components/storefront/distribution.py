"""CloudFront in front of the site's bucket."""

import pulumi
import pulumi_aws as aws

from components import names
from components.private_bucket import PrivateBucket
from components.storefront import pages
from components.storefront.headers import response_headers
from components.storefront.sending import Way
from components.storefront.settings import StorefrontSettings

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""The managed cache policy that ignores query strings, so that no store and no table has copies of its own, and keeps
compressed copies: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"""
LEAST_TLS = "TLSv1.2_2025"
"""Security policy for viewers of an own domain. With CloudFront's certificate it cannot be chosen:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html"""
NOT_FOUND_SECONDS = 10
"""For so long CloudFront keeps an answer that there is no such page."""

_ORIGIN = "site"


def distribution(
    name: str,
    settings: StorefrontSettings,
    bucket: PrivateBucket,
    ways: pulumi.Output[dict[str, Way]],
    opts: pulumi.ResourceOptions,
) -> "aws.cloudfront.Distribution":
    """The distribution, which signs what it asks of the bucket."""
    signing = aws.cloudfront.OriginAccessControl(
        f"{name}-access",
        description="Signs what CloudFront asks of the bucket",
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=opts,
    )
    headers = response_headers(name, ways, opts)
    return aws.cloudfront.Distribution(
        f"{name}-distribution",
        comment=f"Storefront of {names.stack()}",
        enabled=True,
        is_ipv6_enabled=True,
        http_version="http2and3",
        price_class="PriceClass_100",
        default_root_object=pages.ROOT,
        aliases=[settings.domain] if settings.domain else None,
        viewer_certificate=_certificate(settings),
        origins=[
            {
                "origin_id": _ORIGIN,
                "domain_name": bucket.regional_domain_name,
                "origin_access_control_id": signing.id,
            }
        ],
        default_cache_behavior={
            "target_origin_id": _ORIGIN,
            "viewer_protocol_policy": "redirect-to-https",
            "allowed_methods": ["GET", "HEAD"],
            "cached_methods": ["GET", "HEAD"],
            "cache_policy_id": CACHING_OPTIMIZED,
            "response_headers_policy_id": headers.id,
            "compress": True,
        },
        # Who may not list a bucket hears 403 for what is not in it.
        custom_error_responses=[
            {
                "error_code": code,
                "response_code": 404,
                "response_page_path": f"/{pages.NOT_FOUND}",
                "error_caching_min_ttl": NOT_FOUND_SECONDS,
            }
            for code in (403, 404)
        ],
        restrictions={"geo_restriction": {"restriction_type": "none"}},
        opts=opts,
    )


def _certificate(settings: StorefrontSettings) -> "aws.cloudfront.DistributionViewerCertificateArgsDict":
    if not settings.domain:
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": settings.certificate_arn,
        "minimum_protocol_version": LEAST_TLS,
        "ssl_support_method": "sni-only",
    }
