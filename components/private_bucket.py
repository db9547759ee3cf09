"""A bucket that nobody outside reads: private, encrypted, versioned, reached over TLS alone."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import data_guard
from components.tls_only import tls_only
from contracts import Contract

NONCURRENT_VERSION_DAYS = 7
"""Days that an overwritten or deleted object can still be brought back."""
ABORTED_UPLOAD_DAYS = 7
"""Days until the parts of a multipart upload that never ended are removed."""

MIN_ARCHIVED_BYTES = 384 * 1024
"""What a smaller one saves in the 90 days that are billed at least is less than its move costs (docs/retention.md)."""

BucketStatement = Callable[[pulumi.Output[str]], pulumi.Input[Mapping[str, object]]]
"""Makes a statement of a bucket's policy, given the bucket's ARN."""


class DataProtection(Enum):
    """What happens to the data when a stack, or a part of it, is destroyed."""

    PROTECT = "protect"
    """Buckets that hold data cannot be destroyed, and stay in AWS even when they leave the program."""
    DESTROY = "destroy"
    """Buckets are emptied and destroyed with the stack."""


class Expiration(TypedDict):
    """How long the objects under a prefix are kept."""

    prefix: str
    """Prefix of the keys, such as `orders/`; empty: all objects."""
    days: pulumi.Input[int]
    """Days after which an object is deleted."""


class Archival(TypedDict):
    """When the objects under a prefix move to S3 Glacier Instant Retrieval."""

    prefix: str
    """Prefix of the keys, such as `orders/`."""
    days: pulumi.Input[int]
    """Days after which an object moves."""


class DataPolicy(TypedDict):
    """What may become of data: of buckets, and of what makes their contents readable."""

    protection: NotRequired[DataProtection]
    """What happens to it when the stack, or the component, is destroyed; PROTECT unless it is given."""
    principal_arns: NotRequired[Sequence[str]]
    """Who may touch it beside the stack's roles that need it, `*` and `?` for others, such as
    `arn:aws:iam::123456789012:role/analyst-*`; none: whom IAM lets, since nobody can tell who deploys, and they must
    not be kept out."""


class PrivateBucketArgs(TypedDict):
    """Inputs of PrivateBucket."""

    noncurrent_version_days: NotRequired[pulumi.Input[int]]
    """Days that an overwritten or deleted object can still be brought back; NONCURRENT_VERSION_DAYS unless it is
    given."""

    data_policy: NotRequired[DataPolicy]
    """What may become of the bucket's objects."""
    expirations: NotRequired[Sequence[Expiration]]
    """What is deleted after a time; what no prefix names is kept."""
    archivals: NotRequired[Sequence[Archival]]
    """What moves to a colder storage class, of which every object can still be read at once."""
    statements: NotRequired[Sequence[BucketStatement]]
    """What else the bucket's policy says."""


class PrivateBucket(pulumi.ComponentResource):
    """A bucket with public access blocked, SSE-S3, versions, a TLS-only policy and lifecycle rules."""

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""
    regional_domain_name: pulumi.Output[str]
    """Host name by which CloudFront asks the bucket."""

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:PrivateBucket", name, {}, opts)
        policy = args.get("data_policy", {})
        # The settings share the bucket's protection: a bucket that stays must not lose its locks.
        self._child = pulumi.ResourceOptions.merge(protection(policy), pulumi.ResourceOptions(parent=self))
        bucket = aws.s3.Bucket(f"{name}-bucket", force_destroy=not self._child.protect, opts=self._child)
        self.bucket, self.arn = bucket.bucket, bucket.arn
        self.regional_domain_name = bucket.bucket_regional_domain_name
        self._lock(name, policy.get("principal_arns", ()), args.get("statements", ()))
        version_days = args.get("noncurrent_version_days", NONCURRENT_VERSION_DAYS)
        self._keep(name, args.get("expirations", ()), args.get("archivals", ()), version_days)
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})

    def _lock(self, name: str, principal_arns: Sequence[str], more: Sequence[BucketStatement]) -> None:
        statements: list[pulumi.Input[Mapping[str, object]]] = [
            tls_only(self.arn, "s3", pulumi.Output.concat(self.arn, "/*"))
        ]
        if principal_arns:
            statements.append(data_guard.refuse_others(self.arn, principal_arns))
        statements += [statement(self.arn) for statement in more]
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
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements}),
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[access])),
        )

    def _keep(
        self,
        name: str,
        expirations: Sequence[Expiration],
        archivals: Sequence[Archival],
        version_days: pulumi.Input[int],
    ) -> None:
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=self.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=self.bucket,
            rules=[
                *(_expire(expiration) for expiration in expirations),
                *(_archive(archival) for archival in archivals),
                _clean_up(version_days),
            ],
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[versioning])),
        )


def protection(policy: DataPolicy) -> pulumi.ResourceOptions:
    """Options of a resource that is, or makes readable, data."""
    protected = policy.get("protection", DataProtection.PROTECT) is DataProtection.PROTECT
    return pulumi.ResourceOptions(protect=protected, retain_on_delete=protected)


def archivals(contracts: Sequence[Contract], parent_prefix: str) -> list[Archival]:
    """What contracts say of the events that came, which lie under `<parent_prefix><source>/`."""
    return [
        {"prefix": f"{parent_prefix}{contract.source}/", "days": contract.archive_after_days}
        for contract in contracts
        if contract.archive_after_days
    ]


def _expire(expiration: Expiration) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    return {
        "id": f"expire-{_name(expiration['prefix'])}",
        "status": "Enabled",
        "filter": {"prefix": expiration["prefix"]} if expiration["prefix"] else {},
        "expiration": {"days": expiration["days"]},
    }


def _archive(archival: Archival) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    """Straight to the coldest class that answers at once: a stay in Standard-IA would be a second move to pay for."""
    return {
        "id": f"archive-{_name(archival['prefix'])}",
        "status": "Enabled",
        "filter": {"and_": {"prefix": archival["prefix"], "object_size_greater_than": MIN_ARCHIVED_BYTES}},
        "transitions": [{"days": archival["days"], "storage_class": "GLACIER_IR"}],
    }


def _name(prefix: str) -> str:
    return prefix.strip("/").replace("/", "-") or "all"


def _clean_up(version_days: pulumi.Input[int]) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    return {
        "id": "clean-up",
        "status": "Enabled",
        "filter": {},
        "noncurrent_version_expiration": {"noncurrent_days": version_days},
        "abort_incomplete_multipart_upload": {"days_after_initiation": ABORTED_UPLOAD_DAYS},
    }
