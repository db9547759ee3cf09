"""Menus without a server: a file that is uploaded becomes pages, or a mail that says what is wrong with it."""

import hashlib
import json
from collections.abc import Mapping
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code
from components.lambda_function import LambdaFunction
from components.object_events import CREATED, DELETED, call_for_objects
from components.private_bucket import DataPolicy, PrivateBucket
from components.runtime import RuntimeArgs
from components.service_role import Statement
from components.storefront.pages import PAGE_CACHE_CONTROL
from components.tls_only import tls_only

VERSION_DAYS = 365
"""Days that an older menu can be put back."""
MEMORY_MB = 512
"""Mostly for the processor time that comes with it: guests wait for a cold start."""
TIMEOUT_SECONDS = 300
"""A deployment publishes the menus of all stores in one invocation."""
PAGES = "menu/"
"""What the keys of pages begin with (functions/menu_publisher/store_key.py)."""


class MenusArgs(RuntimeArgs):
    """Inputs of Menus."""

    site_bucket_arn: pulumi.Input[str]
    """ARN of the bucket that pages are written to."""
    distribution_arn: pulumi.Input[str]
    """ARN of the distribution that keeps copies of them."""
    frames: Mapping[str, pulumi.Input[str]]
    """By language the page that a menu is put into, as HTML; the default language first."""
    deployed: pulumi.Input[str]
    """A text that changes when pages or what they load do: all menus are published anew then."""
    currency: str
    """ISO 4217 code of the prices' currency."""
    email: NotRequired[str]
    """Address that is told why a menu was not published; empty: nobody is told."""
    data_policy: NotRequired[DataPolicy]
    """What may become of the menus."""


class Menus(pulumi.ComponentResource):
    """A bucket for menus, and a function that publishes what is uploaded to it."""

    bucket: PrivateBucket
    """Where menus are uploaded, as `<store>.json` or `<store>.csv`."""
    outputs: Mapping[str, object]
    """What a stack exports of it, by the names that the command `rapid` asks for."""

    def __init__(self, name: str, args: MenusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Menus", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.bucket = PrivateBucket(
            name,
            {"data_policy": args.get("data_policy", {}), "noncurrent_version_days": VERSION_DAYS},
            self._child,
        )
        aws.s3.BucketNotification(f"{name}-notification", bucket=self.bucket.bucket, eventbridge=True, opts=self._child)
        topic = self._topic(name, args.get("email", ""))
        code = pulumi.Output.all(**args["frames"]).apply(
            lambda frames: _code({key: frames[key] for key in args["frames"]})
        )
        function = self._function(name, args, topic, code)
        call_for_objects(
            name, "Menus that were uploaded or removed", self.bucket.arn, [CREATED, DELETED], function, self._child
        )
        aws.lambda_.Invocation(
            f"{name}-deployed",
            function_name=function.function_name,
            input=json.dumps({"deployed": {}}),
            triggers={"pages": args["deployed"], "code": code.apply(_digest), "currency": args["currency"]},
            # With its role's policy, of which IAM may tell late.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function]),
        )
        self.outputs = {
            "menus_bucket": self.bucket.bucket,
            "menu_rules": {"languages": [*args["frames"]], "currency": args["currency"]},
        }
        self.register_outputs(self.outputs)

    def _topic(self, name: str, email: str) -> pulumi.Output[str]:
        """Where the function tells why a menu is not published. With SNS's own key, which all of the account may use.

        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        """
        topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id="alias/aws/sns", opts=self._child)
        aws.sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=topic.arn,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [_tls_only(topic.arn)]}),
            opts=self._child,
        )
        if email:
            aws.sns.TopicSubscription(
                f"{name}-mail", topic=topic.arn, protocol="email", endpoint=email, opts=self._child
            )
        return topic.arn

    def _function(
        self, name: str, args: MenusArgs, topic_arn: pulumi.Output[str], code: pulumi.Output[pulumi.Archive]
    ) -> LambdaFunction:
        return LambdaFunction(
            f"{name}-publisher",
            {
                "description": "Checks menus, makes pages of them, and tells why it does not",
                "code": code,
                "environment": {
                    "MENUS_BUCKET": self.bucket.bucket,
                    "SITE_BUCKET": arn.resource_name(args["site_bucket_arn"]),
                    "DISTRIBUTION_ID": arn.resource_name(args["distribution_arn"]),
                    "TOPIC_ARN": topic_arn,
                    "CACHE_CONTROL": PAGE_CACHE_CONTROL,
                    "CURRENCY": args["currency"],
                },
                "memory_mb": MEMORY_MB,
                "timeout_seconds": TIMEOUT_SECONDS,
                "runtime": args.get("runtime", {}),
                "statements": _statements(self.bucket.arn, args, topic_arn),
            },
            self._child,
        )


def _tls_only(topic_arn: pulumi.Output[str]) -> Mapping[str, object]:
    """Who publishes may do so by IAM; a topic's policy takes no other actions than those that it lists."""
    return {**tls_only(topic_arn, "sns"), "Action": "sns:Publish"}


def _statements(
    menus_bucket_arn: pulumi.Output[str], args: MenusArgs, topic_arn: pulumi.Output[str]
) -> list[Statement]:
    """What the function may do: read menus of any version; know, write and remove pages of menus; tell.

    It lists where it reads, for S3 tells nobody else of an object that there is none.
    """
    site_bucket_arn = args["site_bucket_arn"]
    return [
        {"actions": ["s3:ListBucket"], "resources": [menus_bucket_arn, site_bucket_arn]},
        {"actions": ["s3:GetObject", "s3:GetObjectVersion"], "resources": [arn.under(menus_bucket_arn, "/*")]},
        {
            "actions": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "resources": [arn.under(site_bucket_arn, f"/{PAGES}*")],
        },
        {"actions": ["cloudfront:CreateInvalidation"], "resources": [args["distribution_arn"]]},
        {"actions": ["sns:Publish"], "resources": [topic_arn]},
    ]


def _code(frames: Mapping[str, str]) -> pulumi.AssetArchive:
    return lambda_code.archive("menu_publisher", [], texts={"frames.json": json.dumps(frames, ensure_ascii=False)})


def _digest(code: pulumi.AssetArchive) -> str:
    """Another when a function's files are."""
    digest = hashlib.sha256()
    for path, asset in code.assets.items():
        assert isinstance(asset, pulumi.StringAsset)
        digest.update(f"{path}\0{asset.text}\0".encode())
    return digest.hexdigest()
