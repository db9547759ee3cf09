"""Buckets."""

from .resource import Resource, Stack
from .rule import Faults, rule, rules_of
from .statements import allowing, many, principals, refuses_plain_transport, statements, too_wide

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@rule(
    "S3.2", "S3.3", "S3.8", "AwsSolutions-S2",
    types=[BUCKET, PUBLIC_ACCESS],
    title="A bucket blocks public access in all four ways",
    fix="make the bucket a PrivateBucket, or give it a BucketPublicAccessBlock with all four settings true",
)  # fmt: skip
def bucket_blocks_public_access(resource: Resource, stack: Stack) -> Faults:
    if resource.type == BUCKET:
        if not stack.made_for(resource, PUBLIC_ACCESS, "bucket"):
            yield "", "it has no BucketPublicAccessBlock"
        return
    for setting in _BLOCKS:
        if resource.get(setting) is not True:
            yield setting, "it is not true"


@rule(
    "S3.5", "AwsSolutions-S10",
    types=[BUCKET, BUCKET_POLICY],
    title="A bucket refuses requests without TLS",
    fix="make the bucket a PrivateBucket, or deny s3:* on it and its objects where aws:SecureTransport is false",
)  # fmt: skip
def bucket_refuses_plain_transport(resource: Resource, stack: Stack) -> Faults:
    if resource.type == BUCKET:
        if not stack.made_for(resource, BUCKET_POLICY, "bucket"):
            yield "", "it has no policy"
    elif not refuses_plain_transport(resource, "s3:*"):
        yield "", "no statement denies everyone everything without TLS"
    elif not any(
        str(target).endswith("/*")
        for statement in statements(resource, "policy")
        if statement["Effect"] == "Deny"
        for target in many(statement.get("Resource"))
    ):
        yield "", "the bucket's objects are left out of the statement about TLS"


@rule(
    "S3.6",
    types=[BUCKET_POLICY],
    title="A bucket's policy admits no other account, and services only for a named source",
    fix="allow one service, with aws:SourceArn and aws:SourceAccount; say what roles may do in their own policies",
)  # fmt: skip
def bucket_policy_admits_named_sources(resource: Resource) -> Faults:
    for statement in allowing(resource, "policy"):
        sid = statement.get("Sid", "")
        if fault := too_wide(statement):
            yield sid, fault
        elif strangers := [name for kind, name in principals(statement) if kind != "Service"]:
            yield sid, f"a statement allows {', '.join(strangers)}"


@rule(
    "S3.9", "AwsSolutions-S1",
    types=[BUCKET],
    title="Requests to a bucket are logged",
    fix="add the bucket to those of AccessLogs in __main__.py",
)  # fmt: skip
def bucket_logs_requests(resource: Resource, stack: Stack) -> Faults:
    if not stack.made_for(resource, LOGGING, "bucket"):
        yield "", "it has no BucketLogging"


@rule(
    "S3.12",
    types=[BUCKET],
    title="A bucket has no access control list",
    fix="take the list away and say in policies who may do what",
)  # fmt: skip
def bucket_has_no_access_control_list(resource: Resource) -> Faults:
    for key in ("acl", "grants"):
        if resource.get(key):
            yield key, "it is given"


@rule(
    "S3.13",
    types=[BUCKET],
    title="A bucket has lifecycle rules",
    fix="make the bucket a PrivateBucket, or give it a BucketLifecycleConfiguration",
)  # fmt: skip
def bucket_has_lifecycle_rules(resource: Resource, stack: Stack) -> Faults:
    found = stack.made_for(resource, LIFECYCLE, "bucket")
    if not any(entry.get("status") == "Enabled" for it in found for entry in it.get("rules") or ()):
        yield "", "it has no lifecycle rule that is enabled"


@rule(
    "S3.14",
    types=[BUCKET],
    title="A bucket keeps versions of its objects",
    fix="make the bucket a PrivateBucket, or give it a BucketVersioning with the status Enabled",
)  # fmt: skip
def bucket_keeps_versions(resource: Resource, stack: Stack) -> Faults:
    found = stack.made_for(resource, VERSIONING, "bucket")
    if not any(it.get("versioningConfiguration", "status") == "Enabled" for it in found):
        yield "", "it has no versions"


@rule(
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html",
    types=[BUCKET],
    title="A bucket says how its objects are encrypted",
    fix="make the bucket a PrivateBucket, or give it a BucketServerSideEncryptionConfiguration with AES256 or aws:kms",
)  # fmt: skip
def bucket_is_encrypted(resource: Resource, stack: Stack) -> Faults:
    algorithms = {
        (entry.get("applyServerSideEncryptionByDefault") or {}).get("sseAlgorithm")
        for it in stack.made_for(resource, ENCRYPTION, "bucket")
        for entry in it.get("rules") or ()
    }
    if not algorithms & {"AES256", "aws:kms", "aws:kms:dsse"}:
        yield "", "no default encryption is set"


RULES = rules_of(globals())
