"""S3 buckets, what is attached to them, and objects.

What makes a replacement: internal/service/s3/bucket.go, bucket_versioning.go and their like, object.go.
"""

from __future__ import annotations

from typing import Any

from rapid.local.deploy.errors import DeployError
from rapid.local.deploy.operations import Created, Creation, Deletion, Update
from rapid.local.deploy.resource_type import AutoName, ResourceType, UpdateRule, created, deleted

_BLOCKED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_LOGGED = ("targetBucket", "targetGrants", "targetObjectKeyFormat", "targetPrefix")
_OF_BUCKET = ("bucket", "expectedBucketOwner")


def _within(structure: str, names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"{structure}.{name[0].upper()}{name[1:]}" for name in names}


def _bucket(creation: Creation) -> Created:
    region, tags = creation.cloud.region, creation.take("tags")
    parameters = creation.convert("CreateBucket", creation.rest(), {"objectLockEnabled": "ObjectLockEnabledForBucket"})
    bucket = parameters["Bucket"]
    if region != "us-east-1":
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
    creation.call("CreateBucket", **parameters)
    creation.begun = bucket
    if tags:
        _put_tags(creation, bucket, tags)
    outputs = {
        "arn": f"arn:aws:s3:::{bucket}",
        "bucketDomainName": f"{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
    }
    return Created(bucket, outputs)


_put_policy = created("PutBucketPolicy", "{Bucket}")
_put_versioning = created("PutBucketVersioning", "{Bucket}")
_put_encryption = created("PutBucketEncryption", "{Bucket}", {"rules": "ServerSideEncryptionConfiguration.Rules"})
_put_access_block = created("PutPublicAccessBlock", "{Bucket}", _within("PublicAccessBlockConfiguration", _BLOCKED))
_put_logging = created("PutBucketLogging", "{Bucket}", _within("BucketLoggingStatus.LoggingEnabled", _LOGGED))


def _lifecycle(creation: Creation) -> Created:
    renames = {"rules": "LifecycleConfiguration.Rules", "rules.id": "ID"}
    parameters = creation.convert("PutBucketLifecycleConfiguration", creation.rest(), renames)
    for rule in parameters["LifecycleConfiguration"]["Rules"]:
        # The provider sends an empty filter (all objects) for a rule that has none, since S3 requires one.
        rule.setdefault("Filter", {"Prefix": ""})
    creation.call("PutBucketLifecycleConfiguration", **parameters)
    return Created(parameters["Bucket"])


def _notification(creation: Creation) -> Created:
    told: dict[str, Any] = {"EventBridgeConfiguration": {}} if creation.take("eventbridge") else {}
    parameters = creation.convert("PutBucketNotificationConfiguration", creation.rest())
    creation.call("PutBucketNotificationConfiguration", **parameters, NotificationConfiguration=told)
    return Created(parameters["Bucket"])


def _object(creation: Creation) -> Created:
    for name in ("etag", "sourceHash"):
        creation.take(name)  # only make the provider see a change
    parameters = creation.convert("PutObject", creation.rest(), {"content": "Body", "source": "Body"})
    creation.call("PutObject", **parameters)
    bucket, key = parameters["Bucket"], parameters["Key"]
    return Created(key, {"arn": f"arn:aws:s3:::{bucket}/{key}"})


def _update_tags(update: Update) -> None:
    _put_tags(update, update.id, update.take("tags"))


def _put_tags(creation: Creation, bucket: str, tags: object) -> None:
    if tags:
        tagging = creation.convert("PutBucketTagging.Tagging", {"tags": tags}, {"tags": "TagSet"})
        creation.call("PutBucketTagging", Bucket=bucket, Tagging=tagging)
    else:
        creation.call("DeleteBucketTagging", Bucket=bucket)


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


def _delete_logging(deletion: Deletion) -> None:
    deletion.call("PutBucketLogging", Bucket=deletion.id, BucketLoggingStatus={})


def _delete_notification(deletion: Deletion) -> None:
    deletion.call("PutBucketNotificationConfiguration", Bucket=deletion.id, NotificationConfiguration={})


def _delete_object(deletion: Deletion) -> None:
    _empty(deletion, deletion.value("bucket"), deletion.value("key"), deletion.value("key"))


ROWS = (
    ResourceType(
        "aws:s3/bucket:Bucket",
        "s3",
        _bucket,
        _delete_bucket,
        AutoName(63, "bucket", lower_case=True),
        replace_on=("bucket", "bucketPrefix", "objectLockEnabled"),
        updates=(UpdateRule(("tags",), _update_tags),),
        end_only=("forceDestroy",),
    ),
    ResourceType(
        "aws:s3/bucketVersioning:BucketVersioning",
        "s3",
        _put_versioning,
        _delete_versioning,
        replace_on=_OF_BUCKET,
        update=_put_versioning,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3",
        _put_encryption,
        deleted("DeleteBucketEncryption", Bucket="id"),
        replace_on=_OF_BUCKET,
        update=_put_encryption,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3",
        _put_access_block,
        deleted("DeletePublicAccessBlock", Bucket="id"),
        replace_on=("bucket",),
        update=_put_access_block,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketPolicy:BucketPolicy",
        "s3",
        _put_policy,
        deleted("DeleteBucketPolicy", Bucket="id"),
        replace_on=("bucket",),
        update=_put_policy,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketLogging:BucketLogging",
        "s3",
        _put_logging,
        _delete_logging,
        replace_on=_OF_BUCKET,
        update=_put_logging,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3",
        _lifecycle,
        deleted("DeleteBucketLifecycle", Bucket="id"),
        replace_on=_OF_BUCKET,
        update=_lifecycle,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketNotification:BucketNotification",
        "s3",
        _notification,
        _delete_notification,
        replace_on=("bucket",),
        update=_notification,
        id_property="bucket",
    ),
    ResourceType(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "s3",
        _object,
        _delete_object,
        replace_on=("bucket", "key"),
        update=_object,
        end_only=("forceDestroy",),
        id_property="key",
    ),
)
