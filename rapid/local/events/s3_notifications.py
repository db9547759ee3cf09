"""Notifications of S3: what happens to objects in moto's buckets is told to functions, queues and EventBridge.

moto calls its own `send_event` at each change; that call is ours, so that nobody else delivers. moto's own delivery
knows no permissions, runs functions by itself and leaves members out.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

import json
import logging
from collections.abc import Callable
from typing import Any

from moto.s3 import models, notifications
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from ..service_error import ServiceError
from . import s3_configuration
from .deliveries import Deliveries, Delivery, Failure
from .s3_records import ObjectEvent
from .targets import Source, Targets

_log = logging.getLogger(__name__)

_TOLD = ("ObjectCreated:", "ObjectRemoved:")
# The MD5 of nothing.
_ETAG_OF_MARKER = "d41d8cd98f00b204e9800998ecf8427e"
_PLACES = (
    (notifications, "send_event"),
    (notifications, "send_test_event"),
    (models, "events_send_notification"),
    (FakeBucket, "set_notification_configuration"),
    (S3Backend, "delete_object"),
    (S3Response, "get_bucket_notification"),
)
_plain = {name: getattr(place, name) for place, name in _PLACES}


class S3Notifications:
    """Tells what happens to objects, to whom the buckets' configurations name."""

    def __init__(self, targets: Targets, deliveries: Deliveries, publish: Callable[[dict[str, Any]], None]) -> None:
        """`publish` gives an event to EventBridge."""
        self._targets = targets
        self._deliveries = deliveries
        self._publish = publish

    def attach(self) -> None:
        """Follow moto's buckets."""
        ours: dict[str, Any] = {
            "send_event": self._moto_tells,
            "send_test_event": self._send_test_messages,
            "events_send_notification": lambda **_: None,
            "set_notification_configuration": lambda bucket, given: self._configure(bucket, given),
            "delete_object": lambda backend, *given, **named: self._delete(backend, *given, **named),
            "get_bucket_notification": _show_configuration,
        }
        for place, name in _PLACES:
            setattr(place, name, ours[name])

    def detach(self) -> None:
        """Leave moto as it is by itself."""
        for place, name in _PLACES:
            setattr(place, name, _plain[name])

    def _configure(self, bucket: FakeBucket, given: dict[str, Any] | None) -> None:
        s3_configuration.check(given or {}, bucket.name, bucket.region_name, self._targets)
        _plain["set_notification_configuration"](bucket, given)

    def _send_test_messages(self, account_id: str, bucket: FakeBucket) -> None:
        configured = bucket.notification_configuration
        text = json.dumps(ObjectEvent("TestEvent", bucket.region_name, bucket.name, "").test_message())
        for arn in {notification.arn for notification in configured.queue}:
            self._deliver(bucket.name, arn, text)

    def _delete(
        self, backend: S3Backend, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        """In versioned buckets moto tells nothing of delete markers, and of a version only if it was the last."""
        bucket = backend.buckets.get(bucket_name)
        follow = bucket is not None and bucket.notification_configuration is not None and bucket.is_versioned
        versions = bucket.keys.getlist(key_name, []) if follow else []
        result: tuple[bool, dict[str, Any]] = _plain["delete_object"](
            backend, bucket_name, key_name, version_id=version_id, bypass=bypass
        )
        if follow and result[0]:
            if version_id is None:
                marker = result[1]["version-id"]
                self._tell(bucket, "ObjectRemoved:DeleteMarkerCreated", key_name, None, _ETAG_OF_MARKER, marker)
            elif any(str(version.version_id) == str(version_id) for version in versions):
                self._tell(bucket, "ObjectRemoved:Delete", key_name, None, None, version_id)
        return result

    def _moto_tells(self, account_id: str, event_name: str, bucket: FakeBucket, key: Any) -> None:
        name = str(getattr(event_name, "value", event_name)).removeprefix("s3:")
        if bucket.notification_configuration is None or not name.startswith(_TOLD):
            return
        if name == "ObjectCreated:Put" and key.multipart is not None:
            # moto tells of a finished upload twice, and here by the wrong name.
            return
        if name.startswith("ObjectCreated:"):
            version_id = str(key.version_id) if bucket.is_versioned else None
            self._tell(bucket, name, key.name, key.size, key.etag.strip('"'), version_id)
        elif not bucket.is_versioned:
            self._tell(bucket, name, key.name, None, None, None)

    def _tell(
        self, bucket: FakeBucket, name: str, key: str, size: int | None, etag: str | None, version_id: str | None
    ) -> None:
        configured = bucket.notification_configuration
        event = ObjectEvent(name, bucket.region_name, bucket.name, key, size, etag, version_id)
        for notification in (*configured.cloud_function, *configured.queue):
            if notification.matches(f"s3:{name}", key):
                self._deliver(bucket.name, notification.arn, json.dumps(event.record(notification.id)))
        if configured.event_bridge is not None:
            self._publish(event.event())

    def _deliver(self, bucket: str, arn: str, text: str) -> None:
        source = Source("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")

        def send(attempt: int) -> None:
            self._targets.send(arn, source, text)

        def give_up(failure: Failure) -> None:
            _log.warning("A notification of %s could not be delivered to %s: %s", bucket, arn, failure.error)

        try:
            self._deliveries.start(Delivery(send, give_up, size_bytes=len(text)))
        except ServiceError as error:
            # What is put into a bucket is put, whoever may hear of it.
            _log.error("A notification of %s to %s is lost: %s", bucket, arn, error.message)


def _show_configuration(asked: S3Response) -> Any:
    """moto's answer, and whether EventBridge is told."""
    answer = _plain["get_bucket_notification"](asked)
    configured = asked.backend.get_bucket_notification_configuration(asked.bucket_name)
    if configured is None or configured.event_bridge is None:
        return answer
    status, headers, body = answer
    text = body.decode() if isinstance(body, bytes) else body
    head, end, _ = text.rpartition("</NotificationConfiguration>")
    content = f"{head}<EventBridgeConfiguration/>{end}" if end else _ONLY_EVENT_BRIDGE
    return status, headers, content


_ONLY_EVENT_BRIDGE = (
    '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EventBridgeConfiguration/>'
    "</NotificationConfiguration>"
)
