"""S3 buckets, what is attached to them, and objects."""

from __future__ import annotations

from rapid.local.deploy.creation import Created, Creation, ResourceType
from rapid.local.deploy.naming import AutoName


def _bucket(creation: Creation) -> Created:
    region = creation.cloud.region
    tags = creation.take("tags")
    creation.take("forceDestroy")  # speaks of the bucket's end, which creation does not meet
    parameters = creation.convert("CreateBucket", creation.rest(), {"objectLockEnabled": "ObjectLockEnabledForBucket"})
    bucket = parameters["Bucket"]
    if region != "us-east-1":
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
    creation.call("CreateBucket", **parameters)
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


def _object(creation: Creation) -> Created:
    bucket, key = creation.need("bucket"), creation.need("key")
    creation.take("forceDestroy")  # speaks of the object's end, which creation does not meet
    creation.take("sourceHash")  # only makes the provider see a change
    parameters = creation.convert("PutObject", creation.rest(), {"source": "Body", "content": "Body"})
    answer = creation.call("PutObject", Bucket=bucket, Key=key, **parameters)
    outputs = {"arn": f"arn:aws:s3:::{bucket}/{key}", "etag": answer["ETag"].strip('"')}
    return Created(f"{bucket}/{key}", {**outputs, "versionId": answer.get("VersionId", "")})


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
    parameters = creation.convert("PutObject", creation.rest(), _OBJECT_RENAMES)
    answer = creation.call("PutObject", **parameters)
    bucket, key = parameters["Bucket"], parameters["Key"]
    computed = {"arn": f"arn:aws:s3:::{bucket}/{key}", "etag": answer["ETag"].strip('"')}
    return Created(key, {**computed, "versionId": answer.get("VersionId")})


ROWS = (
    ResourceType("aws:s3/bucket:Bucket", "s3", _bucket, AutoName(63, "bucket", lower_case=True)),
    ResourceType("aws:s3/bucketVersioning:BucketVersioning", "s3", _versioning),
    ResourceType(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "s3", _encryption
    ),
    ResourceType("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "s3", _public_access_block),
    ResourceType("aws:s3/bucketPolicy:BucketPolicy", "s3", _policy),
    ResourceType("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "s3", _lifecycle),
    ResourceType("aws:s3/bucketObjectv2:BucketObjectv2", "s3", _object),
)
