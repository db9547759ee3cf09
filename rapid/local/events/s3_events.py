"""What S3 tells EventBridge: objects that came or went, of moto's buckets that have it switched on.

moto calls its own `send_event` at each change; that call is ours, so that nobody else delivers.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.s3 import models, notifications
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from ..billing.meter import METER, Resource
from ..clients import ACCOUNT_ID
from ..service_error import unsupported
from .clock import utc_text

_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_PLACES = (
    (notifications, "send_event"),
    (models, "events_send_notification"),
    (FakeBucket, "set_notification_configuration"),
    (S3Backend, "delete_object"),
    (S3Response, "get_bucket_notification"),
)
_ETAG_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
_plain = {name: getattr(place, name) for place, name in _PLACES}
# The members of a configuration as moto parses it.
_UNSUPPORTED = {
    "CloudFunctionConfiguration": "functions",
    "QueueConfiguration": "queues",
    "TopicConfiguration": "SNS topics",
}


class S3Events:
    """Tells of objects; `publish` gives an event to EventBridge."""

    def __init__(self, publish: Callable[[dict[str, Any]], None]) -> None:
        self._publish = publish

    def attach(self) -> None:
        """Follow moto's buckets."""
        ours: dict[str, Any] = {
            "send_event": self._moto_tells,
            "events_send_notification": lambda **_: None,
            "set_notification_configuration": _configure,
            "delete_object": self._delete,
            "get_bucket_notification": _show_configuration,
        }
        for place, name in _PLACES:
            setattr(place, name, ours[name])

    def detach(self) -> None:
        """Leave moto as it is by itself."""
        for place, name in _PLACES:
            setattr(place, name, _plain[name])

    def _moto_tells(self, account_id: str, event_name: str, bucket: FakeBucket, key: Any) -> None:
        name = str(getattr(event_name, "value", event_name)).removeprefix("s3:")
        if name not in _REASONS:
            return
        if name == "ObjectCreated:Put" and key.multipart is not None:
            # moto tells of a finished upload twice, and here by the wrong name.
            return
        content = {
            "key": key.name,
            "size": key.size,
            "etag": key.etag.strip('"'),
            **({"version-id": str(key.version_id)} if bucket.is_versioned else {}),
        }
        self._tell(bucket, "Object Created", content, {"reason": _REASONS[name]})

    @property
    def _delete(self) -> Callable[..., Any]:
        """moto tells of some deletions alone, and does not say what was deleted."""

        def delete(backend: S3Backend, bucket_name: str, key_name: str, *more: Any, **named: Any) -> Any:
            bucket = backend.get_bucket(bucket_name)
            before = len(bucket.keys.getlist(key_name, []))
            is_deleted, about = _plain["delete_object"](backend, bucket_name, key_name, *more, **named)
            count = len(bucket.keys.getlist(key_name, []))
            if count != before:
                kind = "Delete Marker Created" if count > before else "Permanently Deleted"
                version = {"version-id": about["version-id"]} if "version-id" in about else {}
                content = {"key": key_name, "etag": _ETAG_OF_NOTHING, **version}
                self._tell(bucket, "Object Deleted", content, {"reason": "DeleteObject", "deletion-type": kind})
            return is_deleted, about

        return delete

    def _tell(self, bucket: FakeBucket, kind: str, content: dict[str, Any], about: dict[str, str]) -> None:
        configured = bucket.notification_configuration
        if configured is None or configured.event_bridge is None:
            return
        event = {
            "detail-type": kind,
            "source": "aws.s3",
            "time": utc_text(time.time()),
            "resources": [f"arn:aws:s3:::{bucket.name}"],
            "detail": {
                "version": "0",
                "bucket": {"name": bucket.name},
                "object": content | {"sequencer": f"{time.time_ns():016X}"},
                "request-id": uuid.uuid4().hex[:16].upper(),
                "requester": ACCOUNT_ID,
                "source-ip-address": "127.0.0.1",
                **about,
            },
        }
        METER.count("eventbridge_events", Resource("s3", bucket.name))
        self._publish(event)


def _configure(bucket: FakeBucket, given: dict[str, Any] | None) -> None:
    for member, whom in _UNSUPPORTED.items():
        if given and given.get(member):
            raise unsupported(f"notifications to {whom}, but to EventBridge alone")
    _plain["set_notification_configuration"](bucket, given)


def _show_configuration(asked: S3Response) -> Any:
    """moto's answer, and whether EventBridge is told."""
    answer = _plain["get_bucket_notification"](asked)
    configured = asked.backend.get_bucket_notification_configuration(asked.bucket_name)
    if configured is None or configured.event_bridge is None:
        return answer
    return answer[0], answer[1], _ONLY_EVENT_BRIDGE


_ONLY_EVENT_BRIDGE = (
    '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EventBridgeConfiguration/>'
    "</NotificationConfiguration>"
)
