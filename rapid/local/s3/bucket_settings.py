"""Settings of buckets that moto keeps or answers by halves, or acts on in ways of its own.

Lifecycle configurations are answered as they were given: moto forgets the sizes of a filter. Nothing expires and
nothing moves in the local cloud, which forgets everything when it ends.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html

Of server access logging the configuration is kept, and no logs are written: moto would write made-up lines at every
request, and fails on a policy that names everyone.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

import copy
import json
from typing import Any

import xmltodict
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from ..iam.matching import as_list, is_like

_LOGGING_PRINCIPAL = "logging.s3.amazonaws.com"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_plain_set = FakeBucket.set_lifecycle
_plain_get = S3Response.get_bucket_lifecycle


def mend() -> None:
    """Let moto answer lifecycle configurations whole, and write no access logs."""
    FakeBucket.set_lifecycle = _set  # type: ignore[method-assign,assignment]
    S3Response.get_bucket_lifecycle = _get  # type: ignore[method-assign,assignment]
    FakeBucket._log_permissions_enabled_policy = staticmethod(_may_deliver)  # type: ignore[method-assign]
    S3Backend.log_incoming_request = lambda *_: None  # type: ignore[method-assign]


def _set(bucket: FakeBucket, rules: list[dict[str, Any]]) -> None:
    given = copy.deepcopy(rules)
    _plain_set(bucket, rules)
    for rule, kept in zip(given, bucket.rules, strict=True):
        # One without an id is given one.
        rule["ID"] = kept.id
    bucket.given_rules = given  # type: ignore[attr-defined]


def _get(asked: S3Response) -> Any:
    status, headers, _ = _plain_get(asked)
    rules = asked.backend.head_bucket(asked.bucket_name).given_rules  # type: ignore[attr-defined]
    body = xmltodict.unparse({"LifecycleConfiguration": {"@xmlns": _NAMESPACE, "Rule": rules}})
    return status, headers, body


def _may_deliver(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    policy: dict[str, Any] = json.loads(target_bucket.policy.decode()) if target_bucket.policy else {"Statement": []}
    key = f"arn:aws:s3:::{target_bucket.name}/{target_prefix or ''}log"
    return any(
        statement["Effect"] == "Allow"
        and isinstance(statement["Principal"], dict)
        and _LOGGING_PRINCIPAL in as_list(statement["Principal"].get("Service", []))
        and "s3:PutObject" in as_list(statement.get("Action", []))
        and any(is_like(pattern, key) for pattern in as_list(statement.get("Resource", [])))
        for statement in policy["Statement"]
    )
