"""What guests see: the pages, in a bucket that nobody reads but CloudFront, which answers guests."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import arn, names
from components.ingest.doors import Doors
from components.private_bucket import DataPolicy, DataProtection, PrivateBucket
from components.storefront import pages
from components.storefront.headers import response_headers
from components.storefront.sending import Way, ways
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


class StorefrontArgs(TypedDict):
    """Inputs of Storefront."""

    settings: StorefrontSettings
    """The business, and how pages send."""
    doors: Doors
    """Where pages can send to: an IngestApi's `doors`."""
    data_policy: NotRequired[DataPolicy]
    """Who may change the pages. They are made from the program and the menus again, so that they are never protected."""
    web: NotRequired[Path]
    """Folder of templates, texts and assets, as pages.py reads it; `web/` beside the program's components unless it is
    given."""


class Storefront(pulumi.ComponentResource):
    """A private bucket with the site, and a distribution of CloudFront in front of it."""

    bucket: PrivateBucket
    """What holds the site."""
    distribution_id: pulumi.Output[str]
    """Id of the distribution."""
    distribution_arn: pulumi.Output[str]
    """ARN of the distribution."""
    url: pulumi.Output[str]
    """Address of the form, `https://` and a domain."""
    menu_frames: Mapping[str, pulumi.Output[str]]
    """By language the page that a menu is put into, as HTML."""
    deployed: pulumi.Output[str]
    """Another when pages or assets are; known once they are in the bucket."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: StorefrontArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Storefront", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        settings = args["settings"]
        site = pages.Site(settings, args.get("web", pages.WEB))
        send = ways(settings, args["doors"])
        # The bucket's policy names the distribution, and the distribution the bucket.
        reader: pulumi.Output[str]
        resolve: Callable[[pulumi.Output[str]], None]
        reader, resolve = pulumi.deferred_output()
        self.bucket = PrivateBucket(
            f"{name}-site",
            {
                "data_policy": {**args.get("data_policy", {}), "protection": DataProtection.DESTROY},
                "statements": [lambda bucket_arn: _read_by(bucket_arn, reader)],
            },
            self._child,
        )
        distribution = self._distribution(name, settings, send)
        resolve(distribution.arn)
        self.distribution_id, self.distribution_arn = distribution.id, distribution.arn
        self.url = pulumi.Output.concat("https://", settings.domain or distribution.domain_name)
        self.menu_frames = {language: send.apply(page.html) for language, page in site.menu_frames.items()}
        self.deployed = _digest([*self._store(name, site, send), *self.menu_frames.values()])
        self.outputs = {
            "storefront_url": self.url,
            "storefront_bucket": self.bucket.bucket,
            "storefront_distribution": self.distribution_id,
        }
        self.register_outputs(self.outputs)

    def _distribution(
        self, name: str, settings: StorefrontSettings, send: pulumi.Output[dict[str, Way]]
    ) -> "aws.cloudfront.Distribution":
        signing = aws.cloudfront.OriginAccessControl(
            f"{name}-access",
            description="Signs what CloudFront asks of the bucket",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child,
        )
        headers = response_headers(name, send, self._child)
        return aws.cloudfront.Distribution(
            f"{name}-distribution",
            comment=f"Storefront of {names.stack()}",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            default_root_object="index.html",
            aliases=[settings.domain] if settings.domain else None,
            viewer_certificate=_certificate(settings),
            origins=[
                {
                    "origin_id": _ORIGIN,
                    "domain_name": self.bucket.regional_domain_name,
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
            opts=self._child,
        )

    def _store(self, name: str, site: pages.Site, send: pulumi.Output[dict[str, Way]]) -> Sequence[pulumi.Output[str]]:
        """Put the site into the bucket; what tells each of its files from another."""
        stored = []
        for asset in site.assets:
            # A page that a guest or CloudFront still has goes on finding what it names.
            kept = pulumi.ResourceOptions.merge(
                self._child, pulumi.ResourceOptions(retain_on_delete=asset.named_by_content)
            )
            made = self._object(
                f"{name}-{asset.file}", asset.key, asset.content, asset.content_type, asset.cache_control, kept
            )
            digest = hashlib.sha256(asset.content.encode()).hexdigest()
            stored.append(pulumi.Output.concat(made.key, " ", digest))
        for page in site.pages:
            content = send.apply(page.html)
            made = self._object(
                f"{name}-{page.name}", page.key, content, pages.HTML, pages.PAGE_CACHE_CONTROL, self._child
            )
            stored.append(pulumi.Output.concat(made.key, " ", content))
        return stored

    def _object(
        self,
        name: str,
        key: str,
        content: pulumi.Input[str],
        content_type: str,
        cache_control: str,
        opts: pulumi.ResourceOptions,
    ) -> "aws.s3.BucketObjectv2":
        return aws.s3.BucketObjectv2(
            name,
            bucket=self.bucket.bucket,
            key=key,
            content=content,
            content_type=content_type,
            cache_control=cache_control,
            opts=opts,
        )


def _read_by(bucket_arn: pulumi.Output[str], distribution_arn: pulumi.Output[str]) -> Mapping[str, object]:
    """The statement that lets one distribution read a bucket's objects.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    return {
        "Sid": "CloudFrontReads",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": arn.under(bucket_arn, "/*"),
        "Condition": {"StringEquals": {"aws:SourceArn": distribution_arn}},
    }


def _certificate(settings: StorefrontSettings) -> "aws.cloudfront.DistributionViewerCertificateArgsDict":
    if not settings.domain:
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": settings.certificate_arn,
        "minimum_protocol_version": LEAST_TLS,
        "ssl_support_method": "sni-only",
    }


def _digest(parts: Sequence[pulumi.Output[str]]) -> pulumi.Output[str]:
    return pulumi.Output.all(*parts).apply(lambda found: hashlib.sha256("\n".join(found).encode()).hexdigest())
