"""Server access logging: the configuration is kept, and no logs are written.

moto would write made-up lines at every request, and fails on a policy that names everyone.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import FakeBucket, S3Backend

from ..iam.matching import as_list, is_like

_PRINCIPAL = "logging.s3.amazonaws.com"


def keep_quiet() -> None:
    """Let moto keep the configuration alone."""
    FakeBucket._log_permissions_enabled_policy = staticmethod(_may_deliver)  # type: ignore[method-assign,assignment]
    S3Backend.log_incoming_request = lambda *_: None  # type: ignore[method-assign,assignment]


def _may_deliver(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    policy: dict[str, Any] = json.loads(target_bucket.policy.decode()) if target_bucket.policy else {"Statement": []}
    key = f"arn:aws:s3:::{target_bucket.name}/{target_prefix or ''}log"
    return any(
        statement["Effect"] == "Allow"
        and isinstance(statement["Principal"], dict)
        and _PRINCIPAL in as_list(statement["Principal"].get("Service", []))
        and "s3:PutObject" in as_list(statement.get("Action", []))
        and any(is_like(pattern, key) for pattern in as_list(statement.get("Resource", [])))
        for statement in policy["Statement"]
    )
