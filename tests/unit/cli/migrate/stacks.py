"""A stack in the middle of a migration, as the commands see it: its outputs, and clients that the test gives."""

import datetime
import io
from types import SimpleNamespace
from typing import Any

from rapid.cli.target import LocalStack

ZONES = ("raw", "processed", "curated", "quarantine")


def side(name: str, **more: Any) -> dict[str, Any]:
    """The outputs of one lake."""
    return {
        **{f"{zone}_bucket": f"{name}-{zone}" for zone in ZONES},
        "database": f"lake_{name}",
        "workgroup": name,
        "curate_job": f"{name}-curation",
        "streams": {"orders": f"{name}-orders"},
        **more,
    }


def outputs(phase: str | None = "side_by_side", **more: Any) -> dict[str, Any]:
    """The outputs of a stack."""
    migration = phase and {
        "phase": phase,
        "data_streams": {"orders": "orders-events"},
        "followers": {"orders": "orders-follower"},
        "guest_streams": {"feedback": "new-feedback-guests"},
        "flink": {},
        "platform": side("old"),
        "streaming": side("new"),
    }
    return {**side("old"), "sources": ["orders"], "migration": migration, **more}


class Objects:
    """As much of S3 as documents need."""

    class NoSuchKey(Exception):
        """What S3 says of a key that is not there."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], bytes] = {}
        self.modified: dict[tuple[str, str], datetime.datetime] = {}
        self.exceptions = SimpleNamespace(NoSuchKey=self.NoSuchKey)

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str = "") -> None:
        self.stored[Bucket, Key] = Body
        self.modified[Bucket, Key] = datetime.datetime.now(datetime.UTC)

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"LastModified": self.modified[Bucket, Key]}

    def get_paginator(self, _name: str) -> "Objects":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        found = [key for bucket, key in sorted(self.stored) if bucket == Bucket and key.startswith(Prefix)]
        listed = [{"Key": key, "LastModified": self.modified[Bucket, key]} for key in found]
        versions = [{**item, "VersionId": "1", "ETag": "", "Size": 1, "IsLatest": True} for item in listed]
        return [{"Contents": listed, "Versions": versions}]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if (Bucket, Key) not in self.stored:
            raise self.NoSuchKey
        return {"Body": io.BytesIO(self.stored[Bucket, Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self.stored.pop((Bucket, Key), None)


def stack(phase: str | None = "side_by_side", s3: Any = None, **more: Any) -> Any:
    """A stack on a local cloud that nobody started."""
    clients = {"s3": s3 or Objects()}

    class Stack(LocalStack):
        """Its clients are the test's."""

        def client(self, service: str) -> Any:
            return clients[service]

    return Stack("http://127.0.0.1:0", viewed=outputs(phase, **more))
