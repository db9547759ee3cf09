"""As much of S3 and SQS as the commands see of them, in memory."""

import base64
import datetime
import io
import json
from typing import Any

NOW = datetime.datetime(2026, 3, 15, 12, tzinfo=datetime.UTC)


class Bucket:
    """Objects by key; remembers which were read."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects, self.read = objects, list[str]()

    def get_paginator(self, _name: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        found = [(key, body) for key, body in sorted(self.objects.items()) if key.startswith(Prefix)]
        return [{}, {"Contents": [{"Key": key, "Size": len(body), "LastModified": NOW} for key, body in found]}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        self.read.append(Key)
        return {"Body": io.BytesIO(self.objects[Key])}


class Queue:
    """A queue that gives a message again unless it is hidden, two at a time."""

    def __init__(self, *bodies: dict[str, Any], hidden_elsewhere: int = 0) -> None:
        self.bodies = {str(number): json.dumps(body) for number, body in enumerate(bodies)}
        self.hidden: set[str] = set()
        self.elsewhere = hidden_elsewhere

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        return {"Attributes": {name: str(self.elsewhere) for name in AttributeNames}}

    def receive_message(
        self, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: int, MessageSystemAttributeNames: list[str]
    ) -> dict[str, Any]:
        assert VisibilityTimeout > 0
        given = [number for number in self.bodies if number not in self.hidden][:2]
        self.hidden |= set(given)
        attributes = {name: str(int(NOW.timestamp() * 1000)) for name in MessageSystemAttributeNames}
        messages = [
            {"MessageId": n, "ReceiptHandle": f"handle {n}", "Body": self.bodies[n], "Attributes": attributes}
            for n in given
        ]
        return {"Messages": messages} if messages else {}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:
        assert all(entry["VisibilityTimeout"] == 0 for entry in Entries)
        self.hidden -= {entry["ReceiptHandle"].removeprefix("handle ") for entry in Entries}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:
        del self.bodies[ReceiptHandle.removeprefix("handle ")]


def message(source: str, *lines: str) -> dict[str, Any]:
    record = "".join(line + "\n" for line in lines).encode()
    return {"source": source, "reason": "ServiceUnavailable", "record": base64.b64encode(record).decode()}
