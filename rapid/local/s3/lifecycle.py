"""Lifecycle configurations are answered as they were given: moto forgets the sizes of a filter.

Nothing expires and nothing moves in the local cloud, which forgets everything when it ends.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
"""

from __future__ import annotations

import copy
from typing import Any

import xmltodict
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_plain_set = FakeBucket.set_lifecycle
_plain_get = S3Response.get_bucket_lifecycle


def keep_whole() -> None:
    """Let moto answer all that it was given."""
    FakeBucket.set_lifecycle = _set  # type: ignore[method-assign]
    S3Response.get_bucket_lifecycle = _get  # type: ignore[method-assign]


def _set(bucket: FakeBucket, rules: list[dict[str, Any]]) -> None:
    given = copy.deepcopy(rules)
    _plain_set(bucket, rules)
    for rule, kept in zip(given, bucket.rules, strict=True):
        # One without an id is given one.
        rule["ID"] = kept.id
    bucket.given_rules = given  # type: ignore[attr-defined]


def _get(asked: S3Response) -> Any:
    status, headers, _ = _plain_get(asked)
    rules = asked.backend.head_bucket(asked.bucket_name).given_rules
    body = xmltodict.unparse({"LifecycleConfiguration": {"@xmlns": _NAMESPACE, "Rule": rules}})
    return status, headers, body
