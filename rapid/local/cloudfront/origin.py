"""Reading S3 as an origin: what CloudFront may read by the bucket's policy, and what S3 then answers.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

import re

from moto.s3.models import FakeKey, s3_backends
from werkzeug import Response

from ..billing.meter import METER, Resource
from ..clients import ACCOUNT_ID
from ..s3 import bucket_policy
from ..s3.bucket_policy import Verdict
from ..service_error import Protocol, ServiceError, error_response

PRINCIPAL = "cloudfront.amazonaws.com"
_BUCKET_DOMAIN = re.compile(r"(?P<bucket>[a-z0-9.-]+?)\.s3(?:\.[a-z0-9-]+)?\.amazonaws\.com")
# What an object keeps of the headers that it was put with; moto keeps more.
_OF_OBJECT = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
_METADATA = "x-amz-meta-"
_NOT_PASSED_ON = frozenset({"content-length", "x-amz-sdk-checksum-algorithm"})


def bucket_of(domain_name: str) -> str | None:
    """The bucket that an origin's domain name means; None for any other origin."""
    found = _BUCKET_DOMAIN.fullmatch(domain_name)
    return found["bucket"] if found else None


def read(bucket: str, key: str, distribution_arn: str) -> Response:
    """S3's answer to a GET by CloudFront for a distribution: the object, or an error as S3 writes it."""
    METER.count("s3_reads", Resource("s3", bucket))
    try:
        stored = _object(bucket, key, distribution_arn)
    except ServiceError as error:
        return error_response(error, Protocol.REST_XML, "s3")
    answer = Response(bytes(stored.value), 200)
    answer.headers.clear()
    answer.headers.extend({"Content-Type": "binary/octet-stream", "Accept-Ranges": "bytes"})
    for name, value in stored.metadata.items():
        if name.lower() in _OF_OBJECT or name.lower().startswith(_METADATA):
            answer.headers[_written(name)] = str(value)
    for name, value in stored.response_dict.items():
        if name.lower() not in _NOT_PASSED_ON:
            answer.headers[_written(name)] = str(value)
    return answer


def _object(bucket: str, key: str, distribution_arn: str) -> FakeKey:
    backend = s3_backends[ACCOUNT_ID]["aws"]
    if bucket not in backend.buckets:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not _allows(bucket, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", distribution_arn):
        raise ServiceError("AccessDenied", "Access Denied", 403)
    stored = backend.get_object(bucket, key)
    if stored is None:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"
        if not _allows(bucket, "s3:ListBucket", f"arn:aws:s3:::{bucket}", distribution_arn):
            raise ServiceError("AccessDenied", "Access Denied", 403)
        raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
    if stored.encryption == "aws:kms":
        raise ServiceError("NotImplemented", "The local cloud does not support origins that are encrypted by KMS", 501)
    return stored


def _allows(bucket: str, action: str, resource: str, distribution_arn: str) -> bool:
    policy = s3_backends[ACCOUNT_ID]["aws"].buckets[bucket].policy
    if policy is None:
        return False
    said = bucket_policy.verdict(
        policy.decode(), action, resource, frozenset({PRINCIPAL}), on_behalf_of=distribution_arn
    )
    return said is Verdict.ALLOW


def _written(name: str) -> str:
    return "ETag" if name.lower() == "etag" else "-".join(part.capitalize() for part in name.split("-"))
