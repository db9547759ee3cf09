"""A bucket that nobody outside reads: private, encrypted, versioned, reached over TLS alone."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.data_protection import DataProtection

NONCURRENT_VERSION_DAYS = 7
"""Days that an overwritten or deleted object can still be brought back."""
ABORTED_UPLOAD_DAYS = 7
"""Days until the parts of a multipart upload that never ended are removed."""


class Expiration(TypedDict):
    """How long the objects under a prefix are kept."""

    prefix: str
    """Prefix of the keys, such as `orders/`; empty: all objects."""
    days: pulumi.Input[int]
    """Days after which an object is deleted."""


class PrivateBucketArgs(TypedDict):
    """Inputs of PrivateBucket."""

    expirations: Sequence[Expiration]
    """What is deleted after a time; what no prefix names is kept."""
    data_protection: DataProtection
    """What happens to the bucket and its objects when the stack is destroyed."""


class PrivateBucket(pulumi.ComponentResource):
    """A bucket with public access blocked, SSE-S3, versions, a TLS-only policy and lifecycle rules."""

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:PrivateBucket", name, {}, opts)
        protected = args["data_protection"] is DataProtection.PROTECT
        # The settings share the bucket's protection: a bucket that stays must not lose its locks.
        self._child = pulumi.ResourceOptions(parent=self, protect=protected, retain_on_delete=protected)
        bucket = aws.s3.Bucket(f"{name}-bucket", force_destroy=not protected, opts=self._child)
        self.bucket, self.arn = bucket.bucket, bucket.arn
        self._lock(name)
        self._keep(name, args["expirations"])
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})

    def _lock(self, name: str) -> None:
        access = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=self.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=self.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._child,
        )
        # S3 refuses two changes of a bucket's access at the same time (OperationAborted), hence the order.
        aws.s3.BucketPolicy(
            f"{name}-tls",
            bucket=self.bucket,
            policy=pulumi.Output.json_dumps(_tls_only(self.arn)),
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[access])),
        )

    def _keep(self, name: str, expirations: Sequence[Expiration]) -> None:
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=self.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=self.bucket,
            rules=[*(_expire(expiration) for expiration in expirations), _clean_up()],
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[versioning])),
        )


def _tls_only(arn: pulumi.Output[str]) -> dict[str, object]:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, pulumi.Output.concat(arn, "/*")],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _expire(expiration: Expiration) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    return {
        "id": f"expire-{expiration['prefix'].strip('/').replace('/', '-') or 'all'}",
        "status": "Enabled",
        "filter": {"prefix": expiration["prefix"]} if expiration["prefix"] else {},
        "expiration": {"days": expiration["days"]},
    }


def _clean_up() -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    return {
        "id": "clean-up",
        "status": "Enabled",
        "filter": {},
        "noncurrent_version_expiration": {"noncurrent_days": NONCURRENT_VERSION_DAYS},
        "abort_incomplete_multipart_upload": {"days_after_initiation": ABORTED_UPLOAD_DAYS},
    }
