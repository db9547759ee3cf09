"""What guests see: the form and the menus, in a bucket that nobody reads but CloudFront, which answers guests."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import arn
from components.ingest.doors import Doors
from components.operations.operations import Mail
from components.private_bucket import DataPolicy, DataProtection, PrivateBucket
from components.runtime import RuntimeArgs
from components.storefront import pages
from components.storefront.address_limit import AddressLimit, AddressLimitArgs
from components.storefront.distribution import distribution
from components.storefront.menus import Menus
from components.storefront.sending import Way, ways
from components.storefront.settings import StorefrontSettings, WayIn
from contracts.storefront import FORM, SURVEY


class StorefrontArgs(RuntimeArgs, Mail):
    """Inputs of Storefront."""

    settings: StorefrontSettings
    """The business, and how pages send."""
    doors: Doors
    """Where pages can send to: an IngestApi's `doors`."""
    data_policy: NotRequired[DataPolicy]
    """What may become of the menus, and who may change them and the pages. Pages are made from the program and the
    menus again, so that they are never protected."""


class Storefront(pulumi.ComponentResource):
    """A private bucket with the site, a distribution of CloudFront in front of it, and what publishes menus into it.

    Where pages send to the API, one address cannot send without end.
    """

    url: pulumi.Output[str]
    """Address of the form, `https://` and a domain."""
    survey_url: pulumi.Output[str] | None
    """Address of the satisfaction survey, to which `?dashboard=<name>` is added; None without its source."""
    buckets: Mapping[str, PrivateBucket]
    """What holds the site and the menus, by the first part of the keys of their access logs."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: StorefrontArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Storefront", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        settings, doors = args["settings"], args["doors"]
        has_survey = SURVEY in doors["stream_arns"]
        site, send = pages.Site(settings, has_survey=has_survey), ways(settings, doors)
        # The bucket's policy names the distribution, and the distribution the bucket.
        reader: pulumi.Output[str]
        resolve: Callable[[pulumi.Output[str]], None]
        reader, resolve = pulumi.deferred_output()
        self._bucket = PrivateBucket(
            f"{name}-site",
            {
                "data_policy": {**args.get("data_policy", {}), "protection": DataProtection.DESTROY},
                "statements": [lambda bucket_arn: _read_by(bucket_arn, reader)],
            },
            self._child,
        )
        edge = distribution(name, settings, self._bucket, send, self._child)
        resolve(edge.arn)
        self.url = pulumi.Output.concat("https://", settings.domain or edge.domain_name)
        self.survey_url = pulumi.Output.concat(self.url, pages.SURVEY_PATH) if has_survey else None
        frames = {language: send.apply(page.html) for language, page in site.menu_frames.items()}
        menus = Menus(
            f"{name}-menus",
            {
                "site_bucket_arn": self._bucket.arn,
                "distribution_arn": edge.arn,
                "frames": frames,
                "deployed": _digest(self._store(name, site, send)),
                "currency": settings.currency,
                "email": args.get("email", ""),
                "data_policy": args.get("data_policy", {}),
                "runtime": args.get("runtime", {}),
            },
            self._child,
        )
        if settings.way_in is WayIn.API:
            paths = [doors["paths"][source] for source in (FORM, SURVEY) if source in doors["paths"]]
            limit: AddressLimitArgs = {"stage_arn": doors["stage_arn"], "paths": paths}
            AddressLimit(f"{name}-address-limit", limit, self._child)
        self.buckets = {"site": self._bucket, "menus": menus.bucket}
        self.outputs = {
            "storefront_url": self.url,
            "storefront_bucket": self._bucket.bucket,
            "storefront_distribution": edge.id,
            "survey_url": self.survey_url,
            **menus.outputs,
        }
        self.register_outputs(self.outputs)

    def _store(self, name: str, site: pages.Site, send: pulumi.Output[dict[str, Way]]) -> Sequence[pulumi.Output[str]]:
        """Put the site into the bucket; what tells each of its files from another."""
        stored, assets = [], []
        for asset in site.assets:
            # A page that a guest or CloudFront still has goes on finding what it names.
            kept = pulumi.ResourceOptions.merge(
                self._child, pulumi.ResourceOptions(retain_on_delete=asset.named_by_content)
            )
            made = self._object(
                f"{name}-{asset.file}", asset.key, asset.content, asset.content_type, asset.cache_control, kept
            )
            assets.append(made)
            digest = hashlib.sha256(asset.content.encode()).hexdigest()
            stored.append(pulumi.Output.concat(made.key, " ", digest))
        # No page is there before what it names.
        after = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=assets))
        for page in site.pages:
            content = send.apply(page.html)
            made = self._object(f"{name}-{page.name}", page.key, content, pages.HTML, page.cache_control, after)
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
            bucket=self._bucket.bucket,
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


def _digest(parts: Sequence[pulumi.Output[str]]) -> pulumi.Output[str]:
    return pulumi.Output.all(*parts).apply(lambda found: hashlib.sha256("\n".join(found).encode()).hexdigest())
