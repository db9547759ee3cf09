"""What Firehose delivered, and what it might deliver as well."""

import io
import uuid
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rapid.cli.target import LocalStack


def processed(stack: LocalStack, source: str) -> list[str]:
    """Keys of the delivered objects of a source, the newest last."""
    listed = stack.client("s3").list_objects_v2(Bucket=stack.outputs["processed_bucket"], Prefix=f"{source}/")
    return [item["Key"] for item in sorted(listed["Contents"], key=lambda item: item["LastModified"])]


def deliver(stack: LocalStack, key: str, change: dict[str, Any]) -> None:
    """Put the first row of a delivered object, as another event and with some columns changed, under another key."""
    s3, bucket = stack.client("s3"), stack.outputs["processed_bucket"]
    body = s3.get_object(Bucket=bucket, Key=processed(stack, "orders")[0])["Body"].read()
    first = pq.read_table(io.BytesIO(body), coerce_int96_timestamp_unit="us").slice(0, 1).to_pylist()[0]
    row = first | {"event_id": str(uuid.uuid4()), "ingest_id": str(uuid.uuid4())} | change
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), content, use_deprecated_int96_timestamps=True)
    s3.put_object(Bucket=bucket, Key=key, Body=content.getvalue())
