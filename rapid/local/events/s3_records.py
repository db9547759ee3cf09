"""What is told of an object: the record of a notification, and the event of EventBridge.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import base64
import datetime
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from ..clients import ACCOUNT_ID

_ADDRESS = "127.0.0.1"
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
_DELETIONS = {
    "ObjectRemoved:Delete": "Permanently Deleted",
    "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}


@dataclass(frozen=True)
class ObjectEvent:
    """Something that happened to an object; `size` and `etag` are None where there is no content any more."""

    name: str
    """Such as `ObjectCreated:Put`."""
    region: str
    bucket: str
    key: str
    size: int | None = None
    etag: str | None = None
    version_id: str | None = None
    time: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    sequencer: str = field(default_factory=lambda: f"{time.time_ns():016X}")
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:16].upper())

    @property
    def bucket_arn(self) -> str:
        """The ARN of the bucket."""
        return f"arn:aws:s3:::{self.bucket}"

    def record(self, configuration_id: str) -> dict[str, Any]:
        """The message that a notification carries."""
        content = {
            "key": quote_plus(self.key, safe="/"),
            "size": self.size,
            "eTag": self.etag,
            "versionId": self.version_id,
            "sequencer": self.sequencer,
        }
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "eventName": self.name,
            "userIdentity": {"principalId": f"AWS:{ACCOUNT_ID}"},
            "requestParameters": {"sourceIPAddress": _ADDRESS},
            "responseElements": {
                "x-amz-request-id": self.request_id,
                "x-amz-id-2": base64.b64encode(self.request_id.encode()).decode(),
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": {"name": self.bucket, "ownerIdentity": {"principalId": ACCOUNT_ID}, "arn": self.bucket_arn},
                "object": _present(content),
            },
        }
        return {"Records": [record]}

    def event(self) -> dict[str, Any]:
        """The event that EventBridge gets, without what the bus adds."""
        content = {
            "key": self.key,
            "size": self.size,
            "etag": self.etag,
            "version-id": self.version_id,
            "sequencer": self.sequencer,
        }
        detail = {
            "version": "0",
            "bucket": {"name": self.bucket},
            "object": _present(content),
            "request-id": self.request_id,
            "requester": ACCOUNT_ID,
            "source-ip-address": _ADDRESS,
            "reason": _REASONS[self.name],
            "deletion-type": _DELETIONS.get(self.name),
        }
        return {
            "source": "aws.s3",
            "detail-type": "Object Deleted" if self.name in _DELETIONS else "Object Created",
            "resources": [self.bucket_arn],
            "detail": _present(detail),
        }

    def test_message(self) -> dict[str, Any]:
        """What S3 sends to a queue when a notification is configured."""
        return {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Bucket": self.bucket,
            "RequestId": self.request_id,
            "HostId": base64.b64encode(self.request_id.encode()).decode(),
        }


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
