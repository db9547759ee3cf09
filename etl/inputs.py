"""What Firehose has delivered: listing it, and reading it as the table's columns."""

import datetime
import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.contract import CompiledContract
from etl.ledger import Input


class UnreadableObject(Exception):
    """A processed object that is no Parquet file of this source; the message names it."""


def listing(s3: Any, bucket: str, source: str, since: datetime.date | None) -> Iterator[Input]:
    """The delivered objects of a source by day of arrival, all or from one day on.

    Keys start with `<source>/yyyy/MM/dd/HH/`, so their order is that of time and a listing can begin in the middle.
    """
    prefix = f"{source}/"
    start = {"StartAfter": f"{prefix}{since:%Y/%m/%d}"} if since else {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **start):
        for item in page.get("Contents", []):
            day = item["Key"][len(prefix) :][:10]
            yield Input(day, item["Key"], item["ETag"].strip('"'), item["Size"])


def read(s3: Any, bucket: str, item: Input, contract: CompiledContract, schema: pa.Schema) -> pa.Table:
    """One object as a table of the given schema: columns by name or former name, missing ones null, types widened.

    Raises UnreadableObject.
    """
    body = s3.get_object(Bucket=bucket, Key=item.key, IfMatch=item.etag)["Body"].read()
    try:
        delivered = pq.read_table(io.BytesIO(body), coerce_int96_timestamp_unit="us")
        former = {column.name: column.aliases for column in contract.columns}
        columns = [_column(delivered, target, former.get(target.name, ())) for target in schema]
    except (pa.ArrowException, ValueError) as error:
        raise UnreadableObject(f"s3://{bucket}/{item.key}: {error}") from None
    rows = pa.Table.from_arrays(columns, schema=schema)
    for name in (contract.primary_key, contract.event_time, "received_at"):
        if rows[name].null_count:
            raise UnreadableObject(f"s3://{bucket}/{item.key}: {rows[name].null_count} rows have no {name}")
    return rows


def _column(delivered: pa.Table, target: pa.Field, aliases: tuple[str, ...]) -> pa.ChunkedArray:
    """A column and its former names, the newest name first where several hold a value."""
    found = [delivered[name].cast(target.type) for name in (target.name, *aliases) if name in delivered.column_names]
    if not found:
        return pa.chunked_array([pa.nulls(delivered.num_rows, target.type)])
    return pc.coalesce(*found) if len(found) > 1 else found[0]
