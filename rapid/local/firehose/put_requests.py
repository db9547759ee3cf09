"""PutRecord and PutRecordBatch requests: read, and held against AWS's limits.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
https://docs.aws.amazon.com/firehose/latest/dev/limits.html
"""

import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import invalid_argument, serialization_error, validation_error

MAX_RECORD_BYTES = 1000 * 1024
MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 4 * 1024 * 1024


def stream_name(request: Mapping[str, Any]) -> str:
    """The stream that a request names. Raises ServiceError."""
    name = request.get("DeliveryStreamName")
    if not isinstance(name, str) or not name:
        raise validation_error("null", "deliveryStreamName", "Member must not be null")
    return name


def single(request: Mapping[str, Any]) -> list[bytes]:
    """The record of a PutRecord request. Raises ServiceError."""
    return [_data(request.get("Record"), "record")]


def batch(request: Mapping[str, Any]) -> list[bytes]:
    """The records of a PutRecordBatch request. Raises ServiceError."""
    entries = request.get("Records")
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise validation_error("null", "records", "Member must not be null")
    if not entries:
        raise validation_error("[]", "records", "Member must have length greater than or equal to 1")
    if len(entries) > MAX_BATCH_RECORDS:
        raise validation_error(
            f"[{len(entries)} records]", "records", f"Member must have length less than or equal to {MAX_BATCH_RECORDS}"
        )
    data = [_data(entry, f"records.{position}.member") for position, entry in enumerate(entries, start=1)]
    if sum(map(len, data)) > MAX_BATCH_BYTES:
        raise invalid_argument("Records size exceeds 4 MB limit")
    return data


def _data(entry: Any, where: str) -> bytes:
    encoded = entry.get("Data") if isinstance(entry, Mapping) else None
    if not isinstance(encoded, str):
        raise validation_error("null", f"{where}.data", "Member must not be null")
    try:
        data = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError as error:
        raise serialization_error(f"{where}.Data is not base64: {error}") from None
    if len(data) > MAX_RECORD_BYTES:
        raise validation_error(
            f"java.nio.HeapByteBuffer[pos=0 lim={len(data)} cap={len(data)}]",
            f"{where}.data",
            f"Member must have length less than or equal to {MAX_RECORD_BYTES}",
        )
    return data
