"""Who asked buckets for what: server access logs, in a bucket of their own."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.log_group import LogArgs, retention_days
from components.private_bucket import DataProtection, PrivateBucket


class AccessLogsArgs(LogArgs):
    """Inputs of AccessLogs."""

    buckets: Mapping[str, PrivateBucket]
    """The buckets whose requests are logged, by the first part of the logs' keys."""
    account_id: pulumi.Input[str]
    """The AWS account that the buckets are in."""


class AccessLogs(pulumi.ComponentResource):
    """A bucket for logs, which S3 alone puts there, and the logging of other buckets. Its own requests are not logged.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """

    bucket: PrivateBucket
    """Logs under `<bucket's name here>/`, which S3 delivers within hours."""

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:AccessLogs", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        sources = [bucket.arn for bucket in args["buckets"].values()]
        self.bucket = PrivateBucket(
            name,
            {
                "expirations": [{"prefix": "", "days": retention_days(args)}],
                "statements": [lambda bucket_arn: _deliver(bucket_arn, sources, args["account_id"])],
                "data_policy": {"protection": DataProtection.DESTROY},
            },
            child,
        )
        for logged, bucket in args["buckets"].items():
            aws.s3.BucketLogging(
                f"{name}-{logged}",
                bucket=bucket.bucket,
                target_bucket=self.bucket.bucket,
                target_prefix=f"{logged}/",
                # S3 asks whether it may deliver: the policy must be there.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.bucket]),
            )
        self.register_outputs({"bucket": self.bucket.bucket})


def _deliver(
    bucket_arn: pulumi.Output[str], sources: list[pulumi.Output[str]], account_id: pulumi.Input[str]
) -> dict[str, object]:
    return {
        "Sid": "DeliverLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": pulumi.Output.concat(bucket_arn, "/*"),
        "Condition": {"ArnLike": {"aws:SourceArn": sources}, "StringEquals": {"aws:SourceAccount": account_id}},
    }
