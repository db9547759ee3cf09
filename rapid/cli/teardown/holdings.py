"""How much data a stack holds: objects, rows, messages, records and log lines that go with it."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..athena import Column, Result
from ..console import activity
from ..rows import print_table
from ..target import LocalStack, Target
from .state import StackResource

_WORKERS = 8
_COUNTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)
_COLUMNS = (
    Column("holds", "varchar"),
    Column("name", "varchar"),
    Column("number", "bigint"),
    Column("of", "varchar"),
    Column("bytes", "bigint"),
)


@dataclass(frozen=True)
class Holding:
    """What one thing holds."""

    kind: str
    """`bucket`, `table`, `queue`, `stream`, `log group` or `file system`."""
    name: str
    count: int | None
    """Of `unit`; None where AWS tells no number."""
    unit: str
    size_bytes: int | None = None
    """None where AWS tells none."""


def of(stack: Target, resources: Sequence[StackResource], tell: Callable[[str], None]) -> list[Holding]:
    """What the resources hold. `tell` hears of each thing as it is counted."""
    s3 = stack.client("s3")
    buckets = [item.id for item in resources if item.type == "aws:s3/bucket:Bucket"]

    def bucket(name: str) -> list[Holding]:
        found = _bucket(s3, name)
        tell(name)
        return found

    with ThreadPoolExecutor(_WORKERS) as pool:
        counted = [holding for found in pool.map(bucket, buckets) for holding in found]
    for item in resources:
        for type_, holdings in _OTHERS.items():
            if item.type == type_:
                counted += holdings(stack, item)
    return counted


def show(stack: Target, resources: Sequence[StackResource], title: str) -> list[Holding]:
    """Count what the resources hold, and print it; `title` says so meanwhile."""
    with activity(title) as tell:
        found = of(stack, resources, tell)
    rows: list[tuple[str | None, ...]] = [
        (item.kind, item.name, _number(item.count), item.unit, _number(item.size_bytes)) for item in found
    ]
    print_table(Result(_COLUMNS, rows, 0), with_count=False)
    return found


def messages(sqs: Any, url: str) -> int:
    """The messages on a queue, as many as SQS knows of."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTED))["Attributes"]
    return sum(int(found[name]) for name in _COUNTED)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _bucket(s3: Any, name: str) -> list[Holding]:
    count = size = 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            versions = page.get("Versions", [])
            count += len(versions) + len(page.get("DeleteMarkers", []))
            size += sum(version["Size"] for version in versions)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return []
        raise
    return [Holding("bucket", name, count, "versions of objects", size)]


def _tables(stack: Target, database: StackResource) -> Iterator[Holding]:
    """The Iceberg tables, which the job made; rows as their newest snapshots count them."""
    glue, s3, name = stack.client("glue"), stack.client("s3"), database.value("name")
    for table in tables_of(glue, name):
        location = table.get("Parameters", {}).get("metadata_location")
        if location:
            yield Holding("table", f"{name}.{table['Name']}", _rows(s3, location), "rows")


def tables_of(glue: Any, database: str) -> list[dict[str, Any]]:
    """All tables of a Glue database; none where there is no such database."""
    try:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return [table for page in pages for table in page["TableList"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            return []
        raise


def _rows(s3: Any, location: str) -> int | None:
    """The rows of an Iceberg table, from its metadata: https://iceberg.apache.org/spec/#optional-snapshot-summary-fields."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        metadata = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError:
        return None
    current = metadata.get("current-snapshot-id")
    snapshots = [it for it in metadata.get("snapshots", ()) if it["snapshot-id"] == current]
    return int(snapshots[0]["summary"].get("total-records", 0)) if snapshots else 0


def _queue(stack: Target, queue: StackResource) -> Iterator[Holding]:
    try:
        count = messages(stack.client("sqs"), queue.id)
    except ClientError as error:
        if error.response["Error"]["Code"].endswith(("NonExistentQueue", "QueueDoesNotExist")):
            return
        raise
    yield Holding("queue", queue.value("name"), count, "messages")


def _stream(stack: Target, stream: StackResource) -> Iterator[Holding]:
    name = stream.value("name")
    buffered = stack.buffered_records().get(name, 0) if isinstance(stack, LocalStack) else None
    yield Holding("stream", name, buffered, "records not delivered")


def _log_group(stack: Target, group: StackResource) -> Iterator[Holding]:
    found = stack.client("logs").describe_log_groups(logGroupNamePrefix=group.id)["logGroups"]
    for item in found:
        if item["logGroupName"] == group.id and item.get("storedBytes"):
            yield Holding("log group", group.id, None, "", item["storedBytes"])


def _file_system(stack: Target, system: StackResource) -> Iterator[Holding]:
    for found in stack.client("efs").describe_file_systems(FileSystemId=system.id)["FileSystems"]:
        yield Holding("file system", system.id, None, "copies of reports and logs", found["SizeInBytes"]["Value"])


_OTHERS: dict[str, Callable[[Target, StackResource], Iterator[Holding]]] = {
    "aws:glue/catalogDatabase:CatalogDatabase": _tables,
    "aws:sqs/queue:Queue": _queue,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _stream,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:efs/fileSystem:FileSystem": _file_system,
}
