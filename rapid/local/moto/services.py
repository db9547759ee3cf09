"""The control planes and the storage: moto's WSGI application, in this process and in memory."""

import logging
import os
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any

# A browser's cross-origin request is answered by what a bucket or an API declares, not by moto's blanket yes.
os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto.core import loaders, utils
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.iam.access_control import PermissionResult
from moto.logs.models import logs_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket, s3_backends

from ..clients import ACCOUNT_ID
from ..s3 import bucket_policy, bucket_settings, copies, listed_keys, version_listing
from ..s3.bucket_policy import Verdict
from . import gaps, table_versions

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
_MAX_HOSTS = 256


def application() -> WsgiApplication:
    """moto's application, with no state."""
    for name in ("moto", "werkzeug", "botocore", "boto3", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Each model is read by a loader of its own, which first lists all that there are.
    utils.create_loader = cache(loaders.create_loader)  # type: ignore[attr-defined]
    gaps.fill()
    bucket_settings.mend()
    copies.mend()
    listed_keys.mend()
    table_versions.mend()
    version_listing.mend()
    FakeBucket.get_permission = _bucket_permission  # type: ignore[method-assign,assignment]
    reset()
    dispatcher = DomainDispatcherApplication(create_backend_app)
    # Of the few hosts that requests come for it would look through its folder and all services' patterns each time.
    dispatcher.get_backend_for_host = lru_cache(_MAX_HOSTS)(dispatcher.get_backend_for_host)  # type: ignore[method-assign]
    return dispatcher


def reset() -> None:
    """Forget everything: moto keeps the state of the account for the whole process."""
    BackendDict.reset()
    reset_model_data()


def stored_object(bucket: str, key: str) -> bytes | None:
    """The content of an object in S3; None where there is none."""
    found = s3_backends[ACCOUNT_ID]["aws"].buckets.get(bucket)
    stored = found.keys.get(key) if found else None
    return bytes(stored.value) if stored else None


def trim_log_stream(region: str, group: str, stream: str, newest_events: int) -> None:
    """Drop all but the newest events of a log stream; moto would keep every line of a long run in memory."""
    found = logs_backends[ACCOUNT_ID][region].groups.get(group)
    log_stream = found.streams.get(stream) if found else None
    if log_stream:
        del log_stream.events[:-newest_events]


def _bucket_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return _PERMISSIONS[
        bucket_policy.verdict(bucket.policy.decode(), action, resource, principal_arn=bucket_policy.ASKING.get())
    ]


_PERMISSIONS = {
    Verdict.ALLOW: PermissionResult.PERMITTED,
    Verdict.DENY: PermissionResult.DENIED,
    Verdict.NOTHING: PermissionResult.NEUTRAL,
}
