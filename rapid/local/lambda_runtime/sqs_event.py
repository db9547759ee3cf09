"""The event that a batch of SQS messages makes, and what a function's answer says about each message.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]
"""A message as ReceiveMessage gives it."""


def of(messages: Sequence[Message], queue_arn: str, region: str) -> bytes:
    """The event of a batch."""
    return json.dumps({"Records": [_record(message, queue_arn, region) for message in messages]}).encode()


def failed(payload: bytes, message_ids: set[str]) -> set[str]:
    """The messages that a function reports as failed; all of them where its answer cannot be understood."""
    try:
        answer = json.loads(payload)
        failures = answer.get("batchItemFailures") if answer else None
        reported = {failure["itemIdentifier"] for failure in failures or ()}
    except (ValueError, AttributeError, KeyError, TypeError):
        return message_ids
    return reported if reported <= message_ids else message_ids


def _record(message: Message, queue_arn: str, region: str) -> dict[str, Any]:
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
