"""S3 buckets, what is attached to them, and objects."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from rapid.local.deploy.creation import Created, Creation
from rapid.local.deploy.deletion import Deletion
from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.naming import AutoName
from rapid.local.deploy.resource_type import ResourceType, UpdateRule, whole
from rapid.local.deploy.update import Update


def _bucket(creation: Creation) -> Created:
    region = creation.cloud.region
    tags = creation.take("tags")
    creation.take("forceDestroy")  # speaks of the bucket's end, which creation does not meet
    parameters = creation.convert("CreateBucket", creation.rest(), {"objectLockEnabled": "ObjectLockEnabledForBucket"})
    bucket = parameters["Bucket"]
    if region != "us-east-1":
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
    creation.call("CreateBucket", **parameters)
    creation.begin(Created(bucket))
    if tags:
        tagging = creation.convert("PutBucketTagging.Tagging", {"tags": tags}, {"tags": "TagSet"})
        creation.call("PutBucketTagging", Bucket=bucket, Tagging=tagging)
    return Created(
        bucket,
        {
            "arn": f"arn:aws:s3:::{bucket}",
            "bucketDomainName": f"{bucket}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
            "bucketRegion": region,
        },
    )


def _versioning(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    parameters = creation.convert("PutBucketVersioning", creation.rest())
    creation.call("PutBucketVersioning", Bucket=bucket, **parameters)
    return Created(bucket)


def _encryption(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    renames = {"rules": "ServerSideEncryptionConfiguration.Rules"}
    parameters = creation.convert("PutBucketEncryption", creation.rest(), renames)
    creation.call("PutBucketEncryption", Bucket=bucket, **parameters)
    return Created(bucket)


def _public_access_block(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    creation.take("skipDestroy")
    configuration = creation.convert("PutPublicAccessBlock.PublicAccessBlockConfiguration", creation.rest())
    creation.call("PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration=configuration)
    return Created(bucket)


def _policy(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    creation.call("PutBucketPolicy", Bucket=bucket, **creation.convert("PutBucketPolicy", creation.rest()))
    return Created(bucket)


def _logging(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    target = creation.convert("PutBucketLogging.BucketLoggingStatus.LoggingEnabled", creation.rest())
    creation.call("PutBucketLogging", Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})
    return Created(bucket)


def _delete_logging(deletion: Deletion) -> None:
    deletion.call("PutBucketLogging", Bucket=deletion.id, BucketLoggingStatus={})


def _lifecycle(creation: Creation) -> Created:
    bucket = creation.need("bucket")
    renames = {"rules": "LifecycleConfiguration.Rules", "rules.id": "ID"}
    parameters = creation.convert("PutBucketLifecycleConfiguration", creation.rest(), renames)
    for rule in parameters.get("LifecycleConfiguration", {}).get("Rules", []):
        # The provider sends an empty filter (all objects) for a rule that has none, since S3 requires one.
        if "Prefix" not in rule:
            rule.setdefault("Filter", {"Prefix": ""})
    creation.call("PutBucketLifecycleConfiguration", Bucket=bucket, **parameters)
    return Created(bucket)


_OBJECT_RENAMES = {
    "content": "Body",
    "source": "Body",
    "kmsKeyId": "SSEKMSKeyId",
    "websiteRedirect": "WebsiteRedirectLocation",
}


def _object(creation: Creation) -> Created:
    creation.take("forceDestroy")  # speaks of the object's end, which creation does not meet
    for name in ("etag", "sourceHash"):
        creation.take(name)  # only make the provider see a change
    tagging = urlencode(creation.take_object("tags"))
    parameters = creation.convert("PutObject", creation.rest(), _OBJECT_RENAMES)
    if tagging:
        parameters["Tagging"] = tagging
    answer = creation.call("PutObject", **parameters)
    bucket, key = parameters["Bucket"], parameters["Key"]
    computed = {"arn": f"arn:aws:s3:::{bucket}/{key}", "etag": answer["ETag"].strip('"')}
    return Created(key, {**computed, "versionId": answer.get("VersionId")})


def _bucket_tags(update: Update) -> None:
    _put_tags(update, "Bucket", {"Bucket": update.id})


def _object_tags(update: Update) -> None:
    if not update.changed & set(_OBJECT_CONTENT):  # which were put with their tags
        _put_tags(update, "Object", {"Bucket": update.need("bucket"), "Key": update.need("key")})


def _put_tags(update: Update, kind: str, place: dict[str, str]) -> None:
    tags = update.take("tags")
    if tags:
        tagging = update.convert(f"Put{kind}Tagging.Tagging", {"tags": tags}, {"tags": "TagSet"})
        update.call(f"Put{kind}Tagging", **place, Tagging=tagging)
    else:
        update.call(f"Delete{kind}Tagging", **place)


def _delete_bucket(deletion: Deletion) -> None:
    if deletion.value("forceDestroy"):
        _empty(deletion, deletion.id, "")
    deletion.call("DeleteBucket", Bucket=deletion.id)


def _empty(deletion: Deletion, bucket: str, prefix: str, key: str | None = None) -> None:
    """Delete all versions and delete markers: of the objects under a prefix, or of one key."""
    while True:
        page = deletion.call("ListObjectVersions", Bucket=bucket, Prefix=prefix)
        found = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            if key in (None, item["Key"])
        ]
        if not found:
            return
        answer = deletion.call("DeleteObjects", Bucket=bucket, Delete={"Objects": found, "Quiet": True})
        for error in answer.get("Errors", []):
            raise DeployError(f"DeleteObjects was refused for {error['Key']}: {error['Code']}: {error['Message']}")


def _delete_versioning(deletion: Deletion) -> None:
    # Versioning cannot be taken from a bucket, only suspended; the provider does so.
    if (deletion.value("versioningConfiguration") or {}).get("status") == "Enabled":
        suspended = {"Status": "Suspended"}
        deletion.call("PutBucketVersioning", Bucket=deletion.id, VersioningConfiguration=suspended)


def _delete_public_access_block(deletion: Deletion) -> None:
    if not deletion.value("skipDestroy"):
        deletion.call("DeletePublicAccessBlock", Bucket=deletion.id)


def _delete_object(deletion: Deletion) -> None:
    _empty(deletion, deletion.value("bucket"), deletion.value("key"), deletion.value("key"))


def _of_bucket(operation: str) -> Callable[[Deletion], None]:
    def delete(deletion: Deletion) -> None:
        deletion.call(operation, Bucket=deletion.id)

    return delete


_OBJECT_CONTENT = (
    "bucketKeyEnabled", "cacheControl", "checksumAlgorithm", "content", "contentDisposition", "contentEncoding",
    "contentLanguage", "contentType", "etag", "kmsKeyId", "metadata", "serverSideEncryption", "source", "sourceHash",
    "storageClass", "websiteRedirect",
)  # fmt: skip
_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_OF_BUCKET = ("bucket", "expectedBucketOwner")

# What makes a replacement: internal/service/s3/bucket.go, bucket_versioning.go and their like, object.go.
ROWS = (
    ResourceType(
        "aws:s3/bucket:Bucket",
        "s3",
        _bucket,
        _delete_bucket,
        AutoName(63, "bucket", lower_case=True),
        replace_on=("bucket", "bucketPrefix", "objectLockEnabled"),
        updates=(UpdateRule(("tags",), _bucket_tags),),
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:s3/bucketVersioning:BucketVersioning",
        "s3",
        _versioning,
        _delete_versioning,
        replace_on=_OF_BUCKET,
        updates=(UpdateRule(("mfa", "versioningConfiguration"), whole(_versioning)),),
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3",
        _encryption,
        _of_bucket("DeleteBucketEncryption"),
        replace_on=_OF_BUCKET,
        updates=(UpdateRule(("rules",), whole(_encryption)),),
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3",
        _public_access_block,
        _delete_public_access_block,
        replace_on=("bucket",),
        updates=(UpdateRule(_PUBLIC_ACCESS, whole(_public_access_block)),),
        end_only=("skipDestroy",),
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketPolicy:BucketPolicy",
        "s3",
        _policy,
        _of_bucket("DeleteBucketPolicy"),
        replace_on=("bucket",),
        updates=(UpdateRule(("policy",), whole(_policy)),),
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketLogging:BucketLogging",
        "s3",
        _logging,
        _delete_logging,
        replace_on=_OF_BUCKET,
        updates=(
            UpdateRule(("targetBucket", "targetGrants", "targetObjectKeyFormat", "targetPrefix"), whole(_logging)),
        ),
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3",
        _lifecycle,
        _of_bucket("DeleteBucketLifecycle"),
        replace_on=_OF_BUCKET,
        updates=(UpdateRule(("rules", "transitionDefaultMinimumObjectSize"), whole(_lifecycle)),),
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "s3",
        _object,
        _delete_object,
        replace_on=("bucket", "key"),
        updates=(UpdateRule(_OBJECT_CONTENT, whole(_object)), UpdateRule(("tags",), _object_tags)),
        end_only=("forceDestroy",),
        volatile_outputs=("etag", "versionId"),
        id_property="key",
    ),
)
